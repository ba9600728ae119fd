"""The step as the pipeline sees it. Pixels are handled by token0-pixels, which is heavy to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from token0.interfaces import Declined, Optimizer, Plan
from token0.sniff import sniff
from token0.types import Size
from token0_tiles.borders import border, visible

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Image
    from token0_pixels import Pixels

# Little is taken away, so encoding must not show.
_QUALITY = 90

# Pixels: below it, what is in a picture is as small as the loss, and a token or two is all there is to save.
_TINY = 256


class TilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much a picture may shrink."""

    loss: Annotated[
        float, msgspec.Meta(gt=0, le=0.1, description="Largest share of width and height that may be taken away.")
    ] = 0.05


class Onto(Plan, frozen=True, kw_only=True):
    """The size that lies on the grid."""

    size: Size


class Tiles(Optimizer):
    """Brings pictures that lie just over a border of the model's grid onto it: 513x513 costs four tiles, 512x512 one.

    Takes away at most `loss` of each side as the model sees it, and never distorts by more than 1 %. Text that is small
    already stays as it is. `quality: lossless` allows no loss.
    """

    name = "tiles"
    Config = TilesConfig

    def plan(self, image: Image, ctx: Context) -> Onto | Declined | None:
        """The exact bill: the header tells everything."""
        size = border(image.size, image.detail, ctx.counter, self.config.loss)
        if size is None or min(image.size) < _TINY:
            return None
        if ctx.quality == "lossless":
            return Declined("it would become a little smaller, and quality is lossless")
        if ctx.coordinates:
            return Declined("the answer may be a position in this very picture")
        header = sniff(image.data)
        if header is None or header.animated:
            return Declined("the picture is animated" if header else "the picture has no readable header")
        tokens = ctx.counter.count(size, image.detail)
        return Onto(tokens=tokens, why=f"{size.width}x{size.height} lies on the borders of the grid", size=size)

    def apply(self, image: Image, plan: Onto, ctx: Context) -> Image | Declined:
        """Decode, measure what is written, resize, encode."""
        from token0_pixels import LEGIBLE, Undecodable, decode, encode_smallest, look, resize

        try:
            pixels, writing = look(image, visible(image.size, image.detail, ctx.counter))
            if LEGIBLE._replace(short_side=0).scale(image.size, writing) * image.width > plan.size.width:
                return Declined("what is written in it is small already")
            if pixels.size.width < plan.size.width or pixels.size.height < plan.size.height:
                pixels = decode(image, at_least=plan.size)
            pixels = resize(pixels, plan.size)
        except Undecodable as error:
            return Declined(f"not decoded: {error}")
        format, data = encode_smallest(pixels, _formats(image, pixels), quality=_QUALITY)  # noqa: A001
        width, height = plan.size
        return msgspec.structs.replace(image, data=data, format=format, width=width, height=height, orientation=1)


def _formats(image: Image, pixels: Pixels) -> tuple[Literal["png", "jpeg"], ...]:
    """What every provider takes: what came without loss goes on without, and WebP as whichever is smaller."""
    if image.format == "jpeg":
        return ("jpeg",)
    return ("png",) if pixels.alpha or image.format != "webp" else ("png", "jpeg")
