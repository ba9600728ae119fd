from __future__ import annotations

import pytest

from token0_ocr.agreement import Agreement, compare
from token0_ocr.page import Box, Page, Word


def page(text: str) -> Page:
    return Page(tuple(Word(word, Box(0, 0, 9, 9), 90) for word in text.split()))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a b c", "a b c", Agreement(1.0, ())),
        ("a b c", "c a b", Agreement(1.0, ())),
        ("Total, 5", "(Total) 5.", Agreement(1.0, ())),
        ("a b c d", "a b c x", Agreement(0.75, ())),
        ("a b", "a b a", Agreement(2 / 3, ())),
        ("sum 14.50", "sum 1450", Agreement(0.5, ("14.50", "1450"))),
        ("sum -5", "sum 5", Agreement(0.5, ("-5", "5"))),
        ("sum 5 5", "sum 5", Agreement(2 / 3, ("5",))),
        ("a", "", Agreement(0.0, ())),
        ("", "", Agreement(1.0, ())),
    ],
)
def test_readings_are_compared_as_bags_of_words_and_numbers_exactly(
    first: str, second: str, expected: Agreement
) -> None:
    assert compare(page(first), page(second)) == expected
