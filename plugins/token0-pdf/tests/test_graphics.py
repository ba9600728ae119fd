"""What a page shows besides its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from token0_pdf.page import read_page
from token0_pdf.testing import image, paragraphs, pdf, text

if TYPE_CHECKING:
    from collections.abc import Callable

    Opened = Callable[[bytes], Any]

WORDS = text(*paragraphs(25))
RULES = "".join(f"72 {y} m 540 {y} l S " for y in range(100, 700, 20)) + "".join(
    f"{x} 100 m {x} 700 l S " for x in range(72, 541, 117)
)
BARS = "".join(f"0.2 0.4 0.8 rg {100 + 60 * i} 100 40 {60 + 40 * i} re f " for i in range(6)) + "0 g "
WAVES = "".join(f"{80 + 9 * i} {100 + i * 37 % 250} m {120 + 9 * i} {350 - i * 53 % 250} l S " for i in range(45))
OUTLINED = "".join(
    f"72 {y} m " + "".join(f"{72 + 3 * i} {y + 8 * (i % 2)} l " for i in range(1, 150)) + "S "
    for y in range(80, 360, 14)
)
SHADED = "".join(f"0.9 g 60 {y} 490 12 re f " for y in range(430, 720, 24)) + "0 g "


@pytest.mark.parametrize(
    "content", [WORDS, WORDS + RULES, SHADED + WORDS, WORDS + image(480, 740, 70, 40)],
    ids=["words", "rules", "shaded lines", "logo"],
)  # fmt: skip
def test_words_are_all_there_is_on(page: Opened, content: str) -> None:
    assert read_page(page(pdf(content))).shows is None


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (WORDS + image(72, 72, 400, 250), "pictures"),
        (WORDS + BARS, "drawings"),
        (WORDS + WAVES, "drawings"),
        (WORDS + OUTLINED, "drawings"),
        (text("Figure 1") + image(72, 300, 120, 120), "pictures"),
    ],
    ids=["picture", "bars", "lines", "outlined letters", "little text"],
)
def test_a_page_must_be_seen_for_its(page: Opened, content: str, what: str) -> None:
    assert read_page(page(pdf(content))).shows == what


@pytest.mark.parametrize(("kind", "shows"), [("Widget", True), ("Ink", True), ("Highlight", True), ("Link", False)])
def test_notes_of_readers_are_seen(page: Opened, kind: str, shows: bool) -> None:
    note = f"/Annots [<< /Type /Annot /Subtype /{kind} /Rect [50 50 200 80] >>]"
    assert (read_page(page(pdf(WORDS, extra=note))).shows == "form fields or notes") is shows
