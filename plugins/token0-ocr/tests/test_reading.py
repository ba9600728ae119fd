from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from msgspec import structs

from token0.interfaces import Declined
from token0_ocr import gates, reading
from token0_ocr.intent import Intent
from token0_ocr.layout import lay_out
from token0_ocr.page import Box, Page, Word
from token0_ocr.tesseract import Tesseract

if TYPE_CHECKING:
    from token0_ocr.page import Grey

LETTER = (
    "The meeting of the board was held on Monday",
    "and the report was read to all the members",
    "of the house who were present at that time.",
    "Please send the order to our new address",
)
TABLE = (
    ("Name", "City", "Year"),
    ("Peter", "London", "1995"),
    ("Susan", "Boston", "2004"),
    ("Robert", "Dallas", "1987"),
)


def sheet(*lines: str, ink: int = 0, ground: int = 255) -> Grey:
    grey = np.full((80 + 44 * len(lines), 900), ground, np.uint8)
    for row, line in enumerate(lines):
        cv2.putText(grey, line, (40, 70 + 44 * row), cv2.FONT_HERSHEY_COMPLEX, 1, (ink,), 2, cv2.LINE_AA)
    return grey


def table() -> Grey:
    grey = np.full((280, 800), 255, np.uint8)
    for row, cells in enumerate(TABLE):
        cv2.line(grey, (20, 20 + 60 * row), (780, 20 + 60 * row), (0,), 2)
        for column, cell in enumerate(cells):
            at = (40 + 250 * column, 62 + 60 * row)
            cv2.putText(grey, cell, at, cv2.FONT_HERSHEY_COMPLEX, 1, (0,), 2, cv2.LINE_AA)
    return grey


def look(grey: Grey, deadline_seconds: float = 60, most_letters: int = 5000) -> reading.Reading | Declined:
    engine = Tesseract(("eng",))
    return reading.read_grey(grey, engine, deadline_seconds=deadline_seconds, most_letters=most_letters)


def read(grey: Grey) -> str | None:
    """The text where it may be sent alone for `Read this.`, else None."""
    found = look(grey)
    assert isinstance(found, reading.Reading)
    if gates.unfit(found, Intent(whole=True)) or gates.incomplete(found, 85):
        return None
    return lay_out(found.page.words)


def test_a_printed_letter_is_read_word_for_word() -> None:
    assert read(sheet(*LETTER)) == "\n".join(LETTER)


def test_a_dark_screen_is_read_like_paper() -> None:
    assert read(sheet(*LETTER, ink=230, ground=20)) == "\n".join(LETTER)


def test_a_ruled_table_keeps_its_rows_and_columns() -> None:
    found = look(table())
    assert isinstance(found, reading.Reading)
    text = lay_out(found.page.words)
    assert [tuple(line.split()) for line in text.split("\n") if line] == list(TABLE)
    assert len({line.index(cells[2]) for line, cells in zip(text.split("\n"), TABLE, strict=True)}) == 1


def test_the_same_picture_gives_the_same_text_whatever_was_read_before() -> None:
    first = read(sheet(*LETTER))
    read(table())
    assert read(sheet(*LETTER)) == first


@pytest.mark.parametrize("turn", [cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE])
def test_turned_text_is_declined(turn: int) -> None:
    assert read(np.asarray(cv2.rotate(sheet(*LETTER), turn), np.uint8)) is None


def test_source_code_is_declined() -> None:
    code = ("for (i = 0; i < n; i++) {", "    total += price[i];", "}", "return total == 0;")
    assert read(sheet(*code)) is None


def test_a_picture_beside_the_text_is_declined() -> None:
    grey = np.vstack([sheet(*LETTER), np.full((300, 900), 255, np.uint8)])
    cv2.circle(grey, (450, 420), 120, (60,), -1)
    found = look(grey)
    assert isinstance(found, reading.Reading)
    assert gates.incomplete(found, 85) == "there is more than text on the picture"


def test_a_scribble_under_the_text_is_declined() -> None:
    grey = sheet(*LETTER, "", "")
    at = np.arange(40, 640)
    wave = 300 + 18 * np.sin(at / 7) + 9 * np.sin(at / 3)
    cv2.polylines(grey, [np.stack([at, wave], 1).astype(np.int32)], isClosed=False, color=(0,), thickness=2)
    assert read(grey) is None


def test_a_blank_picture_is_declined() -> None:
    assert look(np.full((400, 400), 255, np.uint8)) == reading.NO_TEXT


def test_no_time_means_no_text() -> None:
    assert look(sheet(*LETTER), deadline_seconds=0.0001) == reading.LATE


def test_a_page_with_more_letters_than_would_be_cheaper_is_not_even_read() -> None:
    assert look(sheet(*LETTER), most_letters=100) == reading.TOO_MUCH


class Scripted:
    """An engine that gives pages which were made before, one a call."""

    def __init__(self, *pages: Page | None) -> None:
        self.pages = list(pages)

    def read(self, grey: Grey, deadline_seconds: float) -> Page | None:
        return self.pages.pop(0)


def test_a_second_reading_that_is_late_is_declined() -> None:
    engine = Scripted(Page(()), None)
    assert reading.read_grey(sheet(*LETTER), engine, deadline_seconds=60, most_letters=5000) == reading.LATE


def test_words_are_told_in_pixels_of_the_picture() -> None:
    found = look(sheet(*LETTER))
    assert isinstance(found, reading.Reading)
    (monday,) = (word.box for word in found.page.words if word.text == "Monday")
    assert 70 - 30 <= monday.top < monday.bottom <= 70 + 12
    assert monday.right == pytest.approx(cv2.getTextSize(LETTER[0], cv2.FONT_HERSHEY_COMPLEX, 1, 2)[0][0] + 40, abs=6)


def test_a_number_that_the_second_reading_has_otherwise_is_doubtful() -> None:
    word = Word("1995", Box(100, 40, 200, 70), 95)
    pages = (Page((word,)), Page((structs.replace(word, text="1996", box=Box(160, 60, 360, 130)),)))
    found = reading.read_grey(sheet(*LETTER), Scripted(*pages), deadline_seconds=60, most_letters=5000)
    assert isinstance(found, reading.Reading)
    assert [word.text for word in found.agreement.doubtful] == ["1995"]


@pytest.mark.parametrize(
    ("mark", "left", "expected"), [("|", 112, ["I", "pushed"]), ("|", 200, ["pushed"]), ("_", 112, ["pushed"])]
)
def test_a_stroke_before_a_word_is_a_letter_and_one_that_stands_apart_is_a_rule(
    mark: str, left: int, expected: list[str]
) -> None:
    page = Page((Word(mark, Box(100, 40, 104, 70), 90), Word("pushed", Box(left, 44, left + 90, 74), 95)))
    found = reading.read_grey(sheet(*LETTER), Scripted(page, Page(())), deadline_seconds=60, most_letters=5000)
    assert isinstance(found, reading.Reading)
    assert [word.text for word in found.page.words] == expected
