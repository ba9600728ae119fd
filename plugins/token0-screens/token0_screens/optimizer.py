"""The step as the pipeline sees it. Pixels are handled by token0-pixels, which is heavy to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from token0.interfaces import Declined, Optimizer, Plan, Replacement
from token0.sniff import sniff
from token0.types import Image, Text

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0_screens.change import Box

UNCHANGED: Final = Text("Screen unchanged since the image before.")


class ScreensConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a screen is sent as what changed in it."""

    share: Annotated[
        float, msgspec.Meta(gt=0, lt=1, description="Largest share of the screen that is sent as a change of it.")
    ] = 0.25
    coordinates: Annotated[
        bool,
        msgspec.Meta(
            description="Also where answers are positions in the screen: the text then says how to count them."
        ),
    ] = False


class Screens(Optimizer):
    """A screen like the image before is sent as what changed: nothing, or one rectangle of it, pixel by pixel."""

    name = "screens"
    compares = True
    Config = ScreensConfig

    def plan(self, image: Image, ctx: Context) -> Plan | Declined | None:
        """Without pixels only identical files are known to be unchanged; others are looked at if that could pay."""
        screen, previous = ctx.original or image, ctx.previous
        if previous is None or previous.size != screen.size:
            return None
        if ctx.coordinates and not self.config.coordinates:
            return Declined("the answer may be a position in this very picture")
        if screen.data != previous.data and (_animated(screen) or _animated(previous)):
            return Declined("the picture is animated")
        return Plan(tokens=ctx.tokens(UNCHANGED), why="only what changed since the image before")

    def apply(self, image: Image, plan: Plan, ctx: Context) -> Replacement | Declined:
        """Decode both, find the rectangle that holds every difference, cut it out."""
        screen, previous = ctx.original or image, ctx.previous
        assert previous is not None
        if screen.data == previous.data:
            return Replacement((UNCHANGED,), leans=True)
        from token0_pixels import Undecodable, decode, encode
        from token0_screens.change import changed

        try:
            pixels, before = decode(screen), decode(previous)
        except Undecodable as error:
            return Declined(f"not decoded: {error}")
        if pixels.alpha or before.alpha or pixels.profile != before.profile:
            return Declined("transparency and other colours are not compared")
        box = changed(before, pixels)
        if box is None:
            return Replacement((UNCHANGED,), leans=True)
        if box.share(screen.size) > self.config.share:
            return Declined(f"{box.share(screen.size):.0%} of the screen changed")
        if not (_shown_whole(screen, ctx) and _shown_whole(previous, ctx)):
            return Declined("the provider shrinks screens of this size, so a change would not fit in")
        data = encode(pixels._replace(array=box.cut(pixels.array)), "png")
        crop = Image(data=data, format="png", width=box.width, height=box.height, detail=image.detail)
        return Replacement((Text(_told(box, screen, positions=ctx.coordinates)), crop), leans=True)


def _animated(image: Image) -> bool:
    header = sniff(image.data)
    return header is None or header.animated


def _shown_whole(image: Image, ctx: Context) -> bool:
    width, height = ctx.counter.seen(image.size, image.detail)
    return width >= image.width and height >= image.height


def _told(box: Box, screen: Image, *, positions: bool) -> str:
    right, bottom = box.x + box.width, box.y + box.height
    text = (
        f"Screen of {screen.width}x{screen.height} pixels, unchanged since the image before but for the rectangle from "
        f"({box.x}, {box.y}) to ({right}, {bottom}), which now shows the next picture."
    )
    if positions:
        text += f" Positions are counted in the whole screen: add ({box.x}, {box.y}) to one in the next picture."
    return text
