"""One step over all images of a request: planned, made, priced. What does not lower the bill stays as it was."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import msgspec

from token0.interfaces import Context, ConversationOptimizer, Declined
from token0.pipeline import bill
from token0.types import Content, Joint, Placed

log = logging.getLogger(__name__)


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the images of a joint: the new contents by part, or none, and why."""

    why: str
    contents: dict[int, tuple[Content, ...]] = {}


def plan(step: ConversationOptimizer, images: Sequence[Placed], ctx: Context) -> Sequence[Joint]:
    """What `step` would do. A step that fails, or that plans for images that are not there or twice, does nothing."""
    try:
        joints = step.plan(images, ctx)
        left = {image.part for image in images}
        for joint in joints:
            if not (joint.parts and left.issuperset(joint.parts) and _within(joint.contents or {}, joint)):
                raise ValueError("a joint of images that are not there, or are in two joints")
            left.difference_update(joint.parts)
        return joints
    except Exception as error:
        log.warning("step %s could not plan: %s", step.name, type(error).__name__, exc_info=True)
        parts = tuple(image.part for image in images)
        return [Joint(parts=parts, tokens=0, why=f"failed while planning: {type(error).__name__}", contents={})]


def make(step: ConversationOptimizer, images: Sequence[Placed], why: str, ctx: Context) -> Joined:
    """The contents that the plan left open. Blocking."""
    try:
        made = step.apply(images, ctx)
        if isinstance(made, Declined):
            return Joined(why=made.why)
        return Joined(why=why, contents={part: tuple(contents) for part, contents in made.items()})
    except Exception as error:
        # The message may quote image bytes: the type is enough for the client.
        log.warning("step %s failed: %s", step.name, type(error).__name__, exc_info=True)
        return Joined(why=f"failed: {type(error).__name__}")


def priced(joint: Joint, made: Joined, images: Sequence[Placed], ctx: Context) -> Joined:
    """`made` where it is cheaper than what the images cost so far, else why not. `images` are those of the joint."""
    if not made.contents:
        return made
    try:
        if not _within(made.contents, joint):
            raise ValueError("contents for images of another joint")
        before = sum(bill(image.contents, ctx) for image in images)
        after = sum(bill(made.contents.get(image.part, image.contents), ctx) for image in images)
    except Exception as error:
        log.warning("a step over all images made what has no price: %s", type(error).__name__, exc_info=True)
        return Joined(why=f"failed: {type(error).__name__}")
    return made if after < before else Joined(why=f"{made.why}: would not pay ({after} tokens)")


def _within(contents: Mapping[int, Sequence[Content]], joint: Joint) -> bool:
    return contents.keys() <= set(joint.parts)
