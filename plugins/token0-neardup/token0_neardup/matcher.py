"""The matcher as the core sees it. What it does with pixels is in modules that are heavy to import."""

from __future__ import annotations

from token0.interfaces import Matcher, Sketch
from token0.sniff import sniff
from token0.types import Image

_NEAR = 3
"""How far the mean brightness of a cell may be off: re-encoding moves it by less than 1."""

_LEAST_SIDE, _MOST_PIXELS = 64, 16_000_000
"""Smaller pictures cost next to nothing, bigger ones too much time: both are recognised by equal pixels only."""


class NearDuplicates(Matcher):
    """Photographs by what they show, once the encoder's own error explains every difference; all else by its pixels."""

    name = "neardup"

    def sketch(self, image: Image) -> Sketch | None:
        from token0_neardup.sketch import cells, has_writing, pixel_digest
        from token0_pixels import Undecodable, decode

        header = sniff(image.data)
        if header is None or header.animated:
            return None
        try:
            pixels = decode(image)
        except Undecodable:
            return None
        exact = pixel_digest(pixels, image.orientation)
        small = min(image.size) < _LEAST_SIDE or image.width * image.height > _MOST_PIXELS
        if small or pixels.alpha or image.format not in ("jpeg", "png") or has_writing(pixels):
            return Sketch(exact)
        return Sketch(exact, cells(pixels))

    def near(self, one: bytes, other: bytes) -> bool:
        return len(one) == len(other) and all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))

    def same(self, image: Image, known: Image) -> bool:
        from token0_neardup.difference import explained
        from token0_pixels import Undecodable

        if (image.size, image.orientation) != (known.size, known.orientation):
            return False
        try:
            return explained(image, known)
        except Undecodable:
            return False
