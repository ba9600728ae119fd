"""The price list of Claude."""

from __future__ import annotations

import pytest

from token0_anthropic.prices import AnthropicPrices


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("claude-haiku-4-5-20251001", (1.0, 5.0, 0.1)),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", (1.0, 5.0, 0.1)),
        ("claude-haiku-5-5", (0.1, 0.5, 0.01)),
        ("claude-sonnet-5-5", (2.0, 10.0, 0.1)),
        ("claude-opus-5-5[1m]", (4.0, 20.0, 0.2)),
        ("claude-fable-5-1", (10.0, 50.0, 0.25)),
        ("claude-3-7-sonnet-latest", (3.0, 15.0, 0.3)),
    ],
)
def test_price_is_the_list_price(model: str, dollars: tuple[float, float, float]) -> None:
    price = AnthropicPrices().price(model)
    assert price is not None
    assert (price.input, price.output, price.cached) == dollars


@pytest.mark.parametrize("model", ["claude-opus-9", "claude-2.1", "gpt-4o", "claude-haiku-4-5-tuned", ""])
def test_unlisted_models_have_no_price(model: str) -> None:
    assert AnthropicPrices().price(model) is None


@pytest.mark.parametrize(("model", "write"), [("claude-opus-5-5", 5.0), ("claude-haiku-4-5", 1.25)])
def test_what_the_prompt_cache_keeps_costs_a_quarter_more(model: str, write: float) -> None:
    price = AnthropicPrices().price(model)
    assert price is not None
    assert price.write == write
