"""Answers of Anthropic Messages as answers of OpenAI Chat, whole and streamed."""

from __future__ import annotations

from typing import Any

import msgspec

from token0.completions import Completion, FinishReason
from token0.types import Usage
from token0_anthropic import wire

_FINISH: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_REFUSED = "The model refused to answer."


def whole(message: dict[str, Any], completion: Completion) -> bytes:
    """A message that came in one piece."""
    content = message["content"]
    completion.model = message.get("model") or completion.model
    texts = [block["text"] for block in content if block["type"] == "text"]
    thoughts = [block for block in content if block["type"] in ("thinking", "redacted_thinking")]
    extra: dict[str, Any] = {}
    if thoughts:
        # What a client needs to show, and what it must send back untouched.
        extra["reasoning_content"] = "".join(block.get("thinking", "") for block in thoughts)
        extra["thinking_blocks"] = thoughts
    return completion.whole(
        text="".join(texts) if texts else None,
        finish_reason=_finish(message.get("stop_reason")),
        usage=wire.usage(message.get("usage")),
        tool_calls=[_call(block) for block in content if block["type"] == "tool_use"],
        refusal=_refusal(message),
        extra=extra,
    )


def _call(block: dict[str, Any]) -> dict[str, Any]:
    arguments = msgspec.json.encode(block["input"]).decode()
    return {"id": block["id"], "type": "function", "function": {"name": block["name"], "arguments": arguments}}


def _finish(stop_reason: Any) -> FinishReason:
    return _FINISH.get(stop_reason, "stop")


def _refusal(said: dict[str, Any]) -> str | None:
    """The reason for a refusal; `said` is a message, or the delta that ends one."""
    if said.get("stop_reason") != "refusal":
        return None
    details = said.get("stop_details")
    return (details.get("explanation") if isinstance(details, dict) else None) or _REFUSED


class Stream:
    """One streamed message. `_calls`: index among content blocks, as here, to index among calls, as OpenAI counts."""

    def __init__(self, completion: Completion) -> None:
        self.ended = False
        self._completion = completion
        self._usage: Usage | None = None
        self._stop_reason: Any = None
        self._calls: dict[int, int] = {}
        self._silent: set[int] = set()
        self._thoughts: dict[int, dict[str, Any]] = {}

    def event(self, event: dict[str, Any]) -> bytes:
        """The chunks for one event; none for events that have no counterpart."""
        match event["type"]:
            case "message_start":
                return self._begin(event["message"])
            case "content_block_start":
                return self._open(event["index"], event["content_block"])
            case "content_block_delta":
                return self._delta(event["index"], event["delta"])
            case "content_block_stop":
                return self._close(event["index"])
            case "message_delta":
                return self._end(event)
            case "message_stop":
                self.ended = True
                return self._completion.finish(_finish(self._stop_reason), self._usage)
            case "ping":
                # A comment: it keeps the connection open while the model thinks, and no client sees it.
                return b": ping\n\n"
        return b""

    def _begin(self, message: dict[str, Any]) -> bytes:
        self._completion.model = message.get("model") or self._completion.model
        self._usage = wire.usage(message.get("usage"))
        return self._completion.delta(content="")

    def _open(self, index: int, block: dict[str, Any]) -> bytes:
        match block["type"]:
            case "tool_use":
                number = self._calls[index] = len(self._calls)
                opened = self._completion.tool_start(number, block["id"], block["name"])
                if block.get("input"):
                    return opened + self._completion.tool_arguments(
                        number, msgspec.json.encode(block["input"]).decode()
                    )
                self._silent.add(index)
                return opened
            case "thinking" | "redacted_thinking":
                self._thoughts[index] = dict(block)
            case "text" if block.get("text"):
                return self._completion.delta(content=block["text"])
        return b""

    def _delta(self, index: int, delta: dict[str, Any]) -> bytes:
        match delta["type"]:
            case "text_delta":
                return self._completion.delta(content=delta["text"])
            case "input_json_delta" if delta["partial_json"] and index in self._calls:
                self._silent.discard(index)
                return self._completion.tool_arguments(self._calls[index], delta["partial_json"])
            case "thinking_delta":
                self._thoughts[index]["thinking"] = self._thoughts[index].get("thinking", "") + delta["thinking"]
                return self._completion.delta(reasoning_content=delta["thinking"])
            case "signature_delta":
                self._thoughts[index]["signature"] = delta["signature"]
        return b""

    def _close(self, index: int) -> bytes:
        if index in self._silent:
            # A call without arguments sends none, but clients parse what they have collected.
            self._silent.discard(index)
            return self._completion.tool_arguments(self._calls[index], "{}")
        return b""

    def _end(self, event: dict[str, Any]) -> bytes:
        self._usage = wire.usage(event.get("usage"), self._usage)
        self._stop_reason = event["delta"].get("stop_reason")
        last: dict[str, Any] = {}
        if refusal := _refusal(event["delta"]):
            last["refusal"] = refusal
        if self._thoughts:
            # In one chunk: OpenAI's own client cannot join lists of things it does not know.
            last["thinking_blocks"] = list(self._thoughts.values())
        return self._completion.delta(**last) if last else b""
