"""A plugin with a step over all images: it makes one text of those of a message, by the process that works."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fakes.lab import LabCounter

from token0 import hookimpl
from token0.interfaces import Context, ConversationOptimizer
from token0.types import Joint, Placed, Text


class Together(ConversationOptimizer):
    """The last image of each message says what stood there; what the others say is left to them."""

    name = "together"

    def plan(self, images: Sequence[Placed], ctx: Context) -> Sequence[Joint]:
        messages = sorted({image.message for image in images})
        return [
            Joint(parts=tuple(image.part for image in images if image.message == message), tokens=1, why="told to")
            for message in messages
        ]

    def apply(self, images: Sequence[Placed], ctx: Context) -> dict[int, tuple[Text]]:
        if images[0].prompt == "die":
            os._exit(7)
        return {images[-1].part: (Text(f"{len(images)} for {ctx.model} by {os.getpid()}"),)}


@hookimpl
def token0_register_token_counters() -> list[type[LabCounter]]:
    return [LabCounter]


@hookimpl
def token0_register_conversation_optimizers() -> list[type[ConversationOptimizer]]:
    return [Together]
