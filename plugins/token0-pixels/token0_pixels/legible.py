"""How far a picture may be shrunk before something in it is lost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from token0.types import Size
from token0_pixels.decode import decode
from token0_pixels.writing import Writing, find_writing

if TYPE_CHECKING:
    from token0.types import Image
    from token0_pixels.pixels import Pixels

# Text is first looked for at this share of what the model sees, and at half of it where the model sees so many pixels.
_FIRST = 0.75
_MANY = 3_000_000

# Letters below this many pixels are measured too high, by up to a half: look again, closer, and else count with it.
_BLURRED = 7.0
_TOO_HIGH = 1.5

# Letters that stand out from the paper by fewer grey levels than this must be larger, by so much for each level:
# thermal and dot-matrix print breaks up where clear print of the same height is read without a fault.
_CLEAR = 112.0
_PER_LEVEL = 0.02
_FAINTEST = 1.5

# From this share of the picture under letters on it is a page: its letters are what must survive, and it may be shown
# at half the least side. With fewer letters, as on slides, at three quarters.
_PAGE = 0.1
_OF_PAGE = 0.5
_WITH_TEXT = 0.75


class Floors(NamedTuple):
    """Least pixels, as the model sees them: side of a picture, height of small letters, of digits and capitals."""

    short_side: float
    text: float
    digits: float

    def scale(self, size: Size, writing: Writing | None) -> float:
        """The scale of a picture of `size` below which something is lost.

        Above 1 where its text is below the floors already, or its sides are.
        """
        picture = self.short_side / min(size)
        if writing is None:
            return picture
        faint = _larger(writing.contrast())
        text = writing.needed(self.text * faint, self.digits * faint)
        if writing.blurred(_BLURRED):
            return max(1.0, text * _TOO_HIGH)
        return max(picture * (_OF_PAGE if writing.share >= _PAGE else _WITH_TEXT), text)


LEGIBLE: Final = Floors(short_side=512, text=5.75, digits=8.6)
"""What `quality: legible` keeps unless the YAML says otherwise: where the curve of tokens saved against answers lost
bends."""


def _larger(contrast: float) -> float:
    """How many times as high letters must be that stand out by `contrast`."""
    return min(_FAINTEST, 1 + max(0.0, _CLEAR - contrast) * _PER_LEVEL)


def look(image: Image, seen: Size) -> tuple[Pixels, Writing | None]:
    """`image`, decoded no larger than the model sees it, and what is written in it.

    Heights are in pixels of the full-size image. Raises `Undecodable`.
    """
    share = 0.5 if seen.width * seen.height > _MANY else _FIRST
    least = Size(math.ceil(seen.width * share), math.ceil(seen.height * share))
    pixels = decode(image, at_least=least)
    writing = find_writing(pixels.luma(), image.size, least)
    # Again only where that is closer: small pictures were measured at all of their size.
    if writing is not None and writing.blurred(_BLURRED) and round(writing.scale * image.width) < seen.width:
        if pixels.size.width < seen.width or pixels.size.height < seen.height:
            pixels = decode(image, at_least=seen)
        writing = find_writing(pixels.luma(), image.size, seen) or writing
    return pixels, writing
