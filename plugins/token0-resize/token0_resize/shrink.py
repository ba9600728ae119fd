"""What happens to the pixels: decode, measure, choose, trim, resize, encode. Runs in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from token0.interfaces import Declined
from token0.types import Image, Size
from token0_pixels import Box, Undecodable, decode, encode_smallest, look, resize, without_margins
from token0_resize.mark import mark
from token0_resize.sizes import WORTH, cheapest, visible

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0_pixels import Floors, Pixels, Writing

# More bits a pixel than any drawing needs: a photograph that was saved as PNG.
_PHOTO_BITS = 4

# Where the provider would have kept more than we do, encoding must not show.
_CAREFUL_QUALITY = 90

# Where no token is saved, the file must fall to this share of its bytes.
_LIGHTER = 0.9


class Target(NamedTuple):
    """What is sent: this part of the picture, in full-size pixels, at this size.

    careful: at the size at which the provider would show it, so that encoding must not show either
    """

    part: Box
    size: Size
    careful: bool

    @classmethod
    def whole(cls, image: Image, size: Size, *, careful: bool) -> Target:
        return cls(Box(0, 0, image.width, image.height), size, careful)


def shrink(image: Image, ctx: Context, floors: Floors, *, trim: bool) -> Image | Declined:
    """`image` at the cheapest size that keeps `floors`, else at the size the provider would bring it to.

    `trim`: without its blank margins, where that is cheaper.
    """
    seen = visible(image.size, image.detail, ctx.counter)
    try:
        if ctx.quality == "lossless":
            same = Declined("the model sees the picture as it is")
            return _made(image, Target.whole(image, seen, careful=True), None, ctx, same)
        pixels, writing = look(image, seen)
        size = cheapest(image.size, image.detail, ctx.counter, floors.scale(image.size, writing))
        target = Target.whole(image, size or seen, careful=size is None)
        if trim and (box := without_margins(pixels)):
            target = _trimmed(image, box.scaled(pixels.size, image.size), ctx, floors, writing, target)
        illegible = writing is not None and writing.needed(floors.text, floors.digits) * image.width > seen.width * 1.05
        reason = _reason(image.size, seen, writing, illegible=illegible)
        return _made(image, target, (pixels, writing), ctx, reason)
    except Undecodable as error:
        return Declined(f"not decoded: {error}")


def _trimmed(image: Image, part: Box, ctx: Context, floors: Floors, writing: Writing | None, whole: Target) -> Target:
    """`part` of the picture at its cheapest size, or `whole` where that costs as little or nothing much is gained."""
    size = part.size
    if writing is not None:
        # All letters are in the part, which is smaller.
        share = writing.share * (image.width * image.height) / (size.width * size.height)
        writing = writing._replace(share=share)
    smaller = cheapest(size, image.detail, ctx.counter, floors.scale(size, writing))
    target = Target(part, smaller or visible(size, image.detail, ctx.counter), careful=smaller is None)
    whole_cost, cost = (ctx.counter.count(each.size, image.detail) for each in (whole, target))
    return target if cost < min(whole_cost, ctx.tokens(image) * WORTH) else whole


def _reason(size: Size, seen: Size, writing: Writing | None, *, illegible: bool) -> Declined:
    if writing is None or not illegible:
        return Declined("no smaller size is cheaper and keeps what is in the picture")
    height = writing.smallest() * seen.width / size.width
    return Declined(f"text of {height:.0f} px as the model sees it is hard to read already")


def _made(
    image: Image,
    target: Target,
    looked_at: tuple[Pixels, Writing | None] | None,
    ctx: Context,
    reason: Declined,
) -> Image | Declined:
    """What `target` says; `reason` where that is no gain. A careful one keeps all that the provider would keep."""
    part, size, careful = target
    tokens, cost = (ctx.counter.count(each, image.detail) for each in (image.size, size))
    if size == image.size or cost > tokens:
        return reason
    # The whole picture, decoded so large that the part has the pixels it needs.
    least = Size(
        -(-size.width * image.width // part.size.width),
        -(-size.height * image.height // part.size.height),
    )
    pixels, writing = looked_at or (decode(image, at_least=least), None)
    if pixels.size.width < least.width or pixels.size.height < least.height:
        pixels = decode(image, at_least=least)
    left, top, right, bottom = part.scaled(image.size, pixels.size)
    pixels = pixels._replace(array=pixels.array[top:bottom, left:right])
    text = careful or writing is not None
    kinds = formats(image, pixels, careful=careful)
    quality = {"quality": _CAREFUL_QUALITY} if careful else {}
    format, data = encode_smallest(resize(pixels, size), kinds, text=text, **quality)  # noqa: A001
    if ctx.quality != "lossless":
        data = mark(data, format)
    if cost > tokens * WORTH and len(data) > len(image.data) * _LIGHTER:
        return reason if ctx.quality != "lossless" else Declined("neither tokens nor bytes would fall enough")
    return msgspec.structs.replace(image, data=data, format=format, width=size.width, height=size.height, orientation=1)


def formats(image: Image, pixels: Pixels, *, careful: bool) -> tuple[Literal["png", "jpeg"], ...]:
    """What every provider takes and loses nothing that matters: transparency is kept, photographs become JPEG."""
    if image.format == "jpeg":
        return ("jpeg",)
    if pixels.alpha or (careful and image.format != "webp"):
        return ("png",)
    bits = len(image.data) * 8 / (image.width * image.height)
    return ("jpeg",) if bits > _PHOTO_BITS else ("png", "jpeg")
