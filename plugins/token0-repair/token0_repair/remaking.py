"""A picture made anew within a provider's limits. Runs in workers."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Literal

import msgspec

from token0.interfaces import Declined
from token0.types import Image, Size
from token0_pixels import Undecodable, encode, encode_smallest, resize
from token0_pixels.pixels import on_white
from token0_repair.faults import fitting, limits_now, most_bytes, scaled
from token0_repair.reading import read

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Limits
    from token0_pixels import Pixels

# Encoding must not show: nobody asked for a smaller picture.
_QUALITY = 92

# Where the bytes must fall, this is tried at the same size before any pixel is given up.
_HARDER = 80

# Formats that hold photographs, to which PNG would be many times the bytes.
_PHOTOGRAPHIC = frozenset({"jpeg", "heic", "avif", "webp"})
_DRAWN = frozenset({"svg", "ico", "gif"})

_SMALLER_EACH_TIME = 0.95
_ATTEMPTS = 6


def remake(image: Image, ctx: Context) -> Image | Declined:
    """`image` upright, in a format and size the provider takes. Raises `Undecodable`."""
    limits = limits_now(ctx)
    wanted = image.size if ctx.coordinates else fitting(image, ctx)
    pixels = read(image, at_least=wanted)
    if not ctx.coordinates:
        # Again, because only now the size of a drawing is known.
        wanted = fitting(msgspec.structs.replace(image, width=pixels.size.width, height=pixels.size.height), ctx)
    pixels = resize(pixels, wanted if image.width and image.format == "jpeg" else _within(pixels.size, wanted))
    if pixels.alpha and not limits.alpha:
        pixels = pixels._replace(array=on_white(pixels.array), alpha=False)
    return _encoded(image, pixels, limits, ctx)
