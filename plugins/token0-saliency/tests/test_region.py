"""token0_saliency.region: a part of the page only where its words are read with certainty and stand together."""

from __future__ import annotations

import pytest

from token0.types import Size
from token0_ocr.page import Box, Page, Word
from token0_saliency.region import region
from token0_saliency.terms import Terms

SIZE = Size(400, 1000)
TOTAL = Terms((frozenset({"total"}),))


def word(text: str, x: int, y: int, confidence: float = 95) -> Word:
    """A word 60 px wide and 10 px high."""
    return Word(text, Box(x, y, x + 60, y + 10), confidence)


FILLING = [word("item", 20, y) for y in range(100, 900, 20)]


def find(words: list[Word], wanted: Terms = TOTAL, lines: int = 3) -> Box | str:
    return region(Page(tuple(FILLING + words)), SIZE, wanted, confidence=75, lines=lines)


@pytest.mark.parametrize("text", ["Total", "TOTAL:", "Totals"])
def test_lines_around_the_word_are_cut_as_wide_as_all_text(text: str) -> None:
    assert find([word(text, 100, 500), word("12.00", 300, 700)]) == Box(10, 470, 370, 540)


def test_the_part_does_not_leave_the_page() -> None:
    assert find([word("total", 0, 990), word("x", 340, 20)]) == Box(0, 960, 400, 1000)


def test_every_place_of_the_word_is_shown() -> None:
    assert find([word("total", 100, 500), word("total", 100, 600)]) == Box(10, 470, 170, 640)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "1 of 1 words of the prompt are not on the page"),
        ([word("total", 100, 500, confidence=60)], "1 of 1 words of the prompt are not on the page"),
        ([word("subtotal", 100, 500)], "1 of 1 words of the prompt are not on the page"),
        ([word("total", 100, 150), word("total", 100, 850)], "the words of the prompt are all over the page"),
    ],
    ids=["missing", "doubtful", "part of another", "everywhere"],
)
def test_what_is_not_certain_is_not_cut(words: list[Word], why: str) -> None:
    assert find(words) == why


def test_of_several_words_only_the_place_counts_where_all_stand_together() -> None:
    wanted = Terms((frozenset({"net"}), frozenset({"income"})))
    words = [word("net", 100, 200), word("income", 100, 800), word("net", 20, 815)]
    assert find(words, wanted) == Box(10, 770, 170, 855)
    assert find(words[:2], wanted) == "the words of the prompt do not stand together on the page"


def test_the_kind_of_the_answer_must_be_there_only_where_the_page_has_it() -> None:
    wanted = Terms((frozenset({"registration"}),), (frozenset({"no", "number"}),))
    heading = [word("registration", 100, 20)]
    assert find(heading, wanted) == Box(10, 0, 170, 60)
    assert (
        find([*heading, word("No.", 100, 500)], wanted) == "the words of the prompt do not stand together on the page"
    )
