"""The provider `dry-run`: `dry-run/gpt-4o` answers as gpt-4o's server would be asked, and counts as it would bill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import msgspec
from multidict import CIMultiDict

from token0.errors import UpstreamError
from token0.wire import Answer, Call, Provider
from token0_dryrun.saying import COUNTS, WHOLE, Said
from token0_dryrun.story import tell

_COUNTING = ("/count_tokens", "/input_tokens", ":countTokens")
"""How the paths end at which tokens are counted and nothing is answered."""

_TEXTS = {"text", "content", "input", "prompt", "system", "instructions"}
"""Keys of what a model reads, in any dialect."""


class DryRun(Provider):
    """Speaks the dialects of all vendors. Its usage is the exact image count plus the counted text."""

    name = "dry-run"
    aliases = ("dryrun",)
    dialects = tuple(WHOLE)

    async def send(self, call: Call) -> Answer:
        dialect, request, report = call.speaks, call.request, call.report
        if dialect is None or request is None or report is None or not isinstance(call.body, bytes):
            raise UpstreamError("dry-run answers prompts, and no other requests.")
        prompt_tokens = await asyncio.to_thread(_prompt_tokens, call, call.body)
        path = call.path.partition("?")[0]
        if path.endswith(_COUNTING):
            return _answer(COUNTS[dialect.name](prompt_tokens))
        text = "".join(tell(call, prompt_tokens))
        said = Said(report.request_id, call.model, path, text, prompt_tokens, len(text) // 4)
        whole = WHOLE[dialect.name](said)
        events = dialect.events(msgspec.json.encode(whole), request) if request.stream else None
        return EmbeddedAnswer(dialect.stream_type(request), events) if events else _answer(whole)


class EmbeddedAnswer(Answer):
    """An answer that is there already."""

    def __init__(self, content_type: str, chunks: Sequence[bytes]) -> None:
        self.status = 200
        self.headers = CIMultiDict({"Content-Type": content_type})
        self._chunks = chunks

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
            await asyncio.sleep(0)


def _answer(document: dict[str, Any]) -> EmbeddedAnswer:
    return EmbeddedAnswer("application/json", [msgspec.json.encode(document)])


def _prompt_tokens(call: Call, body: bytes) -> int:
    """Tokens of the images as sent, by the exact rule, and of the text by the model's tokenizer where it is known.

    Text alone is estimated, four characters a token: loading a tokenizer would take longer than all the rest.
    """
    assert call.report
    images = sum(image.after.tokens or 0 for image in call.report.images)
    text = "\n".join(_texts(msgspec.json.decode(body)))
    return images + (call.counter.count_text(text) if call.counter and call.report.images else -(-len(text) // 4))


def _texts(value: Any, key: str = "") -> Iterator[str]:
    """What stands under the keys of texts, wherever they are."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, key)
    elif isinstance(value, str) and key in _TEXTS:
        yield value
