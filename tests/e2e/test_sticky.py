"""Conversations in all dialects, a disk, and a restart with other settings: what was sent is sent again."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from token0.engine import Engine

Turn = Callable[[str, str], list[dict[str, Any]]]


def picture(number: int) -> str:
    """A page of large print that can be made smaller."""
    page = np.full((900, 1200, 3), 250, np.uint8)
    for row in range(4):
        cv2.putText(page, f"Turn {number} {row}", (60, 160 + 200 * row), cv2.FONT_HERSHEY_SIMPLEX, 3, (20, 20, 20), 6)
    return base64.b64encode(cv2.imencode(".png", page)[1].tobytes()).decode()


def chat(image: str, prompt: str) -> list[dict[str, Any]]:
    shown = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
    return [
        {"role": "user", "content": [{"type": "text", "text": prompt}, shown]},
        {"role": "assistant", "content": "I see."},
    ]


def responses(image: str, prompt: str) -> list[dict[str, Any]]:
    shown = {"type": "input_image", "image_url": f"data:image/png;base64,{image}"}
    return [
        {"role": "user", "content": [{"type": "input_text", "text": prompt}, shown]},
        {"role": "assistant", "content": "I see."},
    ]


def anthropic(image: str, prompt: str) -> list[dict[str, Any]]:
    shown = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}}
    return [
        {"role": "user", "content": [shown, {"type": "text", "text": prompt}]},
        {"role": "assistant", "content": "I see."},
    ]


def tool(image: str, prompt: str) -> list[dict[str, Any]]:
    shown = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [shown]}
    call = {"type": "tool_use", "id": "t", "name": "look", "input": {}}
    return [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]


def gemini(image: str, prompt: str) -> list[dict[str, Any]]:
    shown = {"inlineData": {"mimeType": "image/png", "data": image}}
    return [
        {"role": "user", "parts": [shown, {"text": prompt}]},
        {"role": "model", "parts": [{"text": "I see."}]},
    ]


def ollama(image: str, prompt: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": prompt, "images": [image]}, {"role": "assistant", "content": "I see."}]


DIALECTS = {
    "openai-chat": ("messages", "gpt-6-astra", chat),
    "openai-responses": ("input", "gpt-6-astra", responses),
    "anthropic": ("messages", "claude-opus-5", anthropic),
    "tool result": ("messages", "claude-opus-5", tool),
    "gemini": ("contents", "gemini-3-pro", gemini),
    "ollama": ("messages", "ollama/qwen3-vl", ollama),
}
NAMES = {"tool result": "anthropic-messages", "anthropic": "anthropic-messages"}


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], str]:
    """Writes a configuration whose cache stays where it is."""

    def write(text: str) -> str:
        file = tmp_path / "token0.yaml"
        file.write_text(f"cache: {{layers: [memory, {{use: disk, directory: {tmp_path / 'cache'}}}]}}\n{text}")
        return str(file)

    return write


def conversation(kind: str, images: list[str]) -> list[Any]:
    """The messages as a client sends them: an answer to each image but the last."""
    _, _, turn = DIALECTS[kind]
    messages = [message for number, image in enumerate(images) for message in turn(image, f"What is {number}?")]
    return messages if kind == "tool result" else messages[:-1]


async def sent(file: str, kind: str, images: list[str]) -> list[Any]:
    """The messages as a gateway sends them that was just started."""
    name, model, _ = DIALECTS[kind]
    document = {"model": model, "max_tokens": 9, name: conversation(kind, images)}
    engine = Engine.from_file(file)
    try:
        body, _ = await engine.optimize(
            json.dumps(document).encode(), NAMES.get(kind, kind), model if kind == "gemini" else None
        )
    finally:
        await engine.close()
    return list(json.loads(body)[name])


@pytest.mark.parametrize("kind", DIALECTS)
async def test_a_restart_with_another_pipeline_changes_no_earlier_turn(
    kind: str, configured: Callable[[str], str]
) -> None:
    images = [picture(number) for number in range(3)]
    first = await sent(configured("pipeline: [resize, detail]"), kind, images[:1])
    assert first != conversation(kind, images[:1])
    second = await sent(configured("pipeline: []"), kind, images[:2])
    assert second == first + conversation(kind, images[:2])[len(first) :]
    third = await sent(configured("pipeline: [resize, detail]"), kind, images)
    assert third[: len(second)] == second
    assert third[len(second) :] != conversation(kind, images)[len(second) :]
