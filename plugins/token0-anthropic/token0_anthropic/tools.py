"""Tools and their choice, from OpenAI Chat to Anthropic Messages."""

from __future__ import annotations

from typing import Any

from token0 import documents
from token0.errors import BadRequest
from token0.types import Path
from token0_anthropic.losses import Losses

_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def translate(document: dict[str, Any], losses: Losses) -> dict[str, Any]:
    """`tools` and `tool_choice`, where the request has tools."""
    offered = documents.optional(document, "tools", list) or []
    tools = [tool for i, each in enumerate(offered) if (tool := _tool(each, ("tools", i), losses))]
    if not tools:
        return {}
    choice = _choice(document.get("tool_choice"), losses)
    if documents.optional(document, "parallel_tool_calls", bool) is False:
        choice = choice or {"type": "auto"}
        if choice["type"] != "none":
            choice["disable_parallel_tool_use"] = True
    return {"tools": tools, "tool_choice": choice} if choice else {"tools": tools}


def is_forced(translated: dict[str, Any]) -> bool:
    """True when the model must call a tool, so that it cannot be asked to think first."""
    return translated.get("tool_choice", {}).get("type") in ("any", "tool")


def _tool(tool: Any, at: Path, losses: Losses) -> dict[str, Any] | None:
    kind = documents.required(documents.of(tool, dict, at), "type", str, at)
    if kind != "function":
        losses.add(at, f"no counterpart for a tool of type {kind!r}")
        return None
    function = documents.required(tool, "function", dict, at)
    where = (*at, "function")
    parameters = documents.optional(function, "parameters", dict, where)
    translated: dict[str, Any] = {
        "name": documents.required(function, "name", str, where),
        # A function without arguments needs no parameters at OpenAI, but a schema here.
        "input_schema": parameters if parameters else {"type": "object", "properties": {}},
    }
    if description := documents.optional(function, "description", str, where):
        translated["description"] = description
    if documents.optional(function, "strict", bool, where):
        translated["strict"] = True
    if (marker := tool.get("cache_control", function.get("cache_control"))) is not None:
        translated["cache_control"] = marker
    return translated


def _choice(choice: Any, losses: Losses) -> dict[str, Any] | None:
    at: Path = ("tool_choice",)
    if choice is None:
        return None
    if isinstance(choice, str):
        if choice not in _CHOICES:
            raise BadRequest(f"Expected one of {', '.join(_CHOICES)}, or an object.", at=at, code="invalid_value")
        return {"type": _CHOICES[choice]}
    if documents.of(choice, dict, at).get("type") != "function":
        losses.add(at, "only a function can be chosen by name")
        return None
    function = documents.required(choice, "function", dict, at)
    return {"type": "tool", "name": documents.required(function, "name", str, (*at, "function"))}
