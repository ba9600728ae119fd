"""Chat completions in both forms: `chat.completion` as one body, and its `chat.completion.chunk` events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import forms
from token0.forms import Unfaithful
from token0.sse import data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DONE = b"[DONE]"
_PIECES = frozenset({"content", "refusal", "reasoning", "reasoning_content", "arguments", "input"})
"""Strings that come in pieces. `audio` is none of them: its base64 cannot be joined without knowing how it was cut."""

_HEAD = ("id", "object", "created", "model", "service_tier", "system_fingerprint")
"""What every chunk repeats."""

_LATEST = ("usage", "service_tier", "system_fingerprint")
"""What the last chunk that tells it decides."""

_FIRST = ("reasoning", "thinking")
"""How fields of a message are called whose content came before the answer."""


def whole(events: Sequence[bytes]) -> bytes:
    """The chunks as one completion. Raises `ValueError` for a stream that broke off, or that has no such form."""
    top: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    ended = False
    for event in events:
        if data(event) == _DONE:
            ended = True
        elif chunk := forms.read(event):
            for choice in chunk.pop("choices"):
                forms.add(choices.setdefault(choice["index"], {}), choice, _PIECES)
            _add_top(top, chunk)
    if not ended or not choices or not all(choice.get("finish_reason") for choice in choices.values()):
        raise Unfaithful("the stream broke off")
    top["choices"] = [_choice(choices[index]) for index in sorted(choices)]
    return msgspec.json.encode({**top, "object": "chat.completion"})


def _add_top(top: dict[str, Any], chunk: dict[str, Any]) -> None:
    chunk.pop("obfuscation", None)
    # Azure's first chunk, which tells how the prompt was filtered, has an empty id and model.
    told = {key: value for key, value in chunk.items() if value or (value is not None and key not in _HEAD)}
    top.update({key: told.pop(key) for key in _LATEST if key in told})
    # Some servers write the time of the chunk, not of the answer.
    if "created" in top:
        told.pop("created", None)
    forms.keep(top, told)


def _choice(told: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": None, "refusal": None, **told.pop("delta")}
    if calls := message.get("tool_calls"):
        calls.sort(key=lambda call: call.get("index", 0))
        message["tool_calls"] = [{key: call[key] for key in call if key != "index"} for call in calls]
    return {"index": told.pop("index"), "message": message, "logprobs": told.pop("logprobs", None), **told}


def events(body: bytes, *, wants_usage: bool) -> list[bytes]:
    """One completion as chunks; the usage only where it is wanted. Raises `ValueError` for what is no completion."""
    answer = forms.decode(body)
    choices = answer.pop("choices")
    usage = answer.pop("usage", None)
    answer["object"] = "chat.completion.chunk"
    head = {key: answer.pop(key) for key in _HEAD if key in answer}
    chunks = [{**head, "choices": [chunk]} for choice in choices for chunk in _chunks(choice)]
    # What this version does not know goes where the report would: a chunk that is there anyway.
    chunks[-1].update(answer)
    if wants_usage and usage:
        chunks = [{**chunk, "usage": None} for chunk in chunks]
        chunks.append({**head, "choices": [], "usage": usage})
    return [*map(forms.event, chunks), b"data: " + _DONE + b"\n\n"]


def _chunks(choice: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A choice in pieces, the reason it ended in the last; the tokens go with the text they make."""
    index, logprobs = choice.pop("index"), choice.pop("logprobs", None)
    finish = {"finish_reason": choice.pop("finish_reason")}
    if not finish["finish_reason"]:
        raise Unfaithful("not a finished answer")
    for delta in _deltas(choice.pop("message")):
        told = logprobs if "role" not in delta and delta.keys() & {"content", "refusal"} else None
        logprobs = None if told else logprobs
        yield {"index": index, "delta": delta, "logprobs": told, "finish_reason": None}
    yield {"index": index, "delta": {}, "logprobs": logprobs, **finish, **choice}


def _deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    content, refusal = message.pop("content", None), message.pop("refusal", None)
    calls = message.pop("tool_calls", None)
    yield {"role": message.pop("role"), "content": None if content is None else "", "refusal": None}
    first = {key: message.pop(key) for key in list(message) if key.startswith(_FIRST)}
    if first:
        yield first
    if content:
        yield {"content": content}
    if refusal is not None:
        yield {"refusal": refusal}
    for index, call in enumerate(calls or ()):
        yield {"tool_calls": [{"index": index, **call}]}
    if message:
        yield message
