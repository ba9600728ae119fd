"""Google for token0-gateway: dialect, provider, translation, image-token rules and prices."""

from __future__ import annotations

from token0 import hookimpl
from token0_google.chat_request import ChatToGemini
from token0_google.counters import GoogleCounter
from token0_google.gemini import Gemini
from token0_google.prices import GooglePrices
from token0_google.provider import Google


@hookimpl
def token0_register_providers() -> list[type[Google]]:
    return [Google]


@hookimpl
def token0_register_dialects() -> list[type[Gemini]]:
    return [Gemini]


@hookimpl
def token0_register_translators() -> list[type[ChatToGemini]]:
    return [ChatToGemini]


@hookimpl
def token0_register_token_counters() -> list[type[GoogleCounter]]:
    return [GoogleCounter]


@hookimpl
def token0_register_prices() -> list[type[GooglePrices]]:
    return [GooglePrices]
