"""A conversation that grows: what was sent in earlier turns is sent again, byte for byte, or prompt caches miss."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from token0.engine import Engine

EXAMPLE = Path(__file__).parents[2] / "examples" / "token0.yaml"
TURNS = 30


def screen(turn: int) -> str:
    """A page of large print, another one every turn."""
    page = np.full((900, 1200, 3), 250, np.uint8)
    for row in range(6):
        cv2.putText(
            page, f"Turn {turn} line {row}", (60, 120 + 130 * row), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 4
        )
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", page)[1].tobytes()).decode()


def turn(number: int) -> list[dict[str, Any]]:
    picture = {"type": "image_url", "image_url": {"url": screen(number)}}
    question = {"type": "text", "text": f"What is shown in turn {number}?"}
    return [{"role": "user", "content": [question, picture]}, {"role": "assistant", "content": f"Answer {number}."}]


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    made = Engine.from_file(str(EXAMPLE))
    yield made
    await made.close()


async def test_earlier_turns_stay_the_same_bytes(engine: Engine) -> None:
    messages: list[dict[str, Any]] = []
    before: list[Any] = []
    for number in range(TURNS):
        messages += turn(number)
        body, report = await engine.optimize(
            json.dumps({"model": "gpt-6-astra", "messages": messages}).encode(), "openai-chat"
        )
        sent = json.loads(body)["messages"]
        assert sent[: len(before)] == before
        before = sent
    assert len(report.images) == TURNS
    assert all(image.saved > 0 for image in report.images)


async def test_another_process_makes_the_same_bytes(engine: Engine) -> None:
    body = json.dumps({"model": "gpt-6-astra", "messages": turn(1)}).encode()
    first, _ = await engine.optimize(body, "openai-chat")
    other = Engine.from_file(str(EXAMPLE))
    try:
        assert (await other.optimize(body, "openai-chat"))[0] == first
    finally:
        await other.close()
