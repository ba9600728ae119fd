"""Do two readings of one picture say the same?"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from token0_ocr.page import Page


class Agreement(msgspec.Struct, frozen=True):
    """words: share of the words that both readings have; numbers: words with digits that only one of them has."""

    words: float
    numbers: tuple[str, ...]


def compare(first: Page, second: Page) -> Agreement:
    """Compare as bags of words: two readings may cut a page into other blocks, but must not read other words."""
    ours, theirs = _words(first), _words(second)
    most = max(ours.total(), theirs.total())
    single = (ours - theirs) + (theirs - ours)
    numbers = sorted(word for word in single.elements() if any(letter.isdigit() for letter in word))
    return Agreement((ours & theirs).total() / most if most else 1.0, tuple(numbers))


def _words(page: Page) -> Counter[str]:
    """Words without the punctuation around them; the sign of a number stays."""
    words = (re.sub(r"^(?:[^\w+-]|[+-](?!\d))+|\W+$", "", word.text) for word in page.words)
    return Counter(word for word in words if word)
