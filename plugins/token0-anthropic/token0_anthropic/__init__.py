"""Anthropic for token0-gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from token0 import hookimpl
from token0_anthropic.counters import AnthropicCounter
from token0_anthropic.prices import AnthropicPrices

if TYPE_CHECKING:
    from token0.interfaces import PriceTable, TokenCounter


@hookimpl
def token0_register_token_counters() -> list[type[TokenCounter]]:
    return [AnthropicCounter]


@hookimpl
def token0_register_prices() -> list[type[PriceTable]]:
    return [AnthropicPrices]
