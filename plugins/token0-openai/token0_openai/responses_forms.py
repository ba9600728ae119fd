"""Responses in both forms: one body, and the events that build it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import forms
from token0.forms import Unfaithful

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDED = {"completed": "response.completed", "incomplete": "response.incomplete"}
_NOT_YET = ("usage", "error", "incomplete_details", "completed_at")
"""What a response that has only begun does not tell."""

_STRINGS = {
    "function_call": ("arguments", "response.function_call_arguments"),
    "custom_tool_call": ("input", "response.custom_tool_call_input"),
    "mcp_call": ("arguments", "response.mcp_call_arguments"),
}
"""Items that are told by a string in pieces: its key, and what its events are called."""


def whole(events: Sequence[bytes]) -> bytes:
    """The response that ends the stream. Raises `ValueError` where none does, or where it lacks what was told."""
    told = 0
    for event in events:
        said = forms.read(event)
        if said is None:
            continue
        if said.get("type") == "response.output_item.done":
            told += 1
        elif said.get("type") in _ENDED.values():
            response: dict[str, Any] = said["response"]
            # Some servers leave the output out at the end, as it was told before.
            if told and not response["output"]:
                raise Unfaithful("the last event does not repeat the output")
            return msgspec.json.encode(response)
    raise Unfaithful("the stream broke off")


def events(body: bytes) -> list[bytes]:
    """The events of a response. Raises `ValueError` for one that is not there yet, failed, or holds unknown parts."""
    response = forms.decode(body)
    ending = _ENDED[response["status"]]
    begun = {**response, **{key: None for key in _NOT_YET if key in response}, "status": "in_progress", "output": []}
    story = _Story()
    story.tell("response.created", response=begun)
    story.tell("response.in_progress", response=begun)
    for index, item in enumerate(response["output"]):
        story.item(item, index)
    story.tell(ending, response=response)
    return story.events


class _Story:
    """Events in a row, each with its number."""

    def __init__(self) -> None:
        self.events: list[bytes] = []

    def tell(self, kind: str, **fields: Any) -> None:
        self.events.append(forms.event({"type": kind, **fields, "sequence_number": len(self.events)}, kind))

    def item(self, item: dict[str, Any], index: int) -> None:
        """One item of the output. Those of a kind not known here come in one piece."""
        begun = {**item, "status": "in_progress"} if "status" in item else dict(item)
        at = {"item_id": item.get("id"), "output_index": index}
        key, name = _STRINGS.get(item["type"], ("", ""))
        begun.update({part: [] for part in ("content", "summary") if isinstance(item.get(part), list)})
        if key:
            begun[key] = ""
        self.tell("response.output_item.added", output_index=index, item=begun)
        if key:
            self._string(name, key, item[key], at)
        if item["type"] == "reasoning":
            for number, part in enumerate(item.get("summary") or ()):
                self._summary(part, {**at, "summary_index": number})
        if item["type"] in ("reasoning", "message"):
            for number, part in enumerate(item.get("content") or ()):
                self._part(part, {**at, "content_index": number})
        self.tell("response.output_item.done", output_index=index, item=item)

    def _string(self, name: str, key: str, text: str, at: dict[str, Any], **beside: Any) -> None:
        """A string, which comes in one piece, and then as a whole."""
        if text:
            self.tell(f"{name}.delta", **at, delta=text, **beside)
        self.tell(f"{name}.done", **at, **{key: text}, **beside)

    def _summary(self, part: dict[str, Any], at: dict[str, Any]) -> None:
        self.tell("response.reasoning_summary_part.added", **at, part={**part, "text": ""})
        self._string("response.reasoning_summary_text", "text", part["text"], at)
        self.tell("response.reasoning_summary_part.done", **at, part=part)

    def _part(self, part: dict[str, Any], at: dict[str, Any]) -> None:
        """A part of a message, or of the reasoning."""
        key = "refusal" if part["type"] == "refusal" else "text"
        begun = {**part, key: "", **{name: [] for name in ("annotations", "logprobs") if part.get(name)}}
        self.tell("response.content_part.added", **at, part=begun)
        match part["type"]:
            case "output_text":
                self._text(part, at)
            case "refusal":
                self._string("response.refusal", "refusal", part["refusal"], at)
            case "reasoning_text":
                self._string("response.reasoning_text", "text", part["text"], at)
            case kind:
                raise Unfaithful(f"no events are known for a part {kind}")
        self.tell("response.content_part.done", **at, part=part)

    def _text(self, part: dict[str, Any], at: dict[str, Any]) -> None:
        logprobs = part.get("logprobs") or []
        if part["text"]:
            self.tell("response.output_text.delta", **at, delta=part["text"], logprobs=logprobs)
        for number, annotation in enumerate(part.get("annotations") or ()):
            fields = {**at, "annotation_index": number, "annotation": annotation}
            self.tell("response.output_text.annotation.added", **fields)
        self.tell("response.output_text.done", **at, text=part["text"], logprobs=logprobs)
