from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from token0_ocr import gates
from token0_ocr.agreement import Agreement
from token0_ocr.ink import Ink
from token0_ocr.intent import Intent
from token0_ocr.page import Box, Page, Word
from token0_ocr.reading import Reading

PROSE = ("The meeting of the board was held on Monday " * 2).split()


def words(*texts: str, confidence: float = 95, known: bool = True) -> tuple[Word, ...]:
    """Words on one line, ten pixels a letter."""
    made, left = [], 0
    for text in texts:
        made.append(Word(text, Box(left, 0, left + 10 * len(text), 20), confidence, 0, known))
        left += 10 * len(text) + 10
    return tuple(made)


def reading(*texts: str, confidence: float = 95, known: bool = True, upright: bool = True, **changes: Any) -> Reading:
    page = Page(words(*texts, confidence=confidence, known=known), upright)
    return structs.replace(Reading(page, Agreement(1.0), CLEAN, 12.0), **changes)


def objection(reading: Reading) -> str | None:
    return gates.incomplete(reading, 85)


CLEAN = Ink(missed=0.0, places=(), drawn=0.0, shapes=0.0, boxes=0)
WHOLE, FIELD, FACT = Intent(whole=True), Intent(), Intent(fact=True)


@pytest.mark.parametrize("intent", [WHOLE, FIELD, FACT])
def test_a_clear_page_of_prose_passes(intent: Intent) -> None:
    assert gates.unfit(reading(*PROSE), intent) is None
    assert objection(reading(*PROSE)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Total: $1,234.50 due 12/30/2016",
        "Call 609-989-5525 or mail me@example.com",
        "R&D costs 45% of it, see www.x.org",
    ],
)
def test_prices_dates_phones_and_addresses_pass(text: str) -> None:
    assert objection(reading(*PROSE, *text.split())) is None


CODE = (*PROSE, "for", "(i=0;i<n;i++)", "{", "x[i]", "+=", "1;", "}")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (reading("two", "words"), "hardly any text"),
        (reading(*PROSE, upright=False), "turned"),
        (reading(*PROSE, confidence=60), "mean confidence"),
        (reading(*PROSE, known=False), "dictionary"),
        (reading(*["~a$b", "c^%d", "e&*f"] * 8), "words and numbers"),
        (reading(*CODE), "source code"),
        (reading(*PROSE, "a", "=", "b"), "formulas"),
        (reading(*PROSE, "\u221a2"), "formulas"),
        (reading(*PROSE, ink=structs.replace(CLEAN, drawn=0.1)), "much more than text"),
    ],
)
def test_a_page_whose_text_is_no_help_is_named(bad: Reading, why: str) -> None:
    assert why in (gates.unfit(bad, WHOLE) or "")


@pytest.mark.parametrize("bad", [reading(*CODE), reading(*PROSE, "a", "=", "b")])
def test_one_word_of_code_may_be_asked_for_but_not_without_a_picture(bad: Reading) -> None:
    assert gates.unfit(bad, FACT) is None
    assert objection(bad) is not None


def test_names_are_in_no_dictionary_but_two_readings_agree_on_them() -> None:
    half = [*words(*PROSE[:9]), *words(*PROSE[:9], known=False)]
    named = reading(*PROSE, page=Page(tuple(half)))
    assert gates.unfit(named, FIELD) is None
    assert "dictionary" in (gates.unfit(structs.replace(named, agreement=Agreement(0.4)), FIELD) or "")


def test_a_small_drawing_matters_to_a_question_that_it_may_answer() -> None:
    stamped = reading(*PROSE, ink=structs.replace(CLEAN, drawn=0.03))
    assert gates.unfit(stamped, FIELD) is None
    assert gates.unfit(stamped, FACT) == "there is more than text on the picture"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (reading(*PROSE, confidence=80), "mean confidence"),
        (reading(*PROSE, "\u2610", "yes"), "check boxes"),
        (reading(*PROSE, "[x]", "yes"), "check boxes"),
        (reading(*PROSE, hidden=True), "colour alone"),
    ],
)
def test_a_page_that_needs_a_picture_beside_it_is_named(bad: Reading, why: str) -> None:
    assert why in (objection(bad) or "")


@pytest.mark.parametrize(
    ("changes", "legible", "why"),
    [
        ({}, True, None),
        ({"agreement": Agreement(0.7)}, False, None),
        ({"agreement": Agreement(0.8)}, True, "two readings share only 80%"),
        ({"agreement": Agreement(0.95)}, True, None),
        ({"agreement": Agreement(0.4)}, False, "two readings share only 40%"),
        ({"ink": structs.replace(CLEAN, missed=0.3)}, False, None),
        ({"ink": structs.replace(CLEAN, missed=0.3)}, True, "30.0% of what looks like text"),
        ({"ink": structs.replace(CLEAN, missed=0.4)}, False, "40.0% of what looks like text"),
    ],
)
def test_a_text_of_guesses_is_worse_than_a_picture(changes: dict[str, Any], legible: bool, why: str | None) -> None:
    found = gates.garbled(reading(*PROSE, **changes), legible=legible, min_agreement=0.9)
    assert found is None if why is None else why in (found or "")


def test_how_much_two_readings_must_share_depends_on_the_engine() -> None:
    shaky = reading(*PROSE, agreement=Agreement(0.8))
    assert gates.garbled(shaky, legible=True, min_agreement=0.7) is None
    assert gates.garbled(shaky, legible=True, min_agreement=0.85)


@pytest.mark.parametrize("text", ["PH!LEO", "STeTLONERY", "a|b"])
def test_a_word_that_no_one_prints_like_that_is_malformed(text: str) -> None:
    assert [word.text for word in gates.malformed(words(*PROSE, text))] == [text]


@pytest.mark.parametrize("text", ["PHILEO", "McDONALD", "iPhone", "Hello!", "e-mail", "myNEWScareline", "SELANGOR,"])
def test_a_word_of_an_odd_kind_is_not_malformed(text: str) -> None:
    assert list(gates.malformed(words(text))) == []


def test_a_few_unsure_words_among_sure_ones_are_enough_to_doubt() -> None:
    some = words(*PROSE * 2, confidence=97) + words(*PROSE[:3], confidence=30)
    assert "some words" in (objection(reading(page=Page(some))) or "")


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


def test_a_picture_whose_ink_was_all_read_passes() -> None:
    assert gates.ink_objection(CLEAN) is None


@pytest.mark.parametrize(
    ("ink", "why"),
    [
        (structs.replace(CLEAN, missed=0.2), "20.0% of what looks like text"),
        (structs.replace(CLEAN, missed=0.001, places=(Box(0, 0, 9, 9),)), "0.1% of what looks like text"),
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
        (Agreement(words=0.99, doubtful=words("14.50")), "two readings differ in a number"),
        (Agreement(words=0.99, missed=words("14.50")), "two readings differ in a number"),
        (Agreement(words=1.0, doubtful=words("VV")), "a word was read doubtfully"),
        (Agreement(words=0.5), "two readings share only 50% of the words"),
    ],
)
def test_two_readings_must_agree(agreement: Agreement, why: str | None) -> None:
    assert gates.agreement_objection(agreement) == why
