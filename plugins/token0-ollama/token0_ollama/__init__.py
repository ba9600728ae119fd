"""Ollama for token0-gateway: dialect, provider, translator, image-token rules and prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from token0 import hookimpl
from token0_ollama.chat_request import ChatToOllama
from token0_ollama.counters import OllamaCounter
from token0_ollama.dialect import Ollama
from token0_ollama.prices import OllamaPrices
from token0_ollama.provider import OllamaServer

if TYPE_CHECKING:
    from token0.interfaces import PriceTable, TokenCounter
    from token0.wire import Dialect, Provider, Translator


@hookimpl
def token0_register_providers() -> list[type[Provider]]:
    return [OllamaServer]


@hookimpl
def token0_register_dialects() -> list[type[Dialect]]:
    return [Ollama]


@hookimpl
def token0_register_translators() -> list[type[Translator]]:
    return [ChatToOllama]


@hookimpl
def token0_register_token_counters() -> list[type[TokenCounter]]:
    return [OllamaCounter]


@hookimpl
def token0_register_prices() -> list[type[PriceTable]]:
    return [OllamaPrices]
