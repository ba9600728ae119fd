"""OpenAI for token0-gateway: dialect, provider, image-token rules and prices."""

from __future__ import annotations

from token0 import hookimpl
from token0_openai.chat import Chat
from token0_openai.counters import OpenAICounter
from token0_openai.prices import OpenAIPrices
from token0_openai.provider import OpenAI
from token0_openai.responses import Responses


@hookimpl
def token0_register_providers() -> list[type[OpenAI]]:
    return [OpenAI]


@hookimpl
def token0_register_dialects() -> list[type[Chat | Responses]]:
    return [Chat, Responses]


@hookimpl
def token0_register_token_counters() -> list[type[OpenAICounter]]:
    return [OpenAICounter]


@hookimpl
def token0_register_prices() -> list[type[OpenAIPrices]]:
    return [OpenAIPrices]
