"""Google for token0-gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from token0 import hookimpl
from token0_google.counters import GoogleCounter
from token0_google.prices import GooglePrices

if TYPE_CHECKING:
    from token0.interfaces import PriceTable, TokenCounter


@hookimpl
def token0_register_token_counters() -> list[type[TokenCounter]]:
    return [GoogleCounter]


@hookimpl
def token0_register_prices() -> list[type[PriceTable]]:
    return [GooglePrices]
