"""Steps that look at several images of a request, through the engine, in the words of the vendors' APIs."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from token0.engine import Engine
from token0.report import Report

Open = Callable[[str], Engine]
Send = Callable[..., Awaitable[tuple[list[Any], Report]]]

EXAMPLE = Path(__file__).parents[2] / "examples" / "token0.yaml"
SCREENS = "pipeline: [{use: screens, coordinates: true}]"
HISTORY = "conversation: [{use: history, keep: 2, chunk: 4}, repeats]"
PACK = "conversation: [pack]"


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """Makes an engine of a YAML text."""
    made: list[Engine] = []

    def make(text: str) -> Engine:
        (tmp_path / "token0.yaml").write_text(text)
        made.append(Engine.from_file(str(tmp_path / "token0.yaml")))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def png(*words: str, width: int = 800, height: int = 600) -> str:
    """A screen that says some words, as base64."""
    page = np.full((height, width, 3), 240, np.uint8)
    for row, word in enumerate(words):
        cv2.putText(page, word, (20, 90 + 100 * row), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 4)
    return base64.b64encode(cv2.imencode(".png", page)[1].tobytes()).decode()


def chat(*turns: list[str]) -> dict[str, Any]:
    """A conversation in OpenAI's words; each turn shows some images."""
    messages = []
    for number, images in enumerate(turns):
        pictures = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{each}"}} for each in images]
        messages.append({"role": "user", "content": [{"type": "text", "text": f"Turn {number}."}, *pictures]})
        messages.append({"role": "assistant", "content": "I see."})
    return {"model": "gpt-6-astra", "messages": messages}


async def send(engine: Engine, body: dict[str, Any], dialect: str = "openai-chat") -> tuple[dict[str, Any], Report]:
    sent, report = await engine.optimize(json.dumps(body).encode(), dialect)
    return json.loads(sent), report


def parts(body: dict[str, Any], turn: int) -> list[Any]:
    """What a turn of `chat` shows, without its text."""
    content: list[Any] = body["messages"][2 * turn]["content"]
    return content[1:]


async def test_a_repeated_image_is_the_same_bytes_by_default(opened: Open) -> None:
    image = png("again", width=3000, height=2000)
    sent, report = await send(opened(EXAMPLE.read_text()), chat([image], [png("other")], [image]))
    assert report.images[0].saved > 0
    assert parts(sent, 0) == parts(sent, 2) != parts(sent, 1)


async def test_an_unchanged_screen_and_a_changed_one(opened: Open) -> None:
    body = chat([png("File", "Edit")], [png("File", "Edit")], [png("File", "Edit", "Save?")])
    sent, report = await send(opened(SCREENS), body)
    assert parts(sent, 0) == parts(body, 0)
    assert parts(sent, 1) == [{"type": "text", "text": "Screen unchanged since the image before."}]
    told, change = parts(sent, 2)
    assert (
        "800x600 pixels, unchanged since the image before but for 1 rectangle, the next picture: (5, 222)"
        in told["text"]
    )
    assert change["image_url"]["url"].startswith("data:image/png;base64,")
    assert [image.saved > 0 for image in report.images] == [False, True, True]


async def test_every_eighth_screen_is_whole_so_that_older_ones_can_go(opened: Open) -> None:
    body = chat(*[[png("File", "Edit")]] * 20)
    sent, _ = await send(opened(f"{SCREENS}\nconversation: [{{use: history, keep: 2, chunk: 4, turns: 99}}]"), body)
    kinds = ["".join(part["type"][0] for part in parts(sent, turn)) for turn in range(20)]
    # Images 1 and 9 are gone; from 17 on, the last ones lean on 17.
    assert kinds == ["t"] * 16 + ["i", "t", "t", "t"]
    assert parts(sent, 8) == [{"type": "text", "text": "[Image 9 was here and is no longer shown.]"}]
    assert parts(sent, 16) == parts(body, 16)


async def test_fifty_turns_change_at_chunk_steps_only(opened: Open) -> None:
    engine = opened(HISTORY)
    turns = [[png(f"Turn {turn // 2}")] for turn in range(50)]
    sent = [(await send(engine, chat(*turns[:count])))[0]["messages"] for count in range(1, 51)]
    changed = [len(now) // 2 for before, now in pairwise(sent) if now[: len(before)] != before]
    assert changed == list(range(6, 51, 4))
    assert sent[-1][0]["content"][1] == {"type": "text", "text": "[Image 1 was here and is no longer shown.]"}


async def test_the_report_names_the_steps(opened: Open) -> None:
    turns = [[png(f"Turn {turn // 2}")] for turn in range(6)]
    _, report = await send(opened(HISTORY), chat(*turns))
    assert [[step.name for step in image.steps if step.applied] for image in report.images] == [
        ["history"], ["history"], ["history"], ["history"], [], ["repeats"]
    ]  # fmt: skip
    assert report.tokens_saved == sum(image.saved for image in report.images) > 2000


def claude(*images: str) -> dict[str, Any]:
    blocks = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": each}} for each in images
    ]
    blocks[-1]["cache_control"] = {"type": "ephemeral"}
    return {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": blocks}]}


async def test_a_cache_marker_stays_on_the_image_it_was_on(opened: Open) -> None:
    image = png("once")
    sent, _ = await send(opened("conversation: [repeats]"), claude(image, png("other"), image), "anthropic-messages")
    assert sent["messages"][0]["content"][2] == {
        "type": "text",
        "text": "The same image as image 1 above.",
        "cache_control": {"type": "ephemeral"},
    }


ICONS = [png(letter, width=150, height=120) for letter in "abcd"]
GEMINI = {
    "contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": each}} for each in ICONS]}],
}
RESPONSES = {
    "model": "gpt-4o",
    "input": [
        {
            "role": "user",
            "content": [{"type": "input_image", "image_url": f"data:image/png;base64,{each}"} for each in ICONS],
        }
    ],
}
OLLAMA = {"model": "llava:7b", "messages": [{"role": "user", "content": "Which letters?", "images": ICONS}]}


def canvas_of(encoded: str) -> tuple[int, int]:
    array = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
    assert array is not None
    return array.shape[1], array.shape[0]


@pytest.mark.parametrize(
    ("dialect", "body", "model", "canvas", "after"),
    [
        ("openai-chat", chat(ICONS) | {"model": "gpt-4o"}, None, (308, 248), 255),
        ("openai-responses", RESPONSES, None, (308, 248), 255),
        ("gemini", GEMINI, "gemini-3.8-flash", (624, 120), 1064),
        ("ollama", OLLAMA, None, (308, 248), 576),
    ],
)
async def test_four_icons_share_a_picture(
    opened: Open, dialect: str, body: dict[str, Any], model: str | None, canvas: tuple[int, int], after: int
) -> None:
    data, report = await opened(PACK).optimize(json.dumps(body).encode(), dialect, model)
    (encoded,) = {word for word in data.decode().replace("base64,", '"').split('"') if word.startswith("iVBOR")}
    assert canvas_of(encoded) == canvas
    assert "row by row, from left to right: 1 2" in data.decode()
    assert "[Image 4 is in that picture.]" in data.decode()
    assert [image.after.format for image in report.images] == ["text+png", "text", "text", "text"]
    assert after < sum(image.after.tokens or 0 for image in report.images) < after + 60
