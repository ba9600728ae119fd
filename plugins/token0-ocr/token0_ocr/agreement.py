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


AROUND = re.compile(r"^(?:[^\w+\-$\u00a2-\u00a7\u20ac]|\W(?!\d))+|(?:[^\w%\u00b0\u20ac]|(?<!\d)\W)+$")
"""Punctuation before and behind a word, but not the sign, currency and unit of a number."""


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
    return re.sub(
        r"^(?:[^\w+\-$\u00a2-\u00a7\u20ac]|[^\w](?!\d))+|(?:[^\w%\u00b0\u20ac]|(?<!\d)[^\w])+$", "", word.text
    )


def _is_number(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def trusted(first: Page, second: Page) -> list[Word]:
    """The words of the first reading that it is sure of, or that the second reads the same."""
    witnesses = _witnesses(second)
    return [word for word in first.words if word.confidence >= DOUBTFUL or _bare(word) in witnesses]


def _doubtful(first: Page, second: Page) -> set[str]:
    unsure = {_bare(word) for word in first.words if word.confidence < DOUBTFUL}
    return unsure - _witnesses(second) - {""}


def _witnesses(page: Page) -> set[str]:
    """Words that confirm an unsure one; numbers and short words must be sure for that."""
    return {_bare(word) for word in page.words if word.confidence >= DOUBTFUL or _speaks_for_itself(_bare(word))}


def _speaks_for_itself(bare: str) -> bool:
    return len(bare) > 3 and not _is_number(bare)
