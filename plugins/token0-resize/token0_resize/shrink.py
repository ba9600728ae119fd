"""What happens to the pixels: decode, measure, choose, resize, encode. Runs in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from token0.interfaces import Declined
from token0.types import Image, Size
from token0_pixels import Undecodable, decode, encode_smallest, resize
from token0_resize.sizes import WORTH, cheapest, visible
from token0_resize.writing import Writing, find_writing

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0_pixels import Pixels

# Where the model sees more pixels than this, text is looked for at half the size first.
_MANY = 3_000_000

# Letters below this many pixels are measured too high, by up to a half: look again, closer, and else leave them alone.
_BLURRED = 7.0

# From this share of the picture under letters on it is a page: its letters are what must survive.
_PAGE = 0.1

# More bits a pixel than any drawing needs: a photograph that was saved as PNG.
_PHOTO_BITS = 4

# Where the provider would have kept more than we do, encoding must not show.
_CAREFUL_QUALITY = 90

# Where no token is saved, the file must fall to this share of its bytes.
_LIGHTER = 0.9


class Floors(NamedTuple):
    """Least pixels, as the model sees them: side of a picture, height of small letters, of digits and capitals."""

    short_side: float
    text: float
    digits: float


def shrink(image: Image, ctx: Context, floors: Floors) -> Image | Declined:
    """`image` at the cheapest size that keeps `floors`, else at the size the provider would bring it to."""
    seen = visible(image.size, image.detail, ctx.counter)
    try:
        if ctx.quality == "lossless":
            return _made(image, seen, None, ctx, Declined("the model sees the picture as it is"), careful=True)
        pixels, writing = _looked_at(image, seen)
        needed = _needed(image.size, writing, floors)
        target = cheapest(image.size, image.detail, ctx.counter, needed)
        illegible = writing is not None and writing.needed(floors.text, floors.digits) * image.width > seen.width * 1.05
        reason = _reason(image.size, seen, writing, illegible=illegible)
        return _made(image, target or seen, (pixels, writing), ctx, reason, careful=target is None)
    except Undecodable as error:
        return Declined(f"not decoded: {error}")


def _looked_at(image: Image, seen: Size) -> tuple[Pixels, Writing | None]:
    """The picture, decoded no larger than needed, and what is written in it, heights in its own full-size pixels."""
    many = seen.width * seen.height > _MANY
    wanted = Size(seen.width // 2, seen.height // 2) if many else seen
    pixels = decode(image, at_least=wanted)
    writing = find_writing(pixels.luma(), image.size, wanted)
    if writing is not None and writing.blurred(_BLURRED) and many:
        pixels = decode(image, at_least=seen)
        writing = find_writing(pixels.luma(), image.size, seen) or writing
    return pixels, writing


def _needed(size: Size, writing: Writing | None, floors: Floors) -> float:
    """The scale below which something is lost."""
    picture = floors.short_side / min(size)
    if writing is None:
        return picture
    if writing.blurred(_BLURRED):
        return 1.0
    return max(picture / 2 if writing.share >= _PAGE else picture, writing.needed(floors.text, floors.digits))


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
    formats = _formats(image, pixels, careful=careful)
    quality = {"quality": _CAREFUL_QUALITY} if careful else {}
    format, data = encode_smallest(resize(pixels, target), formats, text=text, **quality)  # noqa: A001
    if cost > tokens * WORTH and len(data) > len(image.data) * _LIGHTER:
        return reason if ctx.quality != "lossless" else Declined("neither tokens nor bytes would fall enough")
    return msgspec.structs.replace(
        image, data=data, format=format, width=target.width, height=target.height, orientation=1
    )


def _formats(image: Image, pixels: Pixels, *, careful: bool) -> tuple[Literal["png", "jpeg"], ...]:
    """What every provider takes and loses nothing that matters: transparency is kept, photographs become JPEG."""
    if image.format == "jpeg":
        return ("jpeg",)
    if pixels.alpha or (careful and image.format != "webp"):
        return ("png",)
    bits = len(image.data) * 8 / (image.width * image.height)
    return ("jpeg",) if bits > _PHOTO_BITS else ("png", "jpeg")
