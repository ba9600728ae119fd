"""Anthropic's own servers, or any server that speaks its API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import msgspec

from token0.http import HttpConfig, HttpProvider
from token0_anthropic.messages import Messages

if TYPE_CHECKING:
    from multidict import CIMultiDict

    from token0.interfaces import Call

_CLAIMED = re.compile(r"claude-[^:/]+")
_VERSION = "2023-06-01"


class AnthropicConfig(HttpConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the Anthropic provider."""

    base_url: Annotated[str, msgspec.Meta(description="Address of the API, up to and with /v1.")] = (
        "https://api.anthropic.com/v1"
    )


class Anthropic(HttpProvider):
    """A name with a `:` tag is a local model's, or another cloud's."""

    name = "anthropic"
    aliases = ("claude",)
    dialects = (Messages.name,)
    Config = AnthropicConfig
    key_header = "x-api-key"

    def claims(self, model: str) -> bool:
        return _CLAIMED.fullmatch(model) is not None

    def headers(self, call: Call) -> CIMultiDict[str]:
        """Its own clients bring a key or a token, in either header; others do not know which version they speak."""
        headers = super().headers(call)
        if call.dialect != Messages.name:
            headers.setdefault("anthropic-version", _VERSION)
            return headers
        token = call.headers.get("Authorization")
        if token and self.config.credentials == "client" and "X-Provider-Key" not in call.headers:
            if "x-api-key" not in call.headers:
                headers.popall("x-api-key", None)
            headers["Authorization"] = token
        return headers
