from __future__ import annotations

import pytest

from token0_ocr.agreement import SURE, Agreement, compare, trusted
from token0_ocr.page import Box, Page, Word


def page(text: str, confidence: float = 80) -> Page:
    return Page(tuple(Word(word, Box(0, 0, 9, 9), confidence) for word in text.split()))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a b c", "a b c", Agreement(1.0)),
        ("a b c", "c a b", Agreement(1.0)),
        ("Total, 5", "(Total) 5.", Agreement(1.0)),
        ("a b c d", "a b c x", Agreement(0.75)),
        ("a b", "a b a", Agreement(2 / 3)),
        ("sum 14.50", "sum 1450", Agreement(0.5, ("14.50", "1450"))),
        ("sum -5", "sum 5", Agreement(0.5, ("-5", "5"))),
        ("$1.3", "\u00a71.3", Agreement(0.0, ("$1.3", "\u00a71.3"))),
        ("rate 5%", "rate 5", Agreement(0.5, ("5", "5%"))),
        ("(\u20ac5.00),", "\u20ac5.00", Agreement(1.0)),
        ("sum 5 5", "sum 5", Agreement(2 / 3, ("5",))),
        ("a", "", Agreement(0.0)),
        ("", "", Agreement(1.0)),
    ],
)
def test_readings_are_compared_as_bags_of_words_and_numbers_exactly(
    first: str, second: str, expected: Agreement
) -> None:
    assert compare(page(first), page(second)) == expected


def test_a_sure_lone_character_may_be_missing_from_the_second_reading() -> None:
    assert compare(page("total 7", SURE), page("total")) == Agreement(1.0)


@pytest.mark.parametrize(("first", "second"), [("total", "total 7"), ("total 7", "total 1"), ("total 17", "total")])
def test_no_other_number_may_differ_however_sure(first: str, second: str) -> None:
    assert compare(page(first, SURE), page(second, SURE)).numbers


def test_a_number_that_both_read_unsurely_is_doubtful() -> None:
    assert compare(page("14.50", 50), page("14.50", 50)) == Agreement(1.0, doubtful=("14.50",))


def test_an_unsure_word_needs_a_witness() -> None:
    assert compare(page("VV total", 50), page("total", 50)).doubtful == ("VV",)


def test_a_long_word_that_both_read_unsurely_is_not_doubtful() -> None:
    assert compare(page("classified", 50), page("classified", 50)) == Agreement(1.0)


def test_a_short_word_that_both_read_unsurely_is_doubtful() -> None:
    assert compare(page("Cc", 50), page("Cc", 50)) == Agreement(1.0, doubtful=("Cc",))


def test_a_number_that_one_of_both_read_surely_is_not_doubtful() -> None:
    assert compare(page("14.50", 50), page("14.50", 80)) == Agreement(1.0)


def test_trusted_are_words_that_are_sure_or_witnessed() -> None:
    first = Page((*page("sure", 80).words, *page("classified noise", 40).words))
    assert [word.text for word in trusted(first, page("classified", 40))] == ["sure", "classified"]
