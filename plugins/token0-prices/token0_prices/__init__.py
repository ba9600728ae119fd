"""Prices of some 2,000 models for token0-gateway, from the offline data of genai-prices."""

from __future__ import annotations

from token0 import hookimpl
from token0_prices.table import GenaiPrices


@hookimpl
def token0_register_prices() -> list[type[GenaiPrices]]:
    return [GenaiPrices]
