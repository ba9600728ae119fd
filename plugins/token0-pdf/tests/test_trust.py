"""Text layers that do not say what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from token0_pdf.page import read_page
from token0_pdf.testing import image, paragraphs, pdf, text

if TYPE_CHECKING:
    from collections.abc import Callable

    Opened = Callable[[bytes], Any]

LINES = paragraphs(20)


def shifted(line: str) -> str:
    """What a font without a table of its letters says."""
    return "".join("bcdfghjklmnpqrstvwxz"[ord(letter) % 20] if letter.isalpha() else letter for letter in line)


def test_honest_text_is_trusted(page: Opened) -> None:
    read = read_page(page(pdf(text(*LINES))))
    assert (read.shows, read.text.splitlines()) == (None, LINES)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (image(0, 0, 612, 792), "no text layer"),
        (image(0, 0, 612, 792) + text(*LINES, mode=3), "an invisible text layer"),
        ("1 g " + text(*LINES), "text that the page does not show"),
        (text(*LINES) + "1 g 0 0 612 792 re f", "text that the page does not show"),
        (text(*map(shifted, LINES)), "wrong letters"),
        ("BT /F1 10 Tf 0 1 -1 0 200 100 Tm (these words run up along the page) Tj ET", "turned text"),
    ],
    ids=["scan", "invisible", "white", "covered", "shifted", "turned"],
)
def test_a_page_is_seen_that_has(page: Opened, content: str, why: str) -> None:
    read = read_page(page(pdf(content)))
    assert read.shows
    assert why in read.shows
    assert read.text == ""


def test_words_outside_the_page_are_left_out(page: Opened) -> None:
    assert "outside" not in read_page(page(pdf(text(*LINES) + text("outside", left=700)))).text


@pytest.mark.parametrize("sign", ["-", ".", "\u2013", "'", "|"])
def test_thin_signs_are_words(page: Opened, sign: str) -> None:
    assert f"12 {sign} 14" in read_page(page(pdf(text(*LINES, f"12 {sign} 14", points=6)))).text
