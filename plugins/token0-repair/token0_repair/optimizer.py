"""The step as the pipeline sees it. What it does to pixels is in `remaking`, which is heavy to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from token0.errors import Unusable
from token0.images import UNKNOWN
from token0.interfaces import Declined, Optimizer, Plan
from token0.sniff import MEDIA_TYPES
from token0.types import Text
from token0_repair.faults import find_faults, fitting

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Content, Image

_PLACEHOLDER = Text("[an image that could not be read]")


class RepairConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of pictures that nobody can decode."""

    unreadable: Annotated[
        Literal["send", "refuse", "placeholder"],
        msgspec.Meta(
            description="A picture that cannot be decoded: send it all the same, answer 400 and name it, or say so in"
            " a text in its place. The last two decode every picture to find out."
        ),
    ] = "send"


class Repair(Optimizer):
    """Makes of a picture that the provider would refuse, or see wrong, one that it takes."""

    name = "repair"
    formats = frozenset({*MEDIA_TYPES, UNKNOWN}) - {"pdf"}
    Config = RepairConfig

    def plan(self, image: Image, ctx: Context) -> Plan | None:
        """What is wrong, as far as the header tells. Nobody asks what mending costs: otherwise there is no answer."""
        faults = find_faults(image, ctx)
        if image.format == UNKNOWN and self.config.unreadable == "send":
            return None
        if not faults and self.config.unreadable == "send":
            return None
        size = fitting(image, ctx)
        tokens = ctx.counter.count(size, image.detail) if image.width else 0
        return Plan(tokens=tokens, why="; ".join(faults) or "to see whether it can be decoded", repairs=True)

    def apply(self, image: Image, plan: Plan, ctx: Context) -> Content | Declined:
        """Decode, apply what the provider would not, encode within its limits."""
        from token0_pixels import Undecodable
        from token0_repair.reading import read
        from token0_repair.remaking import remake

        try:
            if find_faults(image, ctx):
                return remake(image, ctx)
            read(image)
        except Undecodable as error:
            return self._unreadable(str(error))
        return Declined("nothing to repair")

    def _unreadable(self, why: str) -> Content | Declined:
        match self.config.unreadable:
            case "refuse":
                raise Unusable(why)
            case "placeholder":
                return _PLACEHOLDER
        return Declined(f"cannot be repaired: {why}")
