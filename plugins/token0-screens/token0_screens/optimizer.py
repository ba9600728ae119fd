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


# In more places than this, a change is hard to put together.
_MOST = 6


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
    """A screen like the image before is sent as what changed: nothing, or some rectangles of it, pixel by pixel."""

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
        """Decode both, find the rectangles that hold every difference, cut them out."""
        screen, previous = ctx.original or image, ctx.previous
        assert previous is not None
        if screen.data == previous.data:
            return Replacement((UNCHANGED,), leans=True)
        from token0_pixels import Undecodable, decode, encode
        from token0_screens.change import changed, share

        try:
            pixels, before = decode(screen), decode(previous)
        except Undecodable as error:
            return Declined(f"not decoded: {error}")
        if pixels.alpha or before.alpha or pixels.profile != before.profile:
            return Declined("transparency and other colours are not compared")
        boxes = changed(before, pixels)
        if not boxes:
            return Replacement((UNCHANGED,), leans=True)
        if len(boxes) > _MOST or share(boxes, screen.size) > self.config.share:
            return Declined(f"{share(boxes, screen.size):.0%} of the screen changed, in {len(boxes)} places")
        if not (_shown_whole(screen, ctx) and _shown_whole(previous, ctx)):
            return Declined("the provider shrinks screens of this size, so a change would not fit in")
        crops = [
            Image(
                data=encode(pixels._replace(array=box.cut(pixels.array)), "png"),
                format="png",
                width=box.width,
                height=box.height,
                detail=image.detail,
            )
            for box in boxes
        ]
        return Replacement((Text(_told(boxes, screen, positions=ctx.coordinates)), *crops), leans=True)


def _animated(image: Image) -> bool:
    header = sniff(image.data)
    return header is None or header.animated


def _shown_whole(image: Image, ctx: Context) -> bool:
    width, height = ctx.counter.seen(image.size, image.detail)
    return width >= image.width and height >= image.height


def _told(boxes: list[Box], screen: Image, *, positions: bool) -> str:
    places = ", ".join(f"({x}, {y}) to ({x + width}, {y + height})" for x, y, width, height in boxes)
    shown = "1 rectangle, the next picture" if len(boxes) == 1 else f"{len(boxes)} rectangles, the next pictures"
    text = (
        f"Screen of {screen.width}x{screen.height} pixels, unchanged since the image before but for {shown}: {places}."
    )
    if positions:
        text += " Positions are counted in the whole screen: add the left upper corner of the rectangle."
    return text
