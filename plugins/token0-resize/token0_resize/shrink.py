"""What happens to the pixels: decode, measure, choose, resize, encode. Runs in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from token0.interfaces import Declined
from token0.types import Image
from token0_pixels import Undecodable, decode, encode_smallest, look, resize
from token0_resize.sizes import WORTH, cheapest, visible

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Size
    from token0_pixels import Floors, Pixels, Writing

# More bits a pixel than any drawing needs: a photograph that was saved as PNG.
_PHOTO_BITS = 4

# Where the provider would have kept more than we do, encoding must not show.
_CAREFUL_QUALITY = 90

# Where no token is saved, the file must fall to this share of its bytes.
_LIGHTER = 0.9


def shrink(image: Image, ctx: Context, floors: Floors) -> Image | Declined:
    """`image` at the cheapest size that keeps `floors`, else at the size the provider would bring it to."""
    seen = visible(image.size, image.detail, ctx.counter)
    try:
        if ctx.quality == "lossless":
            return _made(image, seen, None, ctx, Declined("the model sees the picture as it is"), careful=True)
        pixels, writing = look(image, seen)
        target = cheapest(image.size, image.detail, ctx.counter, floors.scale(image.size, writing))
        illegible = writing is not None and writing.needed(floors.text, floors.digits) * image.width > seen.width * 1.05
        reason = _reason(image.size, seen, writing, illegible=illegible)
        return _made(image, target or seen, (pixels, writing), ctx, reason, careful=target is None)
    except Undecodable as error:
        return Declined(f"not decoded: {error}")


def _reason(size: Size, seen: Size, writing: Writing | None, *, illegible: bool) -> Declined:
    if writing is None or not illegible:
        return Declined("no smaller size is cheaper and keeps what is in the picture")
    height = writing.smallest() * seen.width / size.width
    return Declined(f"text of {height:.0f} px as the model sees it is hard to read already")


def _made(
    image: Image,
    target: Size,
    looked_at: tuple[Pixels, Writing | None] | None,
    ctx: Context,
    reason: Declined,
    *,
    careful: bool,
) -> Image | Declined:
    """`image` at `target`; `reason` where that is no gain. `careful` keeps all that the provider would keep."""
    tokens, cost = (ctx.counter.count(size, image.detail) for size in (image.size, target))
    if target == image.size or cost > tokens:
        return reason
    pixels, writing = looked_at or (decode(image, at_least=target), None)
    if pixels.size.width < target.width or pixels.size.height < target.height:
        pixels = decode(image, at_least=target)
    text = careful or writing is not None
    kinds = formats(image, pixels, careful=careful)
    quality = {"quality": _CAREFUL_QUALITY} if careful else {}
    format, data = encode_smallest(resize(pixels, target), kinds, text=text, **quality)  # noqa: A001
    if cost > tokens * WORTH and len(data) > len(image.data) * _LIGHTER:
        return reason if ctx.quality != "lossless" else Declined("neither tokens nor bytes would fall enough")
    return msgspec.structs.replace(
        image, data=data, format=format, width=target.width, height=target.height, orientation=1
    )


def formats(image: Image, pixels: Pixels, *, careful: bool) -> tuple[Literal["png", "jpeg"], ...]:
    """What every provider takes and loses nothing that matters: transparency is kept, photographs become JPEG."""
    if image.format == "jpeg":
        return ("jpeg",)
    if pixels.alpha or (careful and image.format != "webp"):
        return ("png",)
    bits = len(image.data) * 8 / (image.width * image.height)
    return ("jpeg",) if bits > _PHOTO_BITS else ("png", "jpeg")
