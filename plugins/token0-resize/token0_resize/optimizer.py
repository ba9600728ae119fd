"""The step as the pipeline sees it. What it does to pixels is in `shrink`, which is heavy to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from token0.interfaces import Declined, Optimizer, Plan
from token0.sniff import sniff
from token0.types import Size
from token0_resize.mark import is_marked
from token0_resize.sizes import WORTH, cheapest, visible

if TYPE_CHECKING:
    from token0.interfaces import Context, Replacement
    from token0.types import Image

# The least that any picture costs.
_DOT = Size(1, 1)

_FORMATS = ("jpeg", "png", "webp", "gif")


class ResizeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How small things may become, in pixels of the picture as the model sees it."""

    short_side: Annotated[
        int,
        msgspec.Meta(
            ge=64, le=4096, description="Shorter side of a picture; 3/4 of it with some text, half of it full of text."
        ),
    ] = 512
    text_height: Annotated[
        float, msgspec.Meta(ge=4, le=64, description="Height of a small x; up to 1.5 times that in faint print.")
    ] = 5.75
    digit_height: Annotated[
        float,
        msgspec.Meta(
            ge=4,
            le=64,
            description="Height of digits and capitals in lines that have nothing else; more in faint or narrow print.",
        ),
    ] = 8.6
    trim: Annotated[
        bool,
        msgspec.Meta(description="Cut off blank margins where that is cheaper; never where positions are asked."),
    ] = True
    split: Annotated[
        bool,
        msgspec.Meta(description="Send a page whose text is illegible at the provider in parts; costs more tokens."),
    ] = False


class Resize(Optimizer):
    """Makes pictures smaller, to the size at which they cost least and what is written in them stays readable.

    lossless: to the size the provider would bring it to anyway. legible: as far as the floors of the settings allow.
    thrifty: floors at 0.7 of that. Blank margins are cut off where that is cheaper, but for lossless. Never enlarges,
    never distorts by more than 1 %. With `split`, a page that would be illegible is sent in parts.
    """

    name = "resize"
    Config = ResizeConfig

    def plan(self, image: Image, ctx: Context) -> Plan | Declined | None:
        """The bill if nothing in the picture is small. What is written in it shows only when it is decoded.

        So do blank margins, without which it may be less.
        """
        if image.format not in _FORMATS:
            return Declined(f"{image.format} pictures are not resized")
        if ctx.coordinates:
            return Declined("the answer may be a position in this very picture")
        if is_marked(image.data):
            return Declined("it was made by this step, which would measure its letters wrongly")
        header = sniff(image.data)
        if header is None or header.animated:
            return Declined("the picture is animated" if header else "the picture has no readable header")
        tokens = ctx.tokens(image)
        margins = "; blank margins, if any, are cut off" if self.config.trim and ctx.quality != "lossless" else ""
        seen = visible(image.size, image.detail, ctx.counter)
        best = None
        if ctx.quality != "lossless":
            # Half the floor: as far as a page full of big letters may go.
            floor = self.config.short_side / 2 * linear_loss(ctx)
            best = cheapest(image.size, image.detail, ctx.counter, floor / min(image.size))
        if self.config.split and ctx.quality != "lossless" and seen != image.size:
            # Whether its text is illegible shows only when it is decoded; then more may be paid.
            why = f"in parts where its text is illegible at {seen.width}x{seen.height}, else as small as text allows"
            return Plan(tokens=ctx.counter.count(best or seen, image.detail), why=why, repairs=True)
        if best is not None:
            cost = ctx.counter.count(best, image.detail)
            return Plan(tokens=cost, why=f"as small as text allows, {best.width}x{best.height} at best{margins}")
        if seen != image.size and (cost := ctx.counter.count(seen, image.detail)) <= tokens:
            return Plan(tokens=cost, why=f"the provider itself shrinks it to {seen.width}x{seen.height}{margins}")
        if margins and ctx.counter.count(_DOT, image.detail) < tokens * WORTH:
            return Plan(tokens=tokens, why=f"as it is{margins}")
        return None

    def apply(self, image: Image, plan: Plan, ctx: Context) -> Image | Replacement | Declined:
        """Decode, measure what is written, resize. Declines where that saves too little."""
        from token0_pixels import Floors
        from token0_resize.shrink import shrink

        loss = linear_loss(ctx)
        short_side, text, digits = self.config.short_side, self.config.text_height, self.config.digit_height
        floors = Floors(short_side * loss, text * loss, digits * loss)
        if plan.repairs:
            from token0_resize.split import split

            if parts := split(image, ctx, floors):
                return parts
        return shrink(image, ctx, floors, trim=self.config.trim)


def linear_loss(ctx: Context) -> float:
    """What the floors are multiplied by: `thrifty` takes 30 % of each, stated and no more."""
    return 0.7 if ctx.quality == "thrifty" else 1.0
