"""The price list of Gemini."""

from __future__ import annotations

import pytest

from token0_google.prices import GooglePrices


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("gemini-2.5-flash", (0.3, 2.5, 0.03)),
        ("models/gemini-2.5-flash-preview-09-2025", (0.3, 2.5, 0.03)),
        ("gemini-3.8-flash", (0.75, 3.75, 0.075)),
        ("gemini-3.1-pro-preview", (2.0, 12.0, 0.2)),
        ("gemini-4-argon", (2.0, 10.0, 0.1)),
    ],
)
def test_price_is_the_list_price(model: str, dollars: tuple[float, float, float]) -> None:
    price = GooglePrices().price(model)
    assert price is not None
    assert (price.input, price.output, price.cached) == dollars


@pytest.mark.parametrize("model", ["gemini-9-pro", "gemini-flash-latest", "gemini-2.5-flash-preview-tts", "gpt-4o", ""])
def test_unlisted_models_have_no_price(model: str) -> None:
    assert GooglePrices().price(model) is None
