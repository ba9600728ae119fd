"""From pixels to words: two readings of one picture, what both say, and what neither could read."""

from __future__ import annotations

import time
from itertools import zip_longest
from typing import TYPE_CHECKING

import msgspec

from token0.interfaces import Declined
from token0_ocr import picture
from token0_ocr.agreement import Agreement, compare
from token0_ocr.ink import Ink, measure

if TYPE_CHECKING:
    from token0_ocr.page import Engine, Grey, Page, Word
    from token0_pixels import Pixels

SECOND_X_HEIGHT = 24
"""Letters of the second reading, which also keeps the rules: errors that are made by chance are made once."""

UNREAD = 50
"""A doubtful word of less confidence is taken for ink that was not read: a scribble, a stamp, a logo."""

FOUND = 90
"""A word that only the second reading has must be as sure as this."""

NO_TEXT = Declined("there is hardly any text on the picture")
LATE = Declined("the text could not be read in time", failed=True)
TOO_MUCH = Declined("there is more text than would be cheaper")


class Reading(msgspec.Struct, frozen=True):
    """All boxes are in pixels of the picture that was read.

    page:      the words of the first reading, and what only the second found and is sure of
    agreement: what the second one says to them
    ink:       what is on the picture besides
    letter:    height of a small letter
    hidden:    something differs from its ground in colour alone
    """

    page: Page
    agreement: Agreement
    ink: Ink
    letter: float
    hidden: bool = False


def read_pixels(pixels: Pixels, engine: Engine, *, deadline_seconds: float, most_letters: int) -> Reading | Declined:
    """Read the picture, or say why that is not worth it."""
    from token0_pixels.pixels import on_white

    grey = pixels.luma()
    if picture.text_share(grey) < picture.TEXT_SHARE:
        return NO_TEXT
    found = read_grey(grey, engine, deadline_seconds=deadline_seconds, most_letters=most_letters)
    if isinstance(found, Declined) or pixels.gray:
        return found
    colours = on_white(pixels.array) if pixels.alpha else pixels.array
    return msgspec.structs.replace(found, hidden=picture.hidden_share(colours, grey) > picture.HIDDEN_SHARE)


def read_grey(grey: Grey, engine: Engine, *, deadline_seconds: float, most_letters: int) -> Reading | Declined:
    """Read a picture of one channel."""
    start = time.monotonic()
    grey = picture.light_ground(grey)
    letters = picture.letters(grey)
    if letters is None:
        return NO_TEXT
    letter, number = letters
    if number > most_letters:
        return TOO_MUCH
    scale = picture.reading_scale(grey, letter, SECOND_X_HEIGHT)
    big = picture.scaled(grey, scale)
    small = picture.scaled(picture.without_rules(big, scale * letter), picture.X_HEIGHT / SECOND_X_HEIGHT)
    first = engine.read(small, deadline_seconds)
    if first is None:
        return LATE
    second = engine.read(big, deadline_seconds - (time.monotonic() - start))
    if second is None:
        return LATE
    first = _without_marks(first).mapped(picture.X_HEIGHT / SECOND_X_HEIGHT, picture.MARGIN)
    first, second = first.mapped(scale, picture.MARGIN), _without_marks(second).mapped(scale, picture.MARGIN)
    agreement = compare(first, second)
    doubtful = {word.box for word in agreement.doubtful if word.confidence < UNREAD}
    page = _completed(first, agreement.missed)
    ink = measure(grey, letter, [word.box for word in page.words if word.box not in doubtful])
    return Reading(page, agreement, ink, letter)


def _completed(page: Page, missed: tuple[Word, ...]) -> Page:
    """Each found word is a block of its own, which joins the row it stands in; none may touch another."""
    blocks = 1 + max((word.block for word in page.words), default=0)
    found = [
        word
        for word in missed
        if word.confidence >= FOUND and not any(word.box.touches(other.box) for other in page.words)
    ]
    found = [msgspec.structs.replace(word, block=at) for at, word in enumerate(found, blocks)]
    return msgspec.structs.replace(page, words=(*page.words, *found))


def _without_marks(page: Page) -> Page:
    """Leave out what is left of rules and frames. `| pushed` was `I pushed`."""
    words = [
        msgspec.structs.replace(word, text="I") if word.text == "|" and _continues(word, after) else word
        for word, after in zip_longest(page.words, page.words[1:])
    ]
    return msgspec.structs.replace(page, words=tuple(word for word in words if word.text.strip("|_\u00a6")))


def _continues(word: Word, after: Word | None) -> bool:
    """True when `after` stands a space behind `word` and is as high, and in the middle of a sentence."""
    if after is None or not after.text[0].islower() or word.box.height > 1.5 * after.box.height:
        return False
    return word.box.beside(after.box) and 0 <= after.box.left - word.box.right < after.box.height
