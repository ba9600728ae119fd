"""Answers of Anthropic's servers, whole and in events, in the documented order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fakes.anthropic_rules import SIGNATURE

THINKING = {"type": "thinking", "thinking": "First, I look. Then I count.", "signature": SIGNATURE}
REDACTED = {"type": "redacted_thinking", "data": "b3BhcXVl"}
CALLS = [
    {"type": "tool_use", "id": "toolu_01weather", "name": "weather", "input": {"city": "Zürich"}},
    {"type": "tool_use", "id": "toolu_02clock", "name": "clock", "input": {}},
]
REFUSAL = {"type": "refusal", "category": "cyber", "explanation": "That would be harmful."}


def usage(document: dict[str, Any], images: int, knobs: set[str]) -> dict[str, Any]:
    """A token for each message and each image patch; `cached` moves most of it into the cache."""
    total = images + len(document["messages"])
    written, read = (10, total - 11) if "cached" in knobs else (0, 0)
    return {
        "input_tokens": total - written - read,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 7,
        "service_tier": "standard",
    }


def answer(document: dict[str, Any], images: int, knobs: set[str]) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    stop: dict[str, Any] = {"stop_reason": "end_turn", "stop_sequence": None}
    if "thinking" in knobs:
        content += [THINKING, REDACTED]
    content.append({"type": "text", "text": f"Grüezi 🖼 {images} image tokens"})
    if "tools" in knobs:
        content += CALLS
        stop["stop_reason"] = "tool_use"
    if "refusal" in knobs:
        content = []
        stop |= {"stop_reason": "refusal", "stop_details": REFUSAL}
    if "long" in knobs:
        stop["stop_reason"] = "max_tokens"
    head = {"id": "msg_01fake", "type": "message", "role": "assistant", "model": document["model"]}
    return {**head, "content": content, **stop, "usage": usage(document, images, knobs)}


def events(message: dict[str, Any]) -> Iterator[bytes]:
    counts = message["usage"]
    opening = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    opening.pop("stop_details", None)
    yield event({"type": "message_start", "message": {**opening, "usage": {**counts, "output_tokens": 1}}})
    yield event({"type": "ping"})
    for index, block in enumerate(message["content"]):
        first, deltas = pieces(block)
        yield event({"type": "content_block_start", "index": index, "content_block": first})
        for delta in deltas:
            yield event({"type": "content_block_delta", "index": index, "delta": delta})
        yield event({"type": "content_block_stop", "index": index})
    ending = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details") if key in message}
    yield event({"type": "message_delta", "delta": ending, "usage": {"output_tokens": counts["output_tokens"]}})
    yield event({"type": "message_stop"})


def pieces(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """How a block begins, and the deltas that complete it."""
    match block["type"]:
        case "text":
            words = [{"type": "text_delta", "text": word + " "} for word in block["text"].split(" ")]
            return {"type": "text", "text": ""}, words
        case "thinking":
            sentences = [part + "." for part in block["thinking"].split(".") if part]
            deltas = [{"type": "thinking_delta", "thinking": part} for part in sentences]
            signature = {"type": "signature_delta", "signature": block["signature"]}
            return {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signature]
        case "tool_use" if block["input"]:
            text = json.dumps(block["input"], ensure_ascii=False)
            halves = ["", text[:7], text[7:]]
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": half} for half in halves]
    return block, []


def event(body: dict[str, Any]) -> bytes:
    return f"event: {body['type']}\ndata: ".encode() + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"
