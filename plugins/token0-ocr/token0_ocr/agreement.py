"""Do two readings of one picture say the same, and at the same places?"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from token0_ocr.page import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from token0_ocr.page import Page, Word

SURE = 90
"""A lone character of this confidence counts though the second reading lacks it: scattered ones are taken for dirt."""

DOUBTFUL = 65
"""Short words of which both readings are less sure are doubtful."""

DOUBTFUL_NUMBER = 75
"""Numbers of which one reading is less sure are doubtful."""

COVERED = 0.4
"""Words of two readings are the same ink when they share as much of the smaller box."""

AROUND = re.compile(r"^(?:[^\w+\-$\u00a2-\u00a7\u20ac]|[^\w](?!\d))+|(?:[^\w%\u00b0\u20ac]|(?<!\d)[^\w])+$")
"""Punctuation before and behind a word, but not the sign, currency and unit of a number."""


class Agreement(msgspec.Struct, frozen=True):
    """words:    share of the words of both that both have
    doubtful: words of the first reading that the second does not have, or that both are unsure of
    missed:   words that only the second has, where the first has none
    """

    words: float
    doubtful: tuple[Word, ...] = ()
    missed: tuple[Word, ...] = ()

    @property
    def numbers(self) -> bool:
        """True when a doubtful or missed word has digits."""
        return any(is_number(word.text) for word in (*self.doubtful, *self.missed))


def compare(first: Page, second: Page) -> Agreement:
    """Compare two readings whose boxes are in the pixels of one picture. Capitals and torn words make no difference."""
    doubtful: list[Word] = []
    missed: list[Word] = []
    shared = total = 0
    for ours, theirs in _places(first.words, second.words):
        total += max(len(ours), len(theirs))
        if _said(ours) == _said(theirs):
            shared += max(len(ours), len(theirs))
            doubtful += (word for word in ours if _unsure(word, theirs))
        elif ours and not (not theirs and _is_lone(ours)):
            doubtful += ours
        elif ours:
            shared += len(ours)
        else:
            missed += theirs
    return Agreement(shared / total if total else 1.0, tuple(doubtful), tuple(missed))


def is_number(text: str) -> bool:
    """True for words that hold digits: an error in one is not seen by who reads it."""
    return any(letter.isdigit() for letter in text)


def _places(first: Sequence[Word], second: Sequence[Word]) -> Iterator[tuple[list[Word], list[Word]]]:
    """Words of both readings that lie on each other, from left to right. Words without letters are dirt."""
    ours = [word for word in first if bare(word.text)]
    theirs = [word for word in second if bare(word.text)]
    parent = list(range(len(ours) + len(theirs)))

    def root(at: int) -> int:
        while parent[at] != at:
            at = parent[at]
        return at

    for at, other_at in _touching(ours, theirs):
        if _covered(ours[at].box, theirs[other_at].box) > COVERED:
            parent[root(at)] = root(len(ours) + other_at)
    places: dict[int, tuple[list[Word], list[Word]]] = defaultdict(lambda: ([], []))
    for at, word in enumerate([*ours, *theirs]):
        places[root(at)][at >= len(ours)].append(word)
    for place in places.values():
        yield _sorted(place[0]), _sorted(place[1])


def _touching(ours: Sequence[Word], theirs: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Indexes of the pairs whose boxes share a pixel: each with each would take a second on a dense page."""
    import numpy as np

    if not ours or not theirs:
        return
    one = np.array([word.box for word in ours])[:, None]
    other = np.array([word.box for word in theirs])[None]
    touch = (one[..., :2] < other[..., 2:]) & (other[..., :2] < one[..., 2:])
    for at, other_at in np.argwhere(touch.all(axis=2)):
        yield int(at), int(other_at)


def _sorted(words: Iterable[Word]) -> list[Word]:
    return sorted(words, key=lambda word: word.box.left)


def _covered(one: Box, other: Box) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    smaller = min(one.width * one.height, other.width * other.height)
    return width * height / smaller if width > 0 and height > 0 else 0.0


def bare(text: str) -> str:
    """A word without what stands around it."""
    return AROUND.sub("", text)


def _said(words: Iterable[Word]) -> str:
    return "".join(bare(word.text) for word in words).casefold()


def _is_lone(words: Sequence[Word]) -> bool:
    return len(words) == 1 and len(bare(words[0].text)) == 1 and words[0].confidence >= SURE


def _unsure(word: Word, others: Sequence[Word]) -> bool:
    confidences = [word.confidence, *(other.confidence for other in others)]
    if is_number(word.text):
        return min(confidences) < DOUBTFUL_NUMBER
    return max(confidences) < DOUBTFUL and len(bare(word.text)) <= 3
