"""Gemini's answers in both forms: one `GenerateContentResponse`, and a stream of partial ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import forms
from token0.forms import Unfaithful

if TYPE_CHECKING:
    from collections.abc import Sequence

_LATEST = frozenset({"finishReason", "finishMessage", "safetyRatings", "tokenCount", "avgLogprobs"})
"""What each chunk tells of the candidate so far."""

_JOINABLE = ({"text"}, {"text", "thought"})
"""Keys of parts that may be joined. A part with a signature must stay as it was signed."""

_PARTIAL = ("willContinue", "partialArgs")


def whole(events: Sequence[bytes]) -> bytes:
    """The chunks as one answer. Raises `ValueError` for a stream that broke off, or that has no such form."""
    answer: dict[str, Any] = {}
    candidates: dict[int, dict[str, Any]] = {}
    for event in events:
        if chunk := forms.read(event):
            for candidate in chunk.pop("candidates", None) or ():
                _add_candidate(candidates.setdefault(candidate.get("index", 0), {}), candidate)
            if counts := chunk.pop("usageMetadata", None):
                answer["usageMetadata"] = counts
            forms.keep(answer, chunk)
    blocked = (answer.get("promptFeedback") or {}).get("blockReason")
    if not (candidates or blocked) or not all(each.get("finishReason") for each in candidates.values()):
        raise Unfaithful("the stream broke off")
    if candidates:
        answer = {"candidates": [candidates[index] for index in sorted(candidates)], **answer}
    return msgspec.json.encode(answer)


def _add_candidate(told: dict[str, Any], candidate: dict[str, Any]) -> None:
    told.update({key: candidate.pop(key) for key in list(candidate) if key in _LATEST})
    if "content" in candidate:
        content = candidate.pop("content")
        parts = content.pop("parts", None)
        forms.keep(told.setdefault("content", {}), content)
        if parts is not None:
            told["content"]["parts"] = _joined(told["content"].get("parts") or [], parts)
    # Tokens are told with the text they make.
    forms.add(told, {key: candidate.pop(key) for key in ("logprobsResult",) if key in candidate}, ())
    for key, value in candidate.items():
        # An empty object is written where there is nothing to tell.
        if not told.get(key):
            told[key] = value
        elif value != {}:
            forms.keep(told, {key: value})


def _joined(before: list[dict[str, Any]], parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts of two chunks: text goes on where it was cut."""
    if any(key in (part.get("functionCall") or {}) for part in parts for key in _PARTIAL):
        raise Unfaithful("arguments come in pieces")
    if not (before and parts):
        return before + parts
    *others, last = before
    first, *rest = parts
    if first.keys() != last.keys() or first.keys() not in _JOINABLE or first.get("thought") != last.get("thought"):
        return before + parts
    return [*others, {**last, "text": last["text"] + first["text"]}, *rest]


def events(body: bytes, *, sse: bool) -> list[bytes]:
    """An answer as a stream of one chunk, which is a chunk like any other. Raises `ValueError` for what is none.

    sse: as server-sent events; else as the JSON array that the API writes where those were not asked for.
    """
    answer = forms.decode(body)
    if not (answer.get("candidates") or answer.get("promptFeedback")):
        raise Unfaithful("not an answer")
    line = msgspec.json.format(body, indent=-1)
    return [b"data: " + line + b"\r\n\r\n"] if sse else [b"[" + line, b"\n]\n"]
