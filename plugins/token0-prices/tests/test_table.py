"""Prices from genai-prices. The figures are the vendors' list prices of October 2026."""

from __future__ import annotations

import sys

import pytest

import token0_prices
from token0_prices.table import GenaiPrices


def test_the_plugin_offers_its_table() -> None:
    assert token0_prices.token0_register_prices() == [GenaiPrices]


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("gpt-4o", (2.5, 10.0, 1.25, 2.5)),
        ("claude-haiku-4-5", (1.0, 5.0, 0.1, 1.25)),
        ("gpt-4o-2024-08-06", (2.5, 10.0, 1.25, 2.5)),
    ],
)
def test_a_known_model_has_its_list_price(model: str, dollars: tuple[float, ...]) -> None:
    price = GenaiPrices().price(model)
    assert price is not None
    assert (price.input, price.output, price.cached, price.write) == dollars


def test_an_unknown_model_has_none() -> None:
    assert GenaiPrices().price("no-such-model-anywhere") is None


def test_the_data_are_not_loaded_at_start() -> None:
    import subprocess

    code = "import sys, token0_prices; sys.exit('genai_prices' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
