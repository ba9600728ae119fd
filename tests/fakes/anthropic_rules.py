"""What Anthropic's servers accept, and what an image costs there: written from the API reference, not from the code."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator
from typing import Any

from token0.sniff import sniff

COUNT = frozenset({"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control"})
CREATE = COUNT | {
    "max_tokens", "stop_sequences", "stream", "temperature", "top_p", "top_k", "metadata", "service_tier", "speed",
    "container", "inference_geo",
}  # fmt: skip
EFFORTS = ("low", "medium", "high", "xhigh", "max")
KEYS = {
    "text": "text citations cache_control",
    "image": "source transformations cache_control",
    "document": "source title context citations cache_control",
    "tool_use": "id name input cache_control",
    "tool_result": "tool_use_id content is_error cache_control",
    "thinking": "thinking signature",
    "redacted_thinking": "data",
}
USER = ("text", "image", "document", "tool_result")
ASSISTANT = ("text", "tool_use", "thinking", "redacted_thinking")
RESULT = ("text", "image", "document")
TYPES = {"image/jpeg": "jpeg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
SIGNATURE = "c2lnbmVk+/=="
NEW = re.compile(r"claude-(opus-4-[78]|(opus|sonnet|haiku|fable)-5)")


class Refused(Exception):
    """An error answer."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"type": "error", "error": {"type": kind, "message": message}}


def invalid(message: str) -> Refused:
    return Refused(400, "invalid_request_error", message)


def check(document: Any, known: frozenset[str]) -> dict[str, Any]:
    """Refuse what the API refuses; returns the document with its turns merged."""
    if not isinstance(document, dict):
        raise invalid("The request body is not valid JSON")
    for field in document:
        if field not in known:
            raise invalid(f"{field}: Extra inputs are not permitted")
    for field in ("model", "messages", *(["max_tokens"] if "max_tokens" in known else [])):
        if field not in document:
            raise invalid(f"{field}: Field required")
    if not document["model"].startswith("claude-"):
        raise Refused(404, "not_found_error", f"model: {document['model']}")
    check_settings(document)
    system = document.get("system") or []
    for i, block in enumerate([] if isinstance(system, str) else system):
        check_block(block, f"system.{i}", ("text",))
    turns = merged(document["messages"])
    check_calls(turns)
    check_images(turns)
    marks = sum(1 for _ in marked([system, turns, document.get("tools") or []]))
    if marks > 4:
        raise invalid(f"A maximum of 4 blocks with cache_control may be provided. Found {marks}.")
    return {**document, "messages": turns}


def check_settings(document: dict[str, Any]) -> None:
    for field in ("temperature", "top_p"):
        value = document.get(field, 1)
        if not 0 <= value <= 1:
            raise invalid(f"{field}: range: 0..1")
        if value != 1 and NEW.match(document["model"]):
            raise invalid(f"`{field}` is not supported by this model")
    if any(not word.strip() for word in document.get("stop_sequences", [])):
        raise invalid("stop_sequences: each stop sequence must contain non-whitespace")
    tools = document.get("tools", [])
    for i, tool in enumerate(tools):
        if not set(tool) <= {"name", "description", "input_schema", "strict", "cache_control", "type"}:
            raise invalid(f"tools.{i}: Extra inputs are not permitted")
        if tool.get("type", "custom") == "custom" and tool["input_schema"].get("type") != "object":
            raise invalid(f"tools.{i}.custom.input_schema.type: Field required")
    choice = document.get("tool_choice")
    if choice and not tools:
        raise invalid("tool_choice: may only be specified while providing `tools`")
    if choice and not set(choice) <= {
        "auto": {"type", "disable_parallel_tool_use"}, "any": {"type", "disable_parallel_tool_use"},
        "tool": {"type", "name", "disable_parallel_tool_use"}, "none": {"type"},
    }[choice["type"]]:  # fmt: skip
        raise invalid("tool_choice: Extra inputs are not permitted")
    thinks = document.get("thinking", {}).get("type") in ("adaptive", "enabled")
    if thinks and choice and choice["type"] in ("any", "tool"):
        raise invalid("Thinking may not be enabled when tool_choice forces tool use.")
    config = document.get("output_config", {})
    if not set(config) <= {"effort", "format"} or config.get("effort", "low") not in EFFORTS:
        raise invalid(f"output_config: Input should be one of {EFFORTS}")


def merged(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not messages:
        raise invalid("messages: at least one message is required")
    turns: list[dict[str, Any]] = []
    for i, message in enumerate(messages):
        if set(message) != {"role", "content"}:
            raise invalid(f"messages.{i}: Extra inputs are not permitted")
        if message["role"] not in ("user", "assistant"):
            raise invalid(f'messages: Unexpected role "{message["role"]}". Use the top-level `system` parameter.')
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not blocks:
            raise invalid(f"messages.{i}: all messages must have non-empty content")
        for j, block in enumerate(blocks):
            check_block(block, f"messages.{i}.content.{j}", USER if message["role"] == "user" else ASSISTANT)
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": message["role"], "content": list(blocks)})
    return turns


def check_block(block: dict[str, Any], at: str, kinds: tuple[str, ...]) -> None:
    kind = block.get("type")
    if kind not in kinds:
        raise invalid(f"{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {kinds}")
    for key in block:
        if key != "type" and key not in KEYS[kind].split():
            raise invalid(f"{at}.{kind}.{key}: Extra inputs are not permitted")
    if kind == "text" and not block["text"].strip():
        raise invalid(f"{at}: text content blocks must contain non-whitespace text")
    if kind == "thinking" and block.get("signature") != SIGNATURE:
        raise invalid(f"{at}: Invalid `signature` in `thinking` block")
    if kind == "tool_use" and not re.fullmatch(r"[a-zA-Z0-9_-]+", block["id"]):
        raise invalid(f"{at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if kind == "document" and block["source"]["type"] == "base64" and not decoded(block, at).startswith(b"%PDF-"):
        raise invalid(f"{at}: The PDF specified was not valid.")
    for inner, where in nested(block, at):
        check_block(inner, where, RESULT)


def nested(block: dict[str, Any], at: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The blocks inside a tool result, or inside a document that consists of blocks."""
    content = block.get("content")
    if block.get("type") == "document" and block["source"]["type"] == "content":
        content, at = block["source"]["content"], f"{at}.source"
    if isinstance(content, list):
        yield from ((inner, f"{at}.content.{i}") for i, inner in enumerate(content))


def check_calls(turns: list[dict[str, Any]]) -> None:
    asked: list[str] = []
    for i, turn in enumerate(turns):
        kinds = [block["type"] for block in turn["content"]]
        answered = [block["tool_use_id"] for block in turn["content"] if block["type"] == "tool_result"]
        if kinds[: len(answered)] != ["tool_result"] * len(answered):
            raise invalid(f"messages.{i}: tool_result blocks must come first")
        if sorted(asked) != sorted(answered):
            raise invalid(
                f"messages.{i}: `tool_use` ids were found without `tool_result` blocks immediately after: {asked}"
            )
        asked = [block["id"] for block in turn["content"] if block["type"] == "tool_use"]


def images(turns: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    def walk(block: dict[str, Any], at: str) -> Iterator[tuple[dict[str, Any], str]]:
        if block["type"] == "image":
            yield block, at
        for inner, where in nested(block, at):
            yield from walk(inner, where)

    for i, turn in enumerate(turns):
        for j, block in enumerate(turn["content"]):
            yield from walk(block, f"messages.{i}.content.{j}")


def check_images(turns: list[dict[str, Any]]) -> None:
    found = [(block, at) for block, at in images(turns) if block["source"]["type"] == "base64"]
    if len(found) > 100:
        raise invalid("messages: too many images")
    longest = 2000 if len(found) > 20 else 8000
    for block, at in found:
        source = block["source"]
        if set(source) != {"type", "media_type", "data"}:
            raise invalid(f"{at}.image.source: Extra inputs are not permitted")
        if source["media_type"] not in TYPES:
            raise invalid(f"{at}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', ...")
        if len(source["data"]) > 10 * 1024 * 1024:
            raise invalid(f"{at}.image.source.base64: image exceeds 10 MB maximum")
        header = sniff(decoded(block, at))
        if header is None:
            raise invalid(f"{at}: Could not process image")
        if header.format != TYPES[source["media_type"]]:
            raise invalid(f"{at}: Image does not match the provided media type {source['media_type']}")
        if max(header.width, header.height) > longest:
            raise invalid(f"{at}: At least one of the image dimensions exceed max allowed size: {longest} pixels")


def decoded(block: dict[str, Any], at: str) -> bytes:
    try:
        return base64.b64decode(block["source"]["data"], validate=True)
    except binascii.Error:
        raise invalid(f"{at}.source.base64.data: Invalid base64 data") from None


def marked(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if value.get("cache_control"):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from marked(inner)


def image_tokens(document: dict[str, Any]) -> int:
    tokens = 0
    for block, at in images(document["messages"]):
        if block["source"]["type"] == "base64":
            header = sniff(decoded(block, at))
            assert header
            tokens += patches(header.width, header.height, NEW.match(document["model"]) is not None)
    return tokens


def patches(width: int, height: int, new: bool) -> int:
    """28-px patches of the largest size that fits the edge and the budget of the model's tier."""
    edge, budget = (2576, 4784) if new else (1568, 1568)
    long, short = max(width, height), min(width, height)
    for side in range(long, 0, -1):
        other = short if side == long else max(round(side / (long / short)), 1)
        columns, rows = math.ceil(side / 28), math.ceil(other / 28)
        if columns * 28 <= edge and columns * rows <= budget:
            return columns * rows
    return 1
