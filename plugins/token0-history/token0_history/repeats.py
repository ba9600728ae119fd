"""An image that was shown before is named instead of shown again."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from token0.interfaces import ConversationOptimizer
from token0.types import Image, Joint, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from token0.interfaces import Context
    from token0.types import Placed


class Repeats(ConversationOptimizer):
    """Names an image that was shown before, where the very same file comes again.

    No provider lets an image that is part of a request be sent once and meant twice, so the model is told in words.
    """

    name = "repeats"

    def plan(self, images: Sequence[Placed], ctx: Context) -> Sequence[Joint]:
        """One joint for each image that is a repeat of an earlier one, and is sent as the same picture."""
        shown: dict[int, list[Placed]] = defaultdict(list)
        joints = []
        for image in images:
            if image.joined or image.leans or not any(isinstance(content, Image) for content in image.contents):
                continue
            # Hashing megabytes takes longer than to compare the few of one length.
            alike = shown[len(image.original.data)]
            first = next((each for each in alike if _same(each, image)), None)
            if first is None:
                alike.append(image)
            elif not image.coordinates:
                joints.append(_named(image, first, ctx))
        return joints


def _same(one: Placed, other: Placed) -> bool:
    return one.contents == other.contents and one.original.data == other.original.data


def _named(image: Placed, first: Placed, ctx: Context) -> Joint:
    text = Text(f"The same image as image {first.part + 1} above.")
    return Joint(
        parts=(image.part,),
        tokens=ctx.tokens(text),
        why=f"image {first.part + 1} is the same",
        contents={image.part: (text,)},
    )
