"""token0.coordinates: requests whose answers are positions in the image are recognized, others are not."""

from __future__ import annotations

from typing import Any

import pytest

from token0.coordinates import in_prompt, in_tools

X_AND_Y = {"type": "object", "properties": {"x": {"type": "integer"}, "Y": {"type": "integer"}}}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "computer_20250124", "name": "computer"},
        {"type": "computer_use_preview"},
        {"type": "function", "function": {"name": "left_click", "parameters": {}}},
        {"type": "function", "name": "mouse_move"},
        {"type": "function", "function": {"name": "act", "parameters": X_AND_Y}},
        {"name": "act", "input_schema": X_AND_Y},
        {"name": "act", "input_schema": {"properties": {"box": {"properties": {"BBox": {}}}}}},
        {"name": "act", "input_schema": {"anyOf": [{"type": "null"}, X_AND_Y]}},
        {"functionDeclarations": [{"name": "act", "parameters": X_AND_Y}]},
        {"function_declarations": [{"name": "act", "parameters_json_schema": X_AND_Y}]},
        {"functionDeclarations": [{"name": "act", "parametersJsonSchema": X_AND_Y}]},
        {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}},
        {"computer_use": {}, "function_declarations": [{"name": "search"}]},
    ],
)
def test_tools_that_take_positions_are_recognized(tool: dict[str, Any]) -> None:
    assert in_tools([{"type": "function", "function": {"name": "search"}}, tool])


@pytest.mark.parametrize(
    "tools",
    [
        None,
        [],
        "click",
        ["click", 5, None],
        [{"type": "function", "function": {"name": "tapestry_search", "parameters": {"properties": {"x": {}}}}}],
        [{"type": "function", "function": "click"}],
        [{"type": 7, "name": 7, "parameters": 7}],
        [{"type": "web_search"}],
        [{"google_search": {}}],
        [{"functionDeclarations": [{"name": "weather", "parameters": {"properties": {"city": {}}}}]}],
    ],
)
def test_other_tools_are_not(tools: Any) -> None:
    assert not in_tools(tools)


def test_a_bottomless_schema_or_group_ends_the_search() -> None:
    schema: dict[str, Any] = {}
    schema["items"] = schema
    group: dict[str, Any] = {}
    group["functionDeclarations"] = [group]
    assert not in_tools([{"name": "act", "parameters": schema}, group])


@pytest.mark.parametrize(
    "prompt",
    [
        "Give me the coordinates of the button.",
        "Return a bounding box",
        "draw bounding-boxes around cats",
        "answer with box_2d",
        "Click on Save",
        "Nenne die Koordinaten",
    ],
)
def test_prompts_that_ask_for_positions_are_recognized(prompt: str) -> None:
    assert in_prompt(prompt)


@pytest.mark.parametrize("prompt", ["", "What does the receipt say?", "Who coordinated this?", "What is in the box?"])
def test_other_prompts_are_not(prompt: str) -> None:
    assert not in_prompt(prompt)
