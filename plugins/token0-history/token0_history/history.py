"""Old images are left out in chunks, where that costs less than to go on reading them from the prompt cache."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import msgspec

from token0.interfaces import ConversationOptimizer
from token0.types import Joint, Text
from token0_history.bill import Bill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from token0.interfaces import Context
    from token0.types import Placed


class HistoryConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many images stay, and what the conversation is expected to be."""

    keep: Annotated[int, msgspec.Meta(ge=1, description="Newest images that always stay.")] = 3
    chunk: Annotated[int, msgspec.Meta(ge=3, le=8, description="Images that come before older ones may go.")] = 8
    turns: Annotated[
        int, msgspec.Meta(ge=1, description="Further turns in which leaving images out must have paid for itself.")
    ] = 15


class History(ConversationOptimizer):
    """Leaves out old images, some at a time, where that pays in spite of the provider's prompt cache."""

    name = "history"
    Config = HistoryConfig

    def plan(self, images: Sequence[Placed], ctx: Context) -> Sequence[Joint]:
        """All chunk steps so far, each decided by what was there then: no later turn changes it."""
        config, gone = self.config, 0
        refused: list[Joint] = []
        for count in range(config.keep + config.chunk, len(images) + 1, config.chunk):
            end = _whole(images, count - config.keep)
            if end <= gone:
                continue
            why = _objection(images[:count], gone, end, config.turns, ctx)
            refused = [_kept(images[gone:end], why)] if why else []
            gone = gone if why else end
        return [*_left_out(images[:gone], ctx), *refused]


def _whole(images: Sequence[Placed], end: int) -> int:
    """`end`, or a little before: a message goes as a whole, and what is only told as a change needs what it changes."""
    while 0 < end < len(images) and (images[end].leans or images[end].message == images[end - 1].message):
        end -= 1
    return end


def _objection(images: Sequence[Placed], start: int, end: int, turns: int, ctx: Context) -> str:
    """Why the images from `start` to `end` had better stay; nothing where they may go. `images` are those so far."""
    if any(image.joined for image in images):
        return "another step has changed images before this one: list history first"
    if ctx.price is None:
        return "no price of the model is known"
    needed = Bill.of(images, start, end, _placeholder, ctx).turns(ctx.price)
    if needed <= turns:
        return ""
    return (
        f"it would pay after {needed:.0f} turns, {turns} are expected" if math.isfinite(needed) else "it saves nothing"
    )


def _left_out(images: Sequence[Placed], ctx: Context) -> list[Joint]:
    contents = {image.part: (_placeholder(image),) for image in images if _is_dearer(image, ctx)}
    if not contents:
        return []
    tokens = sum(ctx.tokens(*each) for each in contents.values())
    why = f"{len(contents)} old images are left out"
    return [Joint(parts=tuple(contents), tokens=tokens, why=why, contents=contents)]


def _kept(images: Sequence[Placed], why: str) -> Joint:
    return Joint(parts=tuple(image.part for image in images), tokens=0, why=why, contents={})


def _is_dearer(image: Placed, ctx: Context) -> bool:
    return ctx.tokens(*image.contents) > ctx.tokens(_placeholder(image))


def _placeholder(image: Placed) -> Text:
    return Text(f"[Image {image.part + 1} was here and is no longer shown.]")
