"""Ollama's answers in both forms: one object, and lines of JSON of which the last one has the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import forms
from token0.forms import Unfaithful

if TYPE_CHECKING:
    from collections.abc import Sequence

_PIECES = frozenset({"content", "thinking", "response"})
_LATEST = ("created_at", "done", "model")
_SAID = ("message", "response", "thinking", "tool_calls", "logprobs")
"""What an answer says, as opposed to what is told about it."""


def whole(events: Sequence[bytes]) -> bytes:
    """The lines as one answer. Raises `ValueError` for a stream that broke off, or whose lines contradict another."""
    answer: dict[str, Any] = {}
    for event in events:
        if not event.strip():
            continue
        line = forms.decode(event)
        answer.update({key: line.pop(key) for key in _LATEST if key in line})
        forms.add(answer, line, _PIECES)
    if answer.get("done") is not True:
        raise Unfaithful("the stream broke off")
    return msgspec.json.encode(answer)


def events(body: bytes) -> list[bytes]:
    """An answer as a line that says it and a line that ends it. Raises `ValueError` for what is none."""
    answer = forms.decode(body)
    if answer.get("done") is not True:
        raise Unfaithful("not a finished answer")
    said = {key: answer.pop(key) for key in _SAID if key in answer}
    head: dict[str, Any] = {key: answer[key] for key in ("model", "created_at") if key in answer}
    silent: dict[str, Any] = {"response": ""}
    if "message" in said:
        silent = {"message": {"role": said["message"]["role"], "content": ""}}
    lines: list[dict[str, Any]] = [{**head, **said, "done": False}, {**head, **silent, **answer}]
    return [msgspec.json.encode(line) + b"\n" for line in lines]
