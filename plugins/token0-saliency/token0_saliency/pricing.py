"""What a crop, a thumbnail and the words beside them cost, by the exact rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from token0.types import Size

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Image

NOTE = (
    "[The first picture is the part of the page that holds the words asked about, as it came; the second is the whole "
    "page, made small.]"
)


def thumbnail_size(size: Size, longest: int) -> Size:
    """`size` with at most `longest` pixels a side."""
    most = max(size)
    if most <= longest:
        return size
    width, height = (max(1, (2 * side * longest + most) // (2 * most)) for side in size)
    return Size(width, height)


def thumbnail_detail(image: Image, size: Size, ctx: Context) -> str | None:
    """The cheapest detail for a thumbnail of `size`; the client's own where none is cheaper."""
    words = (image.detail, *(word for word in ctx.counter.details if word == "low"))
    return min(words, key=lambda word: ctx.counter.count(size, word))


def least(image: Image, ctx: Context, longest: int) -> int:
    """The bill that no crop of `image` can undercut."""
    small = thumbnail_size(image.size, longest)
    thumbnail = ctx.counter.count(small, thumbnail_detail(image, small, ctx))
    return ctx.counter.count(Size(1, 1), image.detail) + thumbnail + ctx.counter.count_text(NOTE)
