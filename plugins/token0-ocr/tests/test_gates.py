from __future__ import annotations

import pytest
from msgspec import structs

from token0_ocr import gates
from token0_ocr.agreement import Agreement
from token0_ocr.ink import Ink
from token0_ocr.page import Box, Page, Word

PROSE = ("The meeting of the board was held on Monday " * 2).split()


def words(*texts: str, confidence: float = 95, known: bool = True) -> tuple[Word, ...]:
    """Words on one line, ten pixels a letter."""
    made, left = [], 0
    for text in texts:
        made.append(Word(text, Box(left, 0, left + 10 * len(text), 20), confidence, 0, known))
        left += 10 * len(text) + 10
    return tuple(made)


def page(*texts: str, confidence: float = 95, known: bool = True, upright: bool = True) -> Page:
    return Page(words(*texts, confidence=confidence, known=known), upright)


def objection(page: Page) -> str | None:
    return gates.reading_objection(page, 85)


def test_a_clear_page_of_prose_passes() -> None:
    assert objection(page(*PROSE)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Total: $1,234.50 due 12/30/2016",
        "Call 609-989-5525 or mail me@example.com",
        "R&D costs 45% of it, see www.x.org",
    ],
)
def test_prices_dates_phones_and_addresses_pass(text: str) -> None:
    assert objection(page(*PROSE, *text.split())) is None


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (page("two", "words"), "hardly any text"),
        (page(*PROSE, upright=False), "turned"),
        (page(*PROSE, confidence=80), "mean confidence"),
        (page(*PROSE, known=False), "dictionary"),
        (page(*["~a$b", "c^%d", "e&*f"] * 8), "words and numbers"),
        (page(*PROSE, "for", "(i=0;i<n;i++)", "{", "x[i]", "+=", "1;", "}"), "source code"),
        (page(*PROSE, "a", "=", "b"), "formulas"),
        (page(*PROSE, "\u221a2"), "formulas"),
        (page(*PROSE, "\u2610", "yes"), "check boxes"),
        (page(*PROSE, "[x]", "yes"), "check boxes"),
    ],
)
def test_a_doubtful_page_is_named(bad: Page, why: str) -> None:
    assert why in (objection(bad) or "")


def test_a_few_unsure_words_among_sure_ones_are_enough_to_doubt() -> None:
    unsure = words(*PROSE[:3], confidence=30)
    assert "some words" in (objection(Page(words(*PROSE * 2, confidence=97) + unsure)) or "")


@pytest.mark.parametrize("number", ["14.28.80", "1,42.880", "1O5", "12l", "I2.50"])
def test_a_malformed_number_is_doubtful(number: str) -> None:
    assert gates.number_objection(words(number)) == "a number was read doubtfully"


def test_an_amount_torn_in_two_is_doubtful() -> None:
    assert gates.number_objection(words("752.", "74")) == "a number was read doubtfully"


@pytest.mark.parametrize(
    "number",
    [
        "1428.80",
        "1,428.80",
        "1.428,80",
        "1.000.000",
        "31.12.2026",
        "12.28.80",
        "192.168.1.10",
        "2.3.1",
        "$21,271.13",
        "A4",
        "3rd",
    ],
)
def test_a_well_formed_number_passes(number: str) -> None:
    assert gates.number_objection(words(number)) is None


CLEAN = Ink(missed=0.0, words=0, drawn=0.0, shapes=0.0, boxes=0)


def test_a_picture_whose_ink_was_all_read_passes() -> None:
    assert gates.ink_objection(CLEAN) is None


@pytest.mark.parametrize(
    ("ink", "why"),
    [
        (structs.replace(CLEAN, missed=0.2), "20.0% of what looks like text"),
        (structs.replace(CLEAN, missed=0.001, words=1), "0.1% of what looks like text"),
        (structs.replace(CLEAN, drawn=0.1), "more than text"),
        (structs.replace(CLEAN, shapes=0.1), "more than text"),
        (structs.replace(CLEAN, boxes=1), "check boxes"),
    ],
)
def test_ink_that_was_not_read_is_named(ink: Ink, why: str) -> None:
    assert why in (gates.ink_objection(ink) or "")


@pytest.mark.parametrize(
    ("agreement", "why"),
    [
        (Agreement(words=1.0), None),
        (Agreement(words=0.99, numbers=("14.50",)), "two readings differ in a number"),
        (Agreement(words=1.0, doubtful=("14.50",)), "a word was read doubtfully"),
        (Agreement(words=0.5), "two readings share only 50% of the words"),
    ],
)
def test_two_readings_must_agree(agreement: Agreement, why: str | None) -> None:
    assert gates.agreement_objection(agreement) == why
