"""Does an answer consist of positions in the image? Then no step may move its pixels."""

from __future__ import annotations

import re
from typing import Any

_TOOL_TYPE = re.compile(r"^(computer|browser|desktop|mobile)(_|$)")
_TOOL_NAME = re.compile(r"(^|_)(click|tap|mouse|drag|computer|cursor|swipe|bounding_?box|bbox|point_at)(_|$)", re.I)
_KEYS = frozenset(
    {
        "coordinate", "coordinates", "bbox", "bounding_box", "box_2d", "point", "start_box", "end_box", "click_point",
        "position_x", "x1", "left_px",
    }
)  # fmt: skip
_SCHEMAS = ("parameters", "input_schema", "parametersJsonSchema", "parameters_json_schema")
_PROMPT = re.compile(
    r"\b(coordinates?|bounding[ -]?box(es)?|bbox|box_2d|pixel positions?|mouse_position|mouseaction|click (on|at)|"
    r"koordinaten?|coordonnées|coordenadas|coordinate|x[ ,/]+y position)\b",
    re.I,
)
_STEMS = ("coord", "koord", "bounding", "bbox", "box_2d", "pixel pos", "mouse", "click", "y position")


def in_tools(tools: Any, depth: int = 8) -> bool:
    """True when a tool of the request takes positions: computer use, clicks, boxes. `depth` bounds groups of tools."""
    return depth > 0 and isinstance(tools, list) and any(_tool(tool, depth) for tool in tools if isinstance(tool, dict))


def in_prompt(prompt: str) -> bool:
    """True when the text asks for positions."""
    # The pattern takes seconds for a book, so it is used only where one of its words can match.
    lower = prompt.lower()
    return any(stem in lower for stem in _STEMS) and bool(_PROMPT.search(prompt))


def _tool(tool: dict[str, Any], depth: int) -> bool:
    declared = tool.get("type")
    if isinstance(declared, str) and _TOOL_TYPE.match(declared):
        return True
    function = tool.get("function")
    declarations = tool.get("functionDeclarations", tool.get("function_declarations"))
    if any(key in tool for key in ("computerUse", "computer_use")):
        return True
    if isinstance(declarations, list):
        return in_tools(declarations, depth - 1)
    described = function if isinstance(function, dict) else tool
    name = described.get("name")
    if isinstance(name, str) and _TOOL_NAME.search(name):
        return True
    schema = next((described[key] for key in _SCHEMAS if key in described), None)
    return _properties(schema, 8)


def _properties(schema: Any, depth: int) -> bool:
    """True when the JSON Schema has properties that are positions."""
    if depth == 0:
        return False
    if isinstance(schema, list):
        return any(_properties(each, depth - 1) for each in schema)
    if not isinstance(schema, dict):
        return False
    properties = schema.get("properties")
    if isinstance(properties, dict):
        names = {name.lower() for name in properties}
        if names & _KEYS or {"x", "y"} <= names:
            return True
    return any(_properties(each, depth - 1) for each in schema.values() if isinstance(each, dict | list))
