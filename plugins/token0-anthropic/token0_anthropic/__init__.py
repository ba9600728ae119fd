"""Anthropic for token0-gateway: dialect, provider, translator, image-token rules and prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from token0 import hookimpl
from token0_anthropic.counters import AnthropicCounter
from token0_anthropic.messages import Messages
from token0_anthropic.prices import AnthropicPrices
from token0_anthropic.provider import Anthropic
from token0_anthropic.translator import ChatToMessages

if TYPE_CHECKING:
    from token0.interfaces import PriceTable, TokenCounter
    from token0.wire import Dialect, Provider, Translator


@hookimpl
def token0_register_providers() -> list[type[Provider]]:
    return [Anthropic]


@hookimpl
def token0_register_dialects() -> list[type[Dialect]]:
    return [Messages]


@hookimpl
def token0_register_translators() -> list[type[Translator]]:
    return [ChatToMessages]


@hookimpl
def token0_register_token_counters() -> list[type[TokenCounter]]:
    return [AnthropicCounter]


@hookimpl
def token0_register_prices() -> list[type[PriceTable]]:
    return [AnthropicPrices]
