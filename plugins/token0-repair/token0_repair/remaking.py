"""A picture made anew within a provider's limits. Runs in workers."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import msgspec

from token0.interfaces import Declined
from token0_pixels import Undecodable, encode, encode_smallest, resize
from token0_pixels.pixels import on_white
from token0_repair.faults import fitting, limits_now, most_bytes, scaled
from token0_repair.reading import read

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Image, Limits, Size
    from token0_pixels import Pixels
    from token0_pixels.encode import Format

# Encoding must not show: nobody asked for a smaller picture.
_QUALITY = 92

# Where the bytes must fall, this is tried at the same size before any pixel is given up.
_HARDER = 80

# Formats that hold photographs, to which PNG would be many times the bytes.
_PHOTOGRAPHIC = frozenset({"jpeg", "heic", "avif", "webp"})
_WRITTEN: tuple[Format, ...] = ("png", "jpeg")

_ATTEMPTS = 8


def remake(image: Image, ctx: Context) -> Image | Declined:
    """`image` upright, in a format and size the provider takes. Raises `Undecodable`."""
    limits = limits_now(ctx)
    pixels = read(image, at_least=_target(image, ctx))
    # Only now is the size of a drawing known. A JPEG may have been decoded at a fraction of its own.
    size = image.size if image.format == "jpeg" else pixels.size
    wanted = _target(msgspec.structs.replace(image, width=size.width, height=size.height), ctx)
    pixels = resize(pixels, wanted)
    if pixels.alpha and not limits.alpha:
        pixels = pixels._replace(array=on_white(pixels.array), alpha=False)
    formats = _formats(image, pixels, limits)
    format, data = encode_smallest(pixels, formats, quality=_QUALITY)  # noqa: A001
    limit = most_bytes(limits)
    if limit is not None and len(data) > limit:
        if ctx.coordinates:
            return Declined("it is too large, but the answer may be a position in this very picture")
        format, data, pixels = _lighter(pixels, limits, limit)  # noqa: A001
    return msgspec.structs.replace(
        image, data=data, format=format, width=pixels.size.width, height=pixels.size.height, orientation=1
    )


def _target(image: Image, ctx: Context) -> Size:
    """Where answers are positions in the picture, it keeps its size whatever the provider says to that."""
    return image.size if ctx.coordinates else fitting(image, ctx)


def _formats(image: Image, pixels: Pixels, limits: Limits) -> tuple[Format, ...]:
    """What loses nothing that shows: transparency stays, photographs become JPEG, drawings what is smaller."""
    best: tuple[Format, ...] = _WRITTEN
    if pixels.alpha:
        best = ("png",)
    elif image.format in _PHOTOGRAPHIC:
        best = ("jpeg",)
    return tuple(each for each in best if each in limits.formats) or tuple(
        each for each in _WRITTEN if each in limits.formats
    )


def _lighter(pixels: Pixels, limits: Limits, limit: int) -> tuple[str, bytes, Pixels]:
    """Within `limit` bytes: as a harder JPEG at the same size, then smaller and smaller. Raises `Undecodable`."""
    kind: Format = "jpeg" if "jpeg" in limits.formats else "png"
    data = encode(pixels, kind, quality=_HARDER)
    whole = pixels
    for _ in range(_ATTEMPTS):
        if len(data) <= limit:
            return kind, data, pixels
        # Bytes fall with the area, nearly.
        pixels = resize(whole, scaled(pixels.size, sqrt(limit / len(data)) * 0.95))
        data = encode(pixels, kind, quality=_HARDER)
    raise Undecodable(f"it cannot be brought below {limit} bytes")
