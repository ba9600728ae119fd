"""Messages in both forms: one body, and the events that build it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import forms
from token0.forms import Unfaithful

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LAST = ("stop_reason", "stop_sequence", "stop_details", "container")
"""What a message tells in its last event but one."""

_COUNTS = (
    "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens",
    "output_tokens_details", "server_tool_use",
)  # fmt: skip
"""Usage that is told again at the end; what else there is, as the tier, only at the beginning."""

_OUTPUT = ("output_tokens_details", "server_tool_use")
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


def whole(events: Sequence[bytes]) -> bytes:
    """The message that a stream builds. Raises `ValueError` for one that broke off, or tells what is not known here."""
    built = _Message()
    for event in events:
        if said := forms.read(event):
            built.add(said)
    return built.close()


class _Message:
    """A message as its events build it."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._blocks: list[dict[str, Any]] = []
        self._inputs: dict[int, str] = {}
        self._ended = False

    def add(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "message_start":
                self._message = event["message"]
            case "content_block_start" if event["index"] == len(self._blocks):
                self._blocks.append(event["content_block"])
            case "content_block_delta":
                self._delta(event["index"], event["delta"])
            case "content_block_stop" | "ping":
                pass
            case "message_delta":
                _update(self._message, event["delta"])
                _update(self._message["usage"], event.get("usage") or {})
                _update(self._message, {key: event[key] for key in event if key not in ("type", "delta", "usage")})
            case "message_stop":
                self._ended = True
            case kind:
                raise Unfaithful(f"the event {kind} is not known here")

    def _delta(self, index: int, delta: dict[str, Any]) -> None:
        block = self._blocks[index]
        match delta["type"]:
            case "text_delta":
                block["text"] += delta["text"]
            case "thinking_delta":
                block["thinking"] += delta["thinking"]
            case "signature_delta":
                block["signature"] = delta["signature"]
            case "citations_delta":
                block["citations"] = [*(block.get("citations") or ()), delta["citation"]]
            case "input_json_delta":
                self._inputs[index] = self._inputs.get(index, "") + delta["partial_json"]
            case kind:
                raise Unfaithful(f"the delta {kind} is not known here")

    def close(self) -> bytes:
        if not self._ended or not self._message.get("stop_reason"):
            raise Unfaithful("the stream broke off")
        for index, text in self._inputs.items():
            if text:
                self._blocks[index]["input"] = msgspec.json.decode(text)
        return msgspec.json.encode({**self._message, "content": self._blocks})


def _update(told: dict[str, Any], more: dict[str, Any]) -> None:
    """Counts are cumulative and replace those before; null says nothing new."""
    told.update({key: value for key, value in more.items() if value is not None or key not in told})


def events(body: bytes) -> list[bytes]:
    """The events of a message. Raises `ValueError` for what is none."""
    message = forms.decode(body)
    if message["type"] != "message" or not message["stop_reason"]:
        raise Unfaithful("not a finished message")
    return [forms.event(event, event["type"]) for event in _events(message)]


def _events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    usage = message["usage"]
    begun = {**message, "content": [], **{key: None for key in _LAST if key in message}}
    begun["usage"] = {**{key: usage[key] for key in usage if key not in _OUTPUT}, "output_tokens": 0}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(message["content"]):
        at = {"index": index}
        start, deltas = _block(block)
        yield {"type": "content_block_start", **at, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", **at, "delta": delta}
        yield {"type": "content_block_stop", **at}
    yield {
        "type": "message_delta",
        "delta": {key: message[key] for key in _LAST if key in message},
        "usage": {key: usage[key] for key in _COUNTS if key in usage},
    }
    yield {"type": "message_stop"}


def _block(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as it begins, and what is added to it. Results of tools, and all not known here, begin complete."""
    match block["type"]:
        case "text":
            citations = block.get("citations")
            start = {**block, "text": "", **({"citations": []} if citations else {})}
            cited = [{"type": "citations_delta", "citation": citation} for citation in citations or ()]
            return start, [{"type": "text_delta", "text": block["text"]}, *cited]
        case "thinking":
            thought = {"type": "thinking_delta", "thinking": block["thinking"]}
            signed = {"type": "signature_delta", "signature": block["signature"]}
            return {**block, "thinking": "", "signature": ""}, [thought, signed] if block["thinking"] else [signed]
        case kind if kind in _CALLS:
            arguments = msgspec.json.encode(block["input"]).decode() if block["input"] else ""
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": arguments}]
    return block, []
