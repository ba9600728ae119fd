"""token0.conversation: steps over all images see what the pipeline left, and are told image by image."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes import joining, lab

from token0.config import Config, Step
from token0.conversation import Conversation, Done
from token0.interfaces import Context, ConversationOptimizer, NoConfig
from token0.report import ImageReport, Shape
from token0.testing import PatchCounter
from token0.types import Image, ImagePart, Joint, Placed, Request, Text
from token0.types import Path as Place
from token0.workers import Workers

Make = Callable[..., Image]
BIG = Image(data=b"grey", format="png", width=640, height=640)


class Sees(ConversationOptimizer):
    """Keeps what it is shown; does what it is told."""

    name = "sees"

    def __init__(self, *joints: Joint) -> None:
        super().__init__(NoConfig())
        self._joints = joints
        self.images: Sequence[Placed] = ()

    def plan(self, images: Sequence[Placed], ctx: Context) -> Sequence[Joint]:
        self.images = images
        return self._joints


def done(**changes: Any) -> Done:
    return msgspec.structs.replace(
        Done(report=ImageReport(at="", before=Shape(tokens=400), after=Shape(tokens=400)), original=BIG), **changes
    )


def request(*parts: ImagePart, messages: Any = (), **fields: Any) -> Request:
    return Request(body=b"", document={"messages": list(messages)}, model="lab", parts=parts, **fields)


def at(*path: int | str, **fields: Any) -> ImagePart:
    """An image in a message, by the message's index or by the way to it."""
    place: Place = ("messages", *path) if len(path) > 1 else ("messages", *path, "content", 0)
    return ImagePart(path=place, **fields)


async def run(step: ConversationOptimizer, images: Sequence[Done], asked: Request, ctx: Context) -> Sequence[Done]:
    return await Conversation([step], None).run(images, asked, ctx, "lab")


async def test_a_step_sees_what_the_pipeline_left(ctx: Context) -> None:
    step = Sees()
    small = Image(b"", "png", 32, 32)
    images = [done(), done(contents=(Text("page"), small), leans=True)]
    await run(step, images, request(at(0, "content", 1), at(2, "content", 5, prompt="Give coordinates.")), ctx)
    first, second = step.images
    assert (first.part, first.message, first.contents, first.coordinates) == (0, 0, (BIG,), False)
    assert (second.part, second.message, second.contents) == (1, 2, (Text("page"), small))
    assert (second.original, second.leans, second.coordinates) == (BIG, True, True)


async def test_images_beside_a_single_prompt_are_one_message(ctx: Context) -> None:
    step = Sees()
    await run(step, [done()] * 2, request(ImagePart(path=("images", 0)), ImagePart(path=("images", 1))), ctx)
    assert [image.message for image in step.images] == [0, 0]


async def test_tools_with_positions_are_in_every_turn(ctx: Context) -> None:
    step = Sees()
    await run(step, [done()], request(at(0), coordinates=True), ctx)
    assert step.images[0].coordinates


@pytest.mark.parametrize(
    "unknown",
    [
        {"original": None},
        {"original": Image(b"", "unknown", 0, 0)},
        {"contents": (Image(b"<svg", "svg", 0, 0),)},
    ],
)
async def test_images_without_a_price_are_passed_by(ctx: Context, unknown: Any) -> None:
    step = Sees()
    await run(step, [done(**unknown), done()], request(at(0), at(0)), ctx)
    assert [image.part for image in step.images] == [1]


async def test_text_between_images_is_counted_message_by_message(ctx: Context) -> None:
    step = Sees()
    picture = {"type": "image", "url": "x" * 4000}
    messages = [
        {"role": "system", "content": "s" * 394},
        {"role": "user", "content": [{"type": "text", "text": "u" * 782}, picture, picture]},
        {"role": "assistant", "content": "a" * 1191},
        {"role": "user", "content": [picture]},
        {"role": "user", "content": "not yet" * 100},
    ]
    encoded = "x" * 4000
    parts = (at(1, 0, base64=encoded), at(1, 1, base64=encoded), at(3, 0, base64=encoded))
    await run(step, [done()] * 3, request(*parts, messages=messages), ctx)
    # Four characters a token; the names of roles and types are counted with the texts.
    assert [image.text_before for image in step.images] == [(400 + 800) // 4, 0, (1200 + 9) // 4]


async def test_what_a_step_made_is_sent_and_told_image_by_image(ctx: Context) -> None:
    step = Sees(Joint(parts=(0, 1), tokens=9, why="together", contents={1: (Text("gone"),)}))
    first, second, third = await run(step, [done()] * 3, request(at(0), at(0), at(1)), ctx)
    assert (first.contents, second.contents, third) == (None, (Text("gone"),), done())
    (kept,), (left,) = first.report.steps, second.report.steps
    assert (kept.name, kept.applied, kept.tokens_before, kept.tokens_after) == ("sees", False, 400, 400)
    assert (left.name, left.applied, left.tokens_before, left.tokens_after) == ("sees", True, 400, 1)
    assert (second.report.saved, second.report.after.format) == (399, "text")


async def test_a_reason_is_told_without_a_change(ctx: Context) -> None:
    (only,) = await run(Sees(Joint(parts=(0,), tokens=0, why="not yet", contents={})), [done()], request(at(0)), ctx)
    assert (only.contents, [(step.why, step.applied) for step in only.report.steps]) == (None, [("not yet", False)])


async def test_a_token_rule_that_fails_costs_only_the_saving(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Sees(Joint(parts=(0,), tokens=1, why="a"))
    monkeypatch.setattr(PatchCounter, "count", None)
    assert await run(step, [done()], request(at(0)), ctx) == [done()]


async def test_steps_do_not_hold_the_event_loop(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def count_text(self: PatchCounter, text: str) -> int:
        threads.append(threading.current_thread())
        return 1

    monkeypatch.setattr(PatchCounter, "count_text", count_text)
    joint = Joint(parts=(0,), tokens=1, why="gone", contents={0: (Text("gone"),)})
    (told,) = await run(Sees(joint), [done()], request(at(0)), ctx)
    assert told.contents == (Text("gone"),)
    assert threads
    assert threading.main_thread() not in threads


async def test_steps_follow_each_other(ctx: Context) -> None:
    first = Sees(Joint(parts=(0,), tokens=1, why="a", contents={0: (Text("gone"),)}))
    second = Sees()
    await Conversation([first, second], None).run([done()] * 2, request(at(0), at(1)), ctx, "lab")
    assert [(image.contents, image.joined) for image in second.images] == [((Text("gone"),), True), ((BIG,), False)]


async def test_work_that_cannot_pay_is_not_begun(ctx: Context) -> None:
    (only,) = await run(Sees(Joint(parts=(0,), tokens=400, why="a")), [done()], request(at(0)), ctx)
    assert only.report.steps[0].why == "a: 400 tokens would be dearer"


@pytest.fixture
async def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workers]:
    lab.install(tmp_path, monkeypatch, "fakes.joining")
    made = Workers(Config(conversation=(Step("together", NoConfig()),)))
    yield made
    await made.close()


async def test_pixels_are_worked_on_in_a_worker(workers: Workers) -> None:
    ctx = Context(model="lab", counter=PatchCounter())
    conversation = Conversation([joining.Together(NoConfig())], workers)
    asked = request(at(0), at(0), at(1))
    images = await conversation.run([done()] * 3, asked, ctx, "lab")
    said = [image.contents[0].text for image in images if image.contents and isinstance(image.contents[0], Text)]
    assert [text.partition(" by ")[0] for text in said] == ["2 for lab", "1 for lab"]
    assert str(os.getpid()) not in said[0].split()


async def test_a_worker_that_dies_costs_only_the_saving(workers: Workers) -> None:
    ctx = Context(model="lab", counter=PatchCounter())
    conversation = Conversation([joining.Together(NoConfig())], workers)
    (only,) = await conversation.run([done()], request(at(0, prompt="die")), ctx, "lab")
    assert (only.contents, only.report.steps[0].why) == (None, "failed: the worker ended with status 7")
