"""Do two readings of one picture say the same?"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from token0_ocr.page import Page, Word

SURE = 90
"""A lone character of this confidence counts though the second reading lacks it: scattered ones are taken for dirt."""

DOUBTFUL = 65
"""Words below this confidence need the second reading as a witness."""


class Agreement(msgspec.Struct, frozen=True):
    """words:    share of the words that both readings have
    numbers:  words with digits that only one of them has
    doubtful: words that the first has without confidence and the second does not have, or, with digits, not surely
    """

    words: float
    numbers: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def compare(first: Page, second: Page) -> Agreement:
    """Compare as bags of words: two readings may cut a page into other blocks, but must not read other words."""
    ours, theirs = _bag(first.words), _bag(second.words)
    lone = _bag(word for word in first.words if len(_bare(word)) == 1 and word.confidence >= SURE)
    ours -= (ours - theirs) & lone
    most = max(ours.total(), theirs.total())
    single = (ours - theirs) + (theirs - ours)
    return Agreement(
        (ours & theirs).total() / most if most else 1.0,
        tuple(sorted(filter(_is_number, single.elements()))),
        tuple(sorted(_doubtful(first, second))),
    )


def _bag(words: Iterable[Word]) -> Counter[str]:
    return Counter(bare for word in words if (bare := _bare(word)))


def _bare(word: Word) -> str:
    """The word without the punctuation around it; the sign of a number stays."""
    return re.sub(r"^(?:[^\w+-]|[+-](?!\d))+|\W+$", "", word.text)


def _is_number(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _doubtful(first: Page, second: Page) -> set[str]:
    witnessed = {_bare(word) for word in second.words if word.confidence >= DOUBTFUL or not _is_number(word.text)}
    return {bare for word in first.words if word.confidence < DOUBTFUL and (bare := _bare(word)) not in witnessed} - {
        ""
    }
