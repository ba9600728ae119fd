"""The messages of OpenAI Chat as system prompt and turns of Anthropic Messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from token0 import documents
from token0.errors import BadRequest
from token0.types import Path
from token0_anthropic import parts
from token0_anthropic.losses import Losses

_Blocks = Iterator[dict[str, Any]]
_TURNS = {"user": "user", "tool": "user", "assistant": "assistant"}
_SYSTEM = ("system", "developer")


def translate(messages: list[Any], losses: Losses) -> dict[str, Any]:
    """`messages`, and `system` where there is any: system prompts in order, turns that alternate, nothing empty."""
    system: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    for i, message in enumerate(messages):
        at = ("messages", i)
        role = documents.required(documents.of(message, dict, at), "role", str, at)
        if role in _SYSTEM:
            system += parts.blocks(message.get("content"), (*at, "content"), losses, parts.SYSTEM)
            continue
        if role not in _TURNS:
            losses.add((*at, "role"), f"no counterpart for a message of the role {role!r}")
            continue
        blocks = list(_blocks(role, message, at, losses))
        if blocks and turns and turns[-1]["role"] == _TURNS[role]:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": _TURNS[role], "content": blocks})
    if system and not turns:
        # A request without a turn is refused: instructions alone become one.
        return {"messages": [{"role": "user", "content": system}]}
    return {"system": system, "messages": turns} if system else {"messages": turns}


def _blocks(role: str, message: dict[str, Any], at: Path, losses: Losses) -> _Blocks:
    if role == "tool":
        return _tool_result(message, at, losses)
    if role == "assistant":
        return _assistant(message, at, losses)
    return parts.blocks(message.get("content"), (*at, "content"), losses, parts.USER)


def _tool_result(message: dict[str, Any], at: Path, losses: Losses) -> _Blocks:
    result = {"type": "tool_result", "tool_use_id": documents.required(message, "tool_call_id", str, at)}
    content = list(parts.blocks(message.get("content"), (*at, "content"), losses, parts.USER))
    yield {**result, "content": content} if content else result


def _assistant(message: dict[str, Any], at: Path, losses: Losses) -> _Blocks:
    # Signed: they go back as they came, or the API refuses the turn.
    yield from documents.optional(message, "thinking_blocks", list, at) or ()
    yield from parts.blocks(message.get("content"), (*at, "content"), losses, parts.ASSISTANT)
    if not message.get("content") and isinstance(message.get("refusal"), str):
        yield from parts.blocks(message["refusal"], (*at, "refusal"), losses, parts.ASSISTANT)
    for field in ("function_call", "audio"):
        if message.get(field) is not None:
            losses.add((*at, field), "no counterpart in a turn of the assistant")
    for i, call in enumerate(documents.optional(message, "tool_calls", list, at) or ()):
        where = (*at, "tool_calls", i)
        if documents.of(call, dict, where).get("type", "function") != "function":
            losses.add((*where, "type"), "only calls of functions can be translated")
            continue
        yield _tool_use(call, where)


def _tool_use(call: dict[str, Any], at: Path) -> dict[str, Any]:
    function = documents.required(call, "function", dict, at)
    where = (*at, "function")
    return {
        "type": "tool_use",
        "id": documents.required(call, "id", str, at),
        "name": documents.required(function, "name", str, where),
        "input": _arguments(documents.optional(function, "arguments", str, where), (*where, "arguments")),
    }


def _arguments(text: str | None, at: Path) -> dict[str, Any]:
    """The arguments of a call: models write them as a string, and an empty one for none."""
    if not text or not text.strip():
        return {}
    try:
        return documents.of(msgspec.json.decode(text), dict, at)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest(f"The arguments are not valid JSON: {error}.", at=at, code="invalid_json") from None
