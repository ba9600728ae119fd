"""The provider `dry-run`: `dry-run/gpt-4o` answers as gpt-4o's server would be asked, and counts as it would bill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
from multidict import CIMultiDict

from token0.errors import UpstreamError
from token0.wire import Answer, Call, Provider
from token0_dryrun.story import tell


class DryRun(Provider):
    """Speaks OpenAI Chat. The usage of its answers is the exact image count plus the counted text."""

    name = "dry-run"
    aliases = ("dryrun",)
    dialects = ("openai-chat",)

    async def send(self, call: Call) -> Answer:
        if call.path.partition("?")[0] != "/chat/completions" or not isinstance(call.body, bytes):
            raise UpstreamError("dry-run answers chat completions only.")
        request = msgspec.json.decode(call.body)
        prompt_tokens = await asyncio.to_thread(_prompt_tokens, call, request)
        lines = tell(call, prompt_tokens)
        words = sum(len(line) for line in lines) // 4
        usage = {"prompt_tokens": prompt_tokens, "completion_tokens": words, "total_tokens": prompt_tokens + words}
        assert call.report
        if not call.report.stream:
            return EmbeddedAnswer("application/json", [_completion(call, lines, usage)])
        wanted = (request.get("stream_options") or {}).get("include_usage")
        return EmbeddedAnswer("text/event-stream", list(_events(call, lines, usage if wanted else None)))


class EmbeddedAnswer(Answer):
    """An answer that is there already."""

    def __init__(self, content_type: str, chunks: list[bytes]) -> None:
        self.status = 200
        self.headers = CIMultiDict({"Content-Type": content_type})
        self._chunks = chunks

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
            await asyncio.sleep(0)


def _prompt_tokens(call: Call, request: dict[str, Any]) -> int:
    """Tokens of the images as sent, by the exact rule, and of the text by the model's tokenizer where it is known.

    Text alone is estimated, four characters a token: loading a tokenizer would take longer than all the rest.
    """
    assert call.report
    images = sum(image.after.tokens or 0 for image in call.report.images)
    text = "\n".join(_texts(request["messages"]))
    return images + (call.counter.count_text(text) if call.counter and call.report.images else -(-len(text) // 4))


def _texts(messages: list[Any]) -> Iterator[str]:
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            yield content
        for part in content if isinstance(content, list) else ():
            if isinstance(part.get("text"), str):
                yield part["text"]


def _completion(call: Call, lines: list[str], usage: dict[str, int]) -> bytes:
    message = {"role": "assistant", "content": "".join(lines), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return msgspec.json.encode({**_head(call, "chat.completion"), "choices": [choice], "usage": usage})


def _events(call: Call, lines: list[str], usage: dict[str, int] | None) -> Iterator[bytes]:
    def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**head, "choices": [choice]})

    head = _head(call, "chat.completion.chunk")
    yield chunk({"role": "assistant", "content": ""})
    for line in lines:
        yield chunk({"content": line})
    yield chunk({}, "stop")
    if usage:
        yield _event({**head, "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"


def _head(call: Call, kind: str) -> dict[str, Any]:
    assert call.report
    # A fixed time: the same request gets the same answer.
    return {"id": f"chatcmpl-{call.report.request_id}", "object": kind, "created": 0, "model": call.model}
