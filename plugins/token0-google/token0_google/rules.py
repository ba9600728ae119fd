"""How Gemini turns an image into tokens: by resolution word (3 and later), by crops (2.x), flat (1.5)."""

from __future__ import annotations

from math import isqrt

import msgspec

from token0.types import Size

IMAGE = 258
"""Tokens of one image, or one crop, before Gemini 3."""

CROP = 768
SMALL = 384
LARGEST = 3072


def level(detail: str | None) -> str:
    """`MEDIA_RESOLUTION_LOW`, `low` and `LOW` are one word; all that names no size is `default`.

    OpenAI's `original` is `ultra_high`: that is what it is sent as.
    """
    word = (detail or "").lower().removeprefix("media_resolution_")
    if word == "original":
        return "ultra_high"
    return word if word in ("low", "medium", "high", "ultra_high") else "default"


class ResolutionRule(msgspec.Struct, frozen=True):
    """Each word buys a number of tokens, laid out in the image's aspect: pixels do not count.

    The published figures are maxima. That the bill is floor(sqrt(T*w/h)) * floor(sqrt(T*h/w)) is inferred: it is what
    Gemma 4's open image processor does, and it gives all ten measured bills exactly.
    """

    low: int
    medium: int
    high: int
    ultra_high: int

    grid = None
    details = ("low", "medium", "high")
    # Three patches of 16 px a side make a token in Gemma 4's processor; Google publishes no figure for Gemini.
    _token_pixels = 48

    def layout(self, size: Size, detail: str | None) -> Size:
        """Tokens across and down."""
        most = {"low": self.low, "medium": self.medium, "ultra_high": self.ultra_high}.get(level(detail), self.high)
        width, height = size
        across, down = isqrt(most * width // height), isqrt(most * height // width)
        if across and down:
            return Size(across, down)
        return Size(min(width // height, most), 1) if down == 0 else Size(1, min(height // width, most))

    def seen(self, size: Size, detail: str | None) -> Size:
        """The grid of tokens in pixels (inferred): every image is brought to it, a thumbnail is enlarged."""
        across, down = self.layout(size, detail)
        return Size(across * self._token_pixels, down * self._token_pixels)

    def count(self, size: Size, detail: str | None) -> int:
        across, down = self.layout(size, detail)
        return across * down

    def page(self, detail: str | None) -> int:
        """Tokens of a page of a PDF; without a word it is `medium`. Source: media-resolution guide (Dec 2025)."""
        return {"low": self.low, "high": self.high, "ultra_high": self.high}.get(level(detail), self.medium)


class CropRule(msgspec.Struct, frozen=True):
    """258 tokens a crop; an image of at most 384 px a side is one.

    Google's pages disagree about large images. The crop formula has no end (12,384 tokens for 24 megapixels); another
    page says that the model is shown at most 3,072 px a side, a third speaks of about 2,304 tokens. The count is the
    plain formula, the one with an example; beyond 3,072 px it may therefore be too high, never too low, and so may what
    shrinking such an image is said to save. The bill is in `usage`.

    There are no `details` to choose: the resolution is that of the whole request.
    """

    low: int = 64
    medium: int = 256

    grid = CROP
    details = ()

    def seen(self, size: Size, detail: str | None) -> Size:
        """`low` and `medium` are one view; that it is as large as one crop, 768 px, is assumed."""
        return fit(size, CROP if level(detail) in ("low", "medium") else LARGEST)

    def count(self, size: Size, detail: str | None) -> int:
        word = level(detail)
        if word == "low":
            return self.low
        if word == "medium":
            return self.medium
        if max(size) <= SMALL:
            return IMAGE
        width, height = size
        unit = min(max(min(width, height) * 2 // 3, 256), CROP)
        return IMAGE * -(-width // unit) * -(-height // unit)

    def page(self, detail: str | None) -> int:
        """Tokens of a page of a PDF, which is one view. Source: document-processing guide (Dec 2025)."""
        return {"low": self.low, "medium": self.medium}.get(level(detail), IMAGE)


class FlatRule(msgspec.Struct, frozen=True):
    """Every image costs the same."""

    grid = None
    details = ()

    def seen(self, size: Size, detail: str | None) -> Size:
        return fit(size, LARGEST)

    def count(self, size: Size, detail: str | None) -> int:
        return IMAGE

    def page(self, detail: str | None) -> int:
        """Tokens of a page of a PDF."""
        return IMAGE


def fit(size: Size, longest: int) -> Size:
    """Scale so that no side is longer than `longest`, rounded to whole pixels; smaller images stay."""
    side = max(size)
    if side <= longest:
        return size
    return Size(*(max(1, (2 * edge * longest + side) // (2 * side)) for edge in size))
