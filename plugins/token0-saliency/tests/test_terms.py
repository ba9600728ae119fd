"""token0_saliency.terms: what a prompt names is looked for, and what only makes it a question is not."""

from __future__ import annotations

import pytest

from token0_saliency.terms import spelled, terms


def words(prompt: str) -> tuple[list[str], list[str]]:
    found = terms(prompt)
    assert found.objection is None
    return ["/".join(sorted(each)) for each in found.words], ["/".join(sorted(each)) for each in found.kinds]


@pytest.mark.parametrize(
    ("prompt", "named", "kinds"),
    [
        ("What is the total?", ["total"], []),
        ("What is the total amount?", ["total"], ["amount"]),
        ("What is the registration number?", ["registration"], ["no/nr/number"]),
        ("What is the name of the registrant?", ["registrant"], ["name"]),
        ("What is the date on the receipt?", ["date"], []),
        ("What is the value in the row 'Net income'?", ["net", "income"], ["value"]),
        ("Was ist die Rechnungssumme?", ["rechnungssumme"], []),
    ],
)
def test_the_words_that_should_stand_beside_the_answer(prompt: str, named: list[str], kinds: list[str]) -> None:
    assert words(prompt) == (named, kinds)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "What is the name on the receipt?",
        "Read all the text.",
        "Describe the picture.",
        "What colour is the total?",
        "How many items are on the receipt?",
        "Where is the total?",
    ],
)
def test_what_names_nothing_or_asks_for_more_than_one_place_is_objected_to(prompt: str) -> None:
    assert terms(prompt).objection


def test_words_are_compared_without_case_accents_and_plural() -> None:
    assert spelled("TOTALS: Café, glass!") == ["total", "cafe", "glass"]
