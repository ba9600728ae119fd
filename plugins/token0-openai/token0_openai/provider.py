"""OpenAI's own servers, or any server that speaks its API."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from token0.http import HttpConfig, HttpProvider
from token0.types import Limits

_CLAIMED = re.compile(r"(gpt-(3\.5|4|5|6)|chatgpt-|o[134](-|$)|computer-use|codex)[^:]*$|ft:")


class OpenAIConfig(HttpConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the OpenAI provider."""

    base_url: Annotated[str, msgspec.Meta(description="Address of the API, up to and with /v1.")] = (
        "https://api.openai.com/v1"
    )


class OpenAI(HttpProvider):
    """`gpt-oss:20b` is not claimed: a tag means a local model."""

    name = "openai"
    dialects = ("openai-chat", "openai-responses")
    Config = OpenAIConfig
    # Images and vision guide, "Image input requirements" (Oct 2026).
    # "Non-animated GIF" is the only word about animations, so none is sent.
    limits = Limits(animated=False, patches=30_000, images=1_500, body_bytes=512 * 1024 * 1024)

    def claims(self, model: str) -> bool:
        return _CLAIMED.match(model) is not None
