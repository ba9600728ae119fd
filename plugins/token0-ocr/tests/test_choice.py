from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec import structs

from token0.interfaces import Context, Declined, Replacement, TokenCounter
from token0.types import Image, Size, Text
from token0_ocr.agreement import Agreement
from token0_ocr.choice import Choice
from token0_ocr.ink import Ink
from token0_ocr.intent import Intent
from token0_ocr.page import Box, Page, Word
from token0_ocr.reading import Reading
from token0_pixels import Pixels

PAGE = Size(1000, 1000)
WORDS = "The meeting of the board was held on Monday and the sum was 14.50".split()
CLEAN = Ink(missed=0.0, places=(), drawn=0.0, shapes=0.0, boxes=0)


class Area(TokenCounter):
    """A token for each square of 50 pixels, and for each word."""

    name = "area"

    @classmethod
    def for_model(cls, model: str) -> Area:
        return cls()

    def count(self, size: Size, detail: str | None = None) -> int:
        return -(-size.width // 50) * -(-size.height // 50)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return size

    def count_text(self, text: str) -> int:
        return len(text.split())


class Fixed(Area):
    """The same bill for every image, of which the model sees `side` pixels."""

    def __init__(self, side: int) -> None:
        self.side = side

    def count(self, size: Size, detail: str | None = None) -> int:
        return 400

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return Size(self.side, self.side)


def word(at: int) -> Word:
    return Word(WORDS[at], Box(40, 40 * at, 40 + 10 * len(WORDS[at]), 40 * at + 20), 95)


def read(*doubtful: int, **changes: Any) -> Reading:
    agreement = Agreement(1 - len(doubtful) / len(WORDS), tuple(word(at) for at in doubtful))
    return structs.replace(Reading(Page(tuple(map(word, range(len(WORDS))))), agreement, CLEAN, 10.0), **changes)


def made(reading: Reading, counter: TokenCounter, intent: Intent | None = None, side: int = 1000) -> Any:
    """What is sent for a page of 1,000 px that an earlier step brought to `side`."""
    original = Image(data=b"", format="png", width=1000, height=1000)
    image = structs.replace(original, width=side, height=side)
    pixels = Pixels(np.full((1000, 1000), 255, np.uint8))
    choice = Choice(image, pixels, reading, 85, 0.9, intent or Intent(whole=True))
    return choice.made(Context(model="m", counter=counter, original=original))


def test_a_page_that_is_all_text_becomes_text_alone() -> None:
    found = made(read(), Area())
    assert isinstance(found, Text)
    assert "14.50" in found.text
    assert "(?)" not in found.text
    assert "picture" not in found.text


def test_a_doubtful_number_is_marked_and_its_line_goes_along() -> None:
    found = made(read(13), Area())
    assert isinstance(found, Replacement)
    text, image = found.contents
    assert isinstance(text, Text)
    assert isinstance(image, Image)
    assert "14.50(?)" in text.text
    assert "(?) follows doubtful words; a picture with the page and its doubtful lines follows]" in text.text
    assert image.size == Size(256, 256 + 6 + 30)


def test_a_drawing_beside_the_text_goes_along_as_a_thumbnail() -> None:
    found = made(read(ink=structs.replace(CLEAN, drawn=0.04)), Area())
    assert isinstance(found, Replacement)
    assert isinstance(found.contents[1], Image)
    assert found.contents[1].size == Size(256, 256)


def test_ink_that_was_not_read_goes_along_as_a_line() -> None:
    found = made(read(ink=structs.replace(CLEAN, missed=0.05, places=(Box(500, 800, 700, 820),))), Area())
    assert isinstance(found, Replacement)
    assert isinstance(found.contents[1], Image)
    assert found.contents[1].size == Size(256, 256 + 6 + 30)


def test_a_text_that_needs_a_picture_stays_one_where_that_is_not_cheaper() -> None:
    assert made(read(13), Fixed(1000)) == Declined(
        "two readings differ in a number; text with a picture of the rest would not be cheaper"
    )


def test_a_model_that_could_not_read_the_picture_gets_the_marked_text() -> None:
    found = made(read(13), Fixed(336))
    assert isinstance(found, Text)
    assert "14.50(?)" in found.text


@pytest.mark.parametrize(("side", "kind"), [(550, Text), (700, Declined)])
def test_text_of_guesses_only_stands_for_what_the_model_would_see_smaller_than_it_can_read(
    side: int, kind: type
) -> None:
    # Letters of 10 px on a page of 1,000: shown at 5.5 px, or at 7.
    assert isinstance(made(read(13), Fixed(side)), kind)


def test_a_picture_that_an_earlier_step_shrank_is_not_illegible_for_that() -> None:
    class AsSent(Fixed):
        """Shows each picture as it is."""

        def seen(self, size: Size, detail: str | None = None) -> Size:
            return size

    # Letters of 10 px, which the step `resize` brought to 5.5.
    assert isinstance(made(read(13), AsSent(0), side=550), Declined)


def test_a_guessed_text_is_sent_to_no_model() -> None:
    guessed = read(*range(1, 14))
    assert isinstance(made(guessed, Fixed(336)), Declined)


@pytest.mark.parametrize("intent", [Intent(fact=True), Intent()])
def test_a_picture_with_much_more_than_text_stays_one(intent: Intent) -> None:
    chart = read(ink=structs.replace(CLEAN, shapes=0.2))
    assert made(chart, Fixed(336), intent) == Declined("there is much more than text on the picture")


def test_a_paragraph_with_a_doubtful_word_goes_along_whole() -> None:
    """Lines 20 pixels high, 22 apart: an address that is read over several lines."""
    close = tuple(structs.replace(word(at), box=Box(40, 22 * at, 90, 22 * at + 20)) for at in range(len(WORDS)))
    found = made(read(page=Page(close), agreement=Agreement(0.9, (close[6],))), Area())
    assert isinstance(found, Replacement)
    assert isinstance(found.contents[1], Image)
    assert found.contents[1].size == Size(256, 256 + 6 + close[-1].box.bottom + 5)


def test_a_garbled_text_is_no_help_to_a_model_that_can_read_the_picture() -> None:
    assert made(read(1, 3, 5), Area()) == Declined("two readings share only 79% of the words")


def test_text_that_would_cost_as_much_as_the_image_is_not_sent() -> None:
    class Dear(Area):
        def count_text(self, text: str) -> int:
            return 400

    assert made(read(), Dear()) == Declined("the text would not be cheaper than the image")
