"""Google's Gemini API, or any server that speaks it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import msgspec

from token0.http import HttpConfig, HttpProvider
from token0.types import Limits

if TYPE_CHECKING:
    from multidict import CIMultiDict

    from token0.wire import Answer, Call

_CLAIMED = re.compile(r"(models/)?(gemini-[^/:]+|learnlm-[^/:]+|gemma-[^/:]+-it)|tunedModels/[^/:]+")
_COMPATIBLE = re.compile(r"/v1(alpha|beta)?/openai/")


class GoogleConfig(HttpConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the Google provider."""

    base_url: Annotated[str, msgspec.Meta(description="Address of the API, without the version.")] = (
        "https://generativelanguage.googleapis.com"
    )


class Google(HttpProvider):
    """Keys of AI Studio travel in `x-goog-api-key` or as `?key=`, access tokens of Google Cloud as Bearer."""

    name = "google"
    aliases = ("gemini",)
    dialects = ("gemini",)
    fetches_images = False
    Config = GoogleConfig
    key_header = "x-goog-api-key"
    # Image understanding guide, "Supported image formats" and "File limit", inline data in all 20 MB (Oct 2026). That
    # animations are taken is said nowhere. JSON of protocol buffers reads both base64 alphabets, padded or not.
    limits = Limits(
        formats=frozenset({"jpeg", "png", "webp", "heic"}),
        animated=False,
        base64url=True,
        images=3_600,
        body_bytes=20 * 1000 * 1000,
    )

    def claims(self, model: str) -> bool:
        return _CLAIMED.fullmatch(model) is not None

    def authorize(self, headers: CIMultiDict[str], key: str) -> None:
        if key.startswith("ya29."):
            headers["Authorization"] = f"Bearer {key}"
        else:
            headers[self.key_header] = key

    def headers(self, call: Call) -> CIMultiDict[str]:
        headers = super().headers(call)
        # Google's imitation of OpenAI reads keys where OpenAI does.
        if _COMPATIBLE.match(call.path) and self.key_header in headers:
            headers["Authorization"] = f"Bearer {headers.pop(self.key_header)}"
        return headers

    async def send(self, call: Call) -> Answer:
        if self.config.credentials == "configured" or "X-Provider-Key" in call.headers:
            call = msgspec.structs.replace(call, path=_without_key(call.path))
        return await super().send(call)


def _without_key(path: str) -> str:
    """The caller's own `?key=` opens this gateway, at most; another key goes to Google."""
    base, _, query = path.partition("?")
    kept = "&".join(pair for pair in query.split("&") if pair and not pair.startswith("key="))
    return f"{base}?{kept}" if kept else base
