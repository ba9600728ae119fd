"""The steps over all images of a request, one after the other, and what the report says of them image by image."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from token0 import documents
from token0.coordinates import in_prompt
from token0.errors import WorkerError
from token0.interfaces import Context, ConversationOptimizer
from token0.joint import Joined, make, plan, priced
from token0.pipeline import shape
from token0.report import ImageReport, StepReport
from token0.types import Content, Image, ImagePart, Joint, Placed, Request
from token0.workers import JointTask, Workers

log = logging.getLogger(__name__)


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """One image after the pipeline: what is told of it, and what is sent for it; None as it came.

    `original` is None where it was not opened; `leans`: see `Outcome`; `joined`: see `Placed`.
    """

    report: ImageReport
    contents: Sequence[Content] | None = None
    original: Image | None = None
    leans: bool = False
    joined: bool = False


class Conversation:
    """The steps of one engine; `workers` is None where they run in threads of this process."""

    def __init__(self, steps: Sequence[ConversationOptimizer], workers: Workers | None) -> None:
        self._steps = steps
        self._workers = workers

    async def run(self, done: Sequence[Done], request: Request, ctx: Context, provider: str) -> Sequence[Done]:
        """`done` after all steps. Images without a known price are left alone."""
        for number, step in enumerate(self._steps):
            try:
                done = await self._step(number, done, request, ctx, provider)
            except Exception:
                # A token rule of a plugin may fail, too: it costs the saving.
                log.exception("step %s is left out", step.name)
        return done

    async def _step(
        self, number: int, done: Sequence[Done], request: Request, ctx: Context, provider: str
    ) -> Sequence[Done]:
        step, after = self._steps[number], list(done)
        images = {image.part: image for image in _placed(done, request)}
        # In threads: steps compare bytes and count text.
        for joint in await asyncio.to_thread(plan, step, list(images.values()), ctx):
            started = time.perf_counter()
            own = [images[part] for part in joint.parts]
            made = await self._made(number, joint, own, ctx, provider)
            made = await asyncio.to_thread(priced, joint, made, own, ctx)
            for image in own:
                told = await asyncio.to_thread(_told, after[image.part], image, step.name, made, ctx, started)
                after[image.part] = told
        return after

    async def _made(self, number: int, joint: Joint, images: list[Placed], ctx: Context, provider: str) -> Joined:
        if joint.contents is not None:
            return Joined(why=joint.why, contents=dict(joint.contents))
        before = ctx.tokens(*(content for image in images for content in image.contents))
        if joint.tokens >= before:
            return Joined(why=f"{joint.why}: {joint.tokens} tokens would be dearer")
        if self._workers is None:
            return await asyncio.to_thread(make, self._steps[number], images, joint.why, ctx)
        task = JointTask(
            step=number,
            images=tuple(images),
            why=joint.why,
            provider=provider,
            model=ctx.model,
            quality=ctx.quality,
            limits=ctx.limits,
        )
        try:
            return await self._workers.join(task)
        except WorkerError as error:
            return Joined(why=f"failed: {error}")


def _told(done: Done, image: Placed, name: str, made: Joined, ctx: Context, started: float) -> Done:
    """`done` with the step in its report, and with the contents that the step made for it."""
    new = made.contents.get(image.part)
    before = ctx.tokens(*image.contents)
    report = StepReport(
        name=name,
        applied=new is not None,
        why=made.why,
        tokens_before=before,
        tokens_after=before if new is None else ctx.tokens(*new),
        ms=round((time.perf_counter() - started) * 1000, 2),
    )
    steps = (*done.report.steps, report)
    if new is None:
        return msgspec.structs.replace(done, report=msgspec.structs.replace(done.report, steps=steps))
    told = msgspec.structs.replace(done.report, steps=steps, after=shape(new, ctx))
    return msgspec.structs.replace(done, report=told, contents=new, joined=True)


def _placed(done: Sequence[Done], request: Request) -> Iterator[Placed]:
    texts = _texts(request)
    for part, (each, asked, text) in enumerate(zip(done, request.parts, texts, strict=True)):
        original = each.original
        contents = (original,) if each.contents is None and original else tuple(each.contents or ())
        if original is None or not original.width or any(isinstance(c, Image) and not c.width for c in contents):
            continue
        yield Placed(
            part=part,
            message=_message(asked),
            original=original,
            contents=contents,
            text_before=text,
            joined=each.joined,
            leans=each.leans,
            prompt=asked.prompt,
            coordinates=request.coordinates or in_prompt(asked.prompt),
        )


def _texts(request: Request) -> list[int]:
    """For each image, the tokens of text after the image before: four characters a token, message by message."""
    encoded: Counter[int] = Counter()
    for part in request.parts:
        encoded[_message(part)] += len(part.base64 or "")
    tokens, told = [], 0
    for part in request.parts:
        end = _message(part) + 1
        between = [(i, documents.lookup(request.document, (part.path[0], i))) for i in range(told, end)]
        tokens.append(sum(max(0, _characters(message) - encoded[i]) for i, message in between) // 4)
        told = max(told, end)
    return tokens


def _message(part: ImagePart) -> int:
    """The index of the message that `part` belongs to; the last step of a path is its place among others."""
    return next((step for step in part.path[:-1] if isinstance(step, int)), 0)


def _characters(value: Any) -> int:
    """Characters of all texts in a JSON value."""
    count, left = 0, [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            count += len(each)
        elif isinstance(each, dict):
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)
    return count
