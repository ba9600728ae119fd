from __future__ import annotations

import pytest

from token0_ocr.agreement import SURE, Agreement, compare
from token0_ocr.page import Box, Page, Word


def page(text: str, confidence: float = 80) -> Page:
    """Words on one line, ten pixels a letter; `.` stands for a place without a word."""
    words, left = [], 0
    for word in text.split():
        right = left + 10 * len(word)
        if word != ".":
            words.append(Word(word, Box(left, 0, right, 20), confidence))
        left = right + 10
    return Page(tuple(words))


def texts(agreement: Agreement) -> tuple[float, list[str], list[str]]:
    return (
        agreement.words,
        [word.text for word in agreement.doubtful],
        [word.text for word in agreement.missed],
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("aa bb cc", "aa bb cc", (1.0, [], [])),
        ("Total, 5", "(Total 5.", (1.0, [], [])),
        ("TOTAL 5", "Total 5", (1.0, [], [])),
        ("aa bb cc dd", "aa bb cc xx", (0.75, ["dd"], [])),
        ("aa bb . dd", "aa bb c dd", (0.75, [], ["c"])),
        ("aa bb dd", "aa bb", (2 / 3, ["dd"], [])),
        ("sum 14.50", "sum 1450", (0.5, ["14.50"], [])),
        ("sum -5", "sum 5", (0.5, ["-5"], [])),
        ("$1.3", "\u00a71.3", (0.0, ["$1.3"], [])),
        ("rate 5%", "rate 5", (0.5, ["5%"], [])),
        ("(\u20ac5.00),", "\u20ac5.00", (1.0, [], [])),
        ("a", "", (0.0, ["a"], [])),
        ("", "", (1.0, [], [])),
    ],
)
def test_readings_are_compared_place_by_place(
    first: str, second: str, expected: tuple[float, list[str], list[str]]
) -> None:
    assert texts(compare(page(first), page(second))) == expected


def test_the_same_word_at_another_place_is_no_witness() -> None:
    assert texts(compare(page("aa ."), page(". aa")))[1:] == (["aa"], ["aa"])


def test_a_word_torn_in_two_is_the_same_word() -> None:
    whole = Page((Word("invoice", Box(0, 0, 70, 20), 80),))
    torn = Page((Word("in", Box(0, 0, 20, 20), 80), Word("voice", Box(22, 0, 70, 20), 80)))
    assert compare(whole, torn) == Agreement(1.0)


@pytest.mark.parametrize(("first", "second"), [("sum 5", "sum 6"), ("sum .", "sum 6")])
def test_a_doubtful_or_missed_number_is_told(first: str, second: str) -> None:
    assert compare(page(first), page(second)).numbers


def test_a_doubtful_word_is_no_number() -> None:
    assert not compare(page("sum"), page("sun")).numbers


def test_a_sure_lone_character_may_be_missing_from_the_second_reading() -> None:
    assert compare(page("total 7", SURE), page("total")) == Agreement(1.0)


def test_a_number_of_which_one_reading_is_not_sure_is_doubtful() -> None:
    assert texts(compare(page("14.50", 90), page("14.50", 70)))[1] == ["14.50"]


def test_a_short_word_that_both_read_unsurely_is_doubtful() -> None:
    assert texts(compare(page("Cc", 50), page("Cc", 50)))[1] == ["Cc"]


@pytest.mark.parametrize(("first", "second"), [(50, 80), (80, 50)])
def test_one_sure_reading_of_a_short_word_is_enough(first: float, second: float) -> None:
    assert compare(page("Cc", first), page("Cc", second)) == Agreement(1.0)


def test_a_long_word_that_both_read_unsurely_is_not_doubtful() -> None:
    assert compare(page("classified", 50), page("classified", 50)) == Agreement(1.0)
