"""Steps for tests, as a plugin module.

`halve` sends half the size, `tell` sends a sentence instead, `stumble` fails.
"""

from __future__ import annotations

from typing import Any

import msgspec

from token0 import hookimpl
from token0.interfaces import Context, Optimizer, Plan
from token0.testing import png
from token0.types import Content, Image, Text


class Halve(Optimizer):
    """Any image becomes a grey PNG of half its sides."""

    name = "halve"

    def plan(self, image: Image, ctx: Context) -> Plan | None:
        return None if ctx.coordinates or min(image.size) < 64 else Plan(tokens=1, why="half the size will do")

    def apply(self, image: Image, plan: Any, ctx: Context) -> Content:
        width, height = image.width // 2, image.height // 2
        return msgspec.structs.replace(image, data=png(width, height), format="png", width=width, height=height)


class Tell(Optimizer):
    """Any image becomes its size in words."""

    name = "tell"

    def plan(self, image: Image, ctx: Context) -> Plan | None:
        return Plan(tokens=1, why="words will do")

    def apply(self, image: Image, plan: Any, ctx: Context) -> Content:
        return Text(f"grey, {image.width} by {image.height}")


class Stumble(Optimizer):
    """Meets an image that its library cannot decode."""

    name = "stumble"

    def plan(self, image: Image, ctx: Context) -> Plan | None:
        return Plan(tokens=1, why="it looks easy")

    def apply(self, image: Image, plan: Any, ctx: Context) -> Content:
        raise ValueError("cannot be decoded")


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    return [Halve, Tell, Stumble]
