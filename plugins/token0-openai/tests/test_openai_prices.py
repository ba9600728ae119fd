"""The price list of OpenAI's models."""

from __future__ import annotations

import pytest

from token0_openai.prices import OpenAIPrices


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("gpt-4o", (2.5, 10.0, 1.25)),
        ("gpt-4o-2024-11-20", (2.5, 10.0, 1.25)),
        ("gpt-4o-2024-05-13", (5.0, 15.0, None)),
        ("openai/gpt-4o-mini", (0.15, 0.6, 0.075)),
        ("gpt-5-mini-2025-08-07", (0.25, 2.0, 0.025)),
        ("gpt-5.6-luna", (0.2, 1.2, 0.02)),
        ("gpt-6-astra", (10.0, 50.0, 1.0)),
        ("gpt-6.1-terra", (1.0, 5.0, 0.05)),
    ],
)
def test_price_is_the_list_price(model: str, dollars: tuple[float, float, float | None]) -> None:
    price = OpenAIPrices().price(model)
    assert price is not None
    assert (price.input, price.output, price.cached) == dollars


@pytest.mark.parametrize("model", ["ft:gpt-4o-2024-08-06:acme::x", "gpt-4o-tuned", "gpt-9", "claude-opus-5-5", ""])
def test_unlisted_models_have_no_price(model: str) -> None:
    assert OpenAIPrices().price(model) is None


def test_price_says_where_and_when_it_was_read() -> None:
    price = OpenAIPrices().price("gpt-4o")
    assert price is not None
    assert price.source
    assert price.as_of


@pytest.mark.parametrize(("model", "write"), [("gpt-6-astra", 12.5), ("gpt-5.6-sol", 5.0), ("gpt-5.5", None)])
def test_newer_models_bill_what_the_prompt_cache_keeps(model: str, write: float | None) -> None:
    price = OpenAIPrices().price(model)
    assert price is not None
    assert price.write == write
