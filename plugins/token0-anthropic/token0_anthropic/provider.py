"""Anthropic's own servers, or any server that speaks its API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import msgspec

from token0.http import HttpConfig, HttpProvider
from token0.types import Limits
from token0_anthropic.messages import Messages

if TYPE_CHECKING:
    from multidict import CIMultiDict

    from token0.wire import Call

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
    # Vision guide, "Evaluate image size" and FAQ; request size limits of the API overview (Aug 2026). Animated pictures
    # are taken, and their first frame is looked at. A side may have 8000 px; above 20 images in all turns together one
    # beyond 2000 is refused, and exactly 2000 has been: kept from the first image on, so that turn 21 need not rewrite,
    # and pay anew for, every turn before it.
    limits = Limits(
        side=1999,
        base64_bytes=10 * 1024 * 1024,
        images=600,
        body_bytes=32 * 1024 * 1024,
    )

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
