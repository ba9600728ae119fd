"""The image-token counter of Claude: 28-px patches of the image after the API's own resize."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from token0.interfaces import TokenCounter
from token0.types import Size
from token0_anthropic.names import Claude, parse

PATCH = 28
LOW = 512
"""Longest side of an image of `detail: low` (OpenAI's images and vision guide)."""
NEWEST_KNOWN = (5, 5)


class Tier(msgspec.Struct, frozen=True):
    """What fits unchanged: each padded side up to `edge` pixels, and up to `tokens` patches."""

    edge: int
    tokens: int
    source: str
    as_of: str


VISION_GUIDE = "https://platform.claude.com/docs/en/build-with-claude/vision"
STANDARD = Tier(1568, 1568, VISION_GUIDE, "2026-08-22")
HIGH_RESOLUTION = Tier(2576, 4784, VISION_GUIDE, "2026-08-22")
"""Claude 4.7 and later, without asking for it."""


PAGE = 1575
"""Image tokens of a page of a PDF, on both tiers.

The guide (pdf-support) bills each page as text and as an image, of a size it does not tell. Measured in 2026
(jackin.tailrocks.com): 3,182 tokens for a page of 1,605 as text (Opus), 2,780 for one of 1,206 (Sonnet 4.6).
"""


class AnthropicCounter(TokenCounter):
    """One tier. Claude knows no `detail`: only pixels count, and compression does not.

    A client that says `low`, as OpenAI's do, is to get what OpenAI would show: the image within 512x512. The API cannot
    do that, so `seen` tells the resize step to; what is sent larger is billed as it is.
    """

    name = "anthropic"
    grid = PATCH

    def __init__(self, model: Claude) -> None:
        self.wordy = model.generation >= (4, 7)
        self.tier = HIGH_RESOLUTION if self.wordy else STANDARD
        self.assumed = model.generation > NEWEST_KNOWN

    @classmethod
    def for_model(cls, model: str) -> AnthropicCounter | None:
        return _counter(model)

    def count(self, size: Size, detail: str | None = None) -> int:
        return _patches(self._kept(size))

    def seen(self, size: Size, detail: str | None = None) -> Size:
        """Without the padding to whole patches that the API adds at the right and the bottom."""
        if detail == "low" and max(size) > LOW:
            width, height = (max(1, side * LOW // max(size)) for side in size)
            size = Size(width, height)
        return self._kept(size)

    def _kept(self, size: Size) -> Size:
        return size if _fits(size, self.tier) else _largest_that_fits(size, self.tier)

    def count_text(self, text: str) -> int:
        """An estimate: the tokenizer is not public; 4.7 and later write about 30 % more tokens, says the vendor."""
        length = len(text.encode(errors="replace"))
        return -(-length * 13 // 40) if self.wordy else -(-length // 4)

    def count_document(self, pages: int, text: str, detail: str | None = None) -> int:
        """The text, and a picture of each page; no `detail` makes those smaller."""
        return self.count_text(text) + pages * PAGE


@lru_cache(maxsize=1024)
def _counter(model: str) -> AnthropicCounter | None:
    claude = parse(model)
    return None if claude is None else AnthropicCounter(claude)


def _patches(size: Size) -> int:
    return -(-size.width // PATCH) * -(-size.height // PATCH)


def _fits(size: Size, tier: Tier) -> bool:
    longest = -(-max(size) // PATCH) * PATCH
    return longest <= tier.edge and _patches(size) <= tier.tokens


def _largest_that_fits(size: Size, tier: Tier) -> Size:
    """The published search for the long side, on the image laid down.

    Its float division and the rounding of ties to even are part of the rule: with exact division the short side differs
    by a pixel in 1 of 12,000 random sizes. (One row of the guide's table, 1269x952 for 2000x1500, rounds ties up; the
    guide says that the API does as its reference program does. The count is the same.)
    """
    long, short = max(size), min(size)
    aspect = long / short

    def scaled(side: int) -> Size:
        return Size(side, max(round(side / aspect), 1))

    low, high = 1, long
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(scaled(middle), tier):
            low = middle
        else:
            high = middle - 1
    width, height = scaled(low)
    return Size(width, height) if size.width >= size.height else Size(height, width)
