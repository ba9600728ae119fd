"""An Ollama server: this machine's, another's, or the vendor's cloud."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from multidict import CIMultiDict

from token0.http import HttpConfig, HttpProvider
from token0.types import Limits
from token0_ollama.tags import Tags

if TYPE_CHECKING:
    from token0.wire import Answer, Call

# [host[:port]/][namespace/]model:tag, as types/model/name.go reads it. Fine-tuned models of OpenAI begin with `ft:`.
_TAGGED = re.compile(r"(?!ft:)([^/:]+(:\d+)?/)?([^/:]+/)*[^/:]+:\w[\w.-]*")
_TAGS_SECONDS = 0.75
"""Every model name that no plugin claims waits this long at most for an Ollama that does not answer."""


class OllamaConfig(HttpConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the Ollama provider."""

    base_url: Annotated[
        # OLLAMA_HOST often holds an address without a scheme: better a word at the start than 502 for every request.
        str, msgspec.Meta(pattern="^https?://", description="Address of the server with http:// or https://.")
    ] = "http://localhost:11434"


class OllamaServer(HttpProvider):
    """Claims no name for certain: what it has depends on what was pulled, so a tag or its own list decides."""

    name = "ollama"
    dialects = ("ollama", "openai-responses")
    fetches_images = False
    Config = OllamaConfig
    # stb_image behind llama-server (tools/mtmd, Aug 2026): older builds read no WebP; EXIF is not looked at, a fourth
    # channel is cut off.
    limits = Limits(formats=frozenset({"jpeg", "png"}), animated=False, turns=False, alpha=False, documents=False)

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._tags = Tags(self._listing)

    async def lists(self, model: str) -> bool:
        return _TAGGED.fullmatch(model) is not None or await self._tags.has(model)

    async def send(self, call: Call) -> Answer:
        if call.dialect.startswith("openai-") and not call.path.startswith("/api/"):
            # OpenAI's paths, which other providers have right below their base URL.
            call = msgspec.structs.replace(call, path=f"/v1{call.path}")
        return await super().send(call)

    async def _listing(self) -> bytes:
        headers: CIMultiDict[str] = CIMultiDict()
        if self.config.credentials == "configured":
            self.authorize(headers, self.config.api_key)
        async with (
            asyncio.timeout(_TAGS_SECONDS),
            self._client().get(f"{self._base}/api/tags", headers=headers, allow_redirects=False) as response,
        ):
            return await response.read()
