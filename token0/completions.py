"""Answers in the shape of OpenAI Chat Completions, for translators that bring another provider's answer back."""

from __future__ import annotations

import time
import uuid
from typing import Any, Literal

import msgspec

from token0.types import Usage

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


class Completion:
    """Builds one answer, whole or in chunks; `id`, `created` and `model` stay the same throughout.

    include_usage is what the request's `stream_options` said: the usage chunk is sent only then.
    """

    def __init__(self, model: str, *, include_usage: bool = False) -> None:
        self.model = model
        self._include_usage = include_usage
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._started = False

    def whole(
        self,
        *,
        text: str | None,
        finish_reason: FinishReason,
        usage: Usage | None,
        tool_calls: list[dict[str, Any]] | None = None,
        refusal: str | None = None,
        extra: dict[str, Any] | None = None,
        logprobs: dict[str, Any] | None = None,
    ) -> bytes:
        """A complete answer. `extra` are further fields of the message, as `reasoning_content`."""
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": refusal, **(extra or {})}
        if tool_calls:
            message["tool_calls"] = tool_calls
        choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish_reason}
        answer = {**self._head("chat.completion"), "choices": [choice]}
        if usage:
            answer["usage"] = counts(usage)
        return msgspec.json.encode(answer)

    def delta(self, *, logprobs: dict[str, Any] | None = None, **delta: Any) -> bytes:
        """A chunk with new content; the first one of an answer also carries the role."""
        if not self._started:
            self._started = True
            delta = {"role": "assistant", "content": None if "tool_calls" in delta else "", **delta}
        return self._chunk(delta, None, logprobs)

    def tool_start(self, index: int, call_id: str, name: str, **extra: Any) -> bytes:
        """The chunk that opens tool call `index` (0-based among the answer's tool calls)."""
        function = {"name": name, "arguments": ""}
        return self.delta(
            tool_calls=[{"index": index, "id": call_id, "type": "function", "function": function, **extra}]
        )

    def tool_arguments(self, index: int, fragment: str) -> bytes:
        """A chunk with a further piece of the JSON arguments of tool call `index`."""
        return self.delta(tool_calls=[{"index": index, "function": {"arguments": fragment}}])

    def finish(self, finish_reason: FinishReason, usage: Usage | None) -> bytes:
        """The finishing chunk, the usage chunk where it was asked for, and the end of the stream."""
        first = b"" if self._started else self.delta(content="")
        done = first + self._chunk({}, finish_reason)
        if self._include_usage and usage:
            done += _event({**self._head("chat.completion.chunk"), "choices": [], "usage": counts(usage)})
        return done + b"data: [DONE]\n\n"

    def _chunk(
        self, delta: dict[str, Any], finish_reason: FinishReason | None, logprobs: dict[str, Any] | None = None
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        return _event({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self.model}


def counts(usage: Usage) -> dict[str, Any]:
    """The usage object of OpenAI Chat."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"
