"""Replaces spacer images, as web pages and mails are full of, by a word: a 1x1 GIF costs gpt-4o 255 tokens."""

from __future__ import annotations

from typing import Annotated

import msgspec

from token0 import hookimpl
from token0.interfaces import Context, Declined, Optimizer, Plan
from token0.types import Image, Text


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    largest: Annotated[int, msgspec.Meta(ge=1, le=16, description="Longest side of a spacer, in pixels.")] = 2


class Spacers(Optimizer):
    name = "spacers"
    Config = Config

    def plan(self, image: Image, ctx: Context) -> Plan | Declined | None:
        if max(image.size) > self.config.largest:
            return None
        return Plan(tokens=ctx.tokens(self._text(image)), why="a spacer image shows nothing")

    def apply(self, image: Image, plan: Plan, ctx: Context) -> Text:
        return self._text(image)

    def _text(self, image: Image) -> Text:
        return Text(f"[a {image.width}x{image.height} spacer image]")


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    return [Spacers]
