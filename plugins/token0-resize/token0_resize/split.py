"""A page whose text would be illegible at the provider, as bands in which it is not. Costs more: only where allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from token0.interfaces import Replacement
from token0.types import Image, Size, Text
from token0_pixels import Undecodable, decode, encode_smallest, look, resize
from token0_resize.shrink import formats
from token0_resize.sizes import visible

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0_pixels import Floors

_MOST_BANDS = 4

# Letters are measured in whole pixels: so much more than the floor, lest a band be taken for illegible itself.
_SPARE = 1.05

# Bands share so many heights of a small letter: two lines, so that none is cut in every band.
_SHARED = 8

_QUALITY = 90


class Bands(NamedTuple):
    """How a page is cut: the first and last row of each band, and the size of the largest as it is sent."""

    rows: tuple[tuple[int, int], ...]
    size: Size


def split(image: Image, ctx: Context, floors: Floors) -> Replacement | None:
    """Two to four bands of `image` from top to bottom, and a sentence about them.

    None where its text is legible as it is, or would not be legible in bands either.
    """
    seen = visible(image.size, image.detail, ctx.counter)
    try:
        _, writing = look(image, image.size)
        if writing is None:
            return None
        scale = writing.needed(floors.text, floors.digits) * _SPARE
        if scale > 1 or scale * image.width <= seen.width * _SPARE**2:
            return None
        bands = cheapest_bands(image, ctx, scale, round(writing.smallest() * _SHARED))
        if bands is None:
            return None
        pixels = decode(image)
    except Undecodable:
        return None
    parts = []
    for top, bottom in bands.rows:
        size = Size(bands.size.width, max(1, round((bottom - top) * scale)))
        band = resize(pixels._replace(array=pixels.array[top:bottom]), size)
        format, data = encode_smallest(band, formats(image, band, careful=True), quality=_QUALITY)  # noqa: A001
        parts.append(
            msgspec.structs.replace(
                image, data=data, format=format, width=size.width, height=size.height, orientation=1
            )
        )
    return Replacement((Text(_note(len(parts))), *parts))


def cheapest_bands(image: Image, ctx: Context, scale: float, shared: int) -> Bands | None:
    """The number of bands that costs least while the provider shows them as they are sent; None where none is."""
    best: Bands | None = None
    for count in range(2, min(_MOST_BANDS, ctx.limits.images or _MOST_BANDS) + 1):
        bands = _bands(image.size, count, scale, shared)
        if visible(bands.size, image.detail, ctx.counter) != bands.size:
            continue
        if best is None or _cost(bands, image, ctx) < _cost(best, image, ctx):
            best = bands
    return best


def _bands(size: Size, count: int, scale: float, shared: int) -> Bands:
    height = -(-(size.height + (count - 1) * shared) // count)
    tops = [min(number * (height - shared), size.height - height) for number in range(count)]
    sent = Size(max(1, round(size.width * scale)), max(1, round(height * scale)))
    return Bands(tuple((top, top + height) for top in tops), sent)


def _cost(bands: Bands, image: Image, ctx: Context) -> int:
    return len(bands.rows) * ctx.counter.count(bands.size, image.detail)


def _note(count: int) -> str:
    return f"[The next {count} pictures are one page, cut from top to bottom; lines at the cuts are on both sides.]"
