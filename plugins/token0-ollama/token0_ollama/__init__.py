"""Ollama for token0-gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from token0 import hookimpl
from token0_ollama.counters import OllamaCounter
from token0_ollama.prices import OllamaPrices

if TYPE_CHECKING:
    from token0.interfaces import PriceTable, TokenCounter


@hookimpl
def token0_register_token_counters() -> list[type[TokenCounter]]:
    return [OllamaCounter]


@hookimpl
def token0_register_prices() -> list[type[PriceTable]]:
    return [OllamaPrices]
