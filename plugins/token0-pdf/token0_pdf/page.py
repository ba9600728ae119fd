"""One page of a document: what it says, what else it shows, and its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from token0.types import Image, Size
from token0_pdf.graphics import find_graphics
from token0_pdf.layout import lay_out
from token0_pdf.trust import distrust, visible
from token0_pdf.words import find_words
from token0_pixels import Pixels, encode_smallest

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]
    from numpy.typing import NDArray

# Pixels a point for a first look, and the longest side of a page so looked at.
_LOOK = 1.0
_LONGEST_LOOK = 1600

# A picture that covers less of the page is a line or a dot.
_PICTURE = 0.002

# Shades between the brightest and the darkest pixel of an empty page.
_BLANK = 8


class Page(NamedTuple):
    """What is known of a page.

    text:    as laid out; empty where it cannot be trusted
    shows:   why the page must be seen; None where the text is all there is
    omitted: it has a picture, as a logo, that the text leaves out
    """

    text: str
    shows: str | None
    omitted: bool


def read_page(page: pypdfium2.PdfPage) -> Page:
    """Read the text layer and compare it with what the page shows."""
    scale = min(_LOOK, _LONGEST_LOOK / max(page.get_size()))
    luma = _luma(_rendered(page, scale))
    words = find_words(page, page.get_textpage())
    if not words and int(luma.max()) - int(luma.min()) < _BLANK:
        return Page("", None, omitted=False)
    shown = visible(words, luma, scale)
    doubt = distrust(page, words, shown)
    seen = [word for word, is_seen in zip(words, shown, strict=True) if is_seen]
    graphics = find_graphics(page, seen, luma, scale)
    text = "" if doubt else lay_out(seen)
    return Page(text, doubt or graphics.matter, omitted=graphics.pictures > _PICTURE)


def draw_page(page: pypdfium2.PdfPage, size: Size, detail: str | None) -> Image:
    """The page as a picture of `size`: PNG or JPEG, whichever is smaller."""
    width, height = page.get_size()
    pixels = _rendered(page, max(size.width / width, size.height / height))[: size.height, : size.width]
    luma = _luma(pixels)
    gray = bool((pixels[:, :, :3] == luma[:, :, None]).all())
    array = luma if gray else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGBA), np.uint8)
    format, data = encode_smallest(Pixels(np.ascontiguousarray(array)), ("png", "jpeg"))  # noqa: A001
    return Image(data=data, format=format, width=array.shape[1], height=array.shape[0], detail=detail)


def _rendered(page: pypdfium2.PdfPage, scale: float) -> NDArray[np.uint8]:
    """(height, width, 3) in the order blue, green, red."""
    return np.ascontiguousarray(page.render(scale=scale).to_numpy()[:, :, :3])


def _luma(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
