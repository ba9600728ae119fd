"""Where words stand is kept, as far as text can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from token0_pdf.layout import lay_out
from token0_pdf.testing import paragraphs, pdf, text
from token0_pdf.words import find_words

if TYPE_CHECKING:
    from collections.abc import Callable

    Opened = Callable[[bytes], Any]

LEFT = [f"{line[:40]} left {i}" for i, line in enumerate(paragraphs(12))]
RIGHT = [f"{line[:40]} right {i}" for i, line in enumerate(paragraphs(12))]


def read(page: Any) -> str:
    return lay_out(find_words(page, page.get_textpage()))


def table(*columns: tuple[int, list[str]]) -> str:
    return "".join(text(*cells, left=left) for left, cells in columns)


def test_columns_of_prose_are_read_one_after_the_other(page: Opened) -> None:
    shown = read(page(pdf(text(*LEFT, left=50) + text(*RIGHT, left=320))))
    assert shown.splitlines() == [*LEFT, "", *RIGHT]


def test_a_title_above_two_columns_comes_first(page: Opened) -> None:
    title = text("A title that stands above both columns and is as wide as the whole page is, or so", top=40)
    shown = read(page(pdf(text(*LEFT, left=50) + text(*RIGHT, left=320) + title)))
    assert [shown.index(word) for word in ("A title", "left 0", "right 0")] == sorted(
        shown.index(word) for word in ("A title", "left 0", "right 0")
    )


def test_the_cells_of_a_table_stay_in_their_rows_and_columns(page: Opened) -> None:
    shown = read(page(pdf(table(
        (72, ["Item", "Apples", "Pears", "Plums", "Figs", "Nuts", "Sum"]),
        (200, ["Price", "1.20", "", "3.00", "4.10", "", "8.30"]),
        (300, ["Stock", "", "7", "8", "", "9", "24"]),
    ))))  # fmt: skip
    lines = shown.splitlines()
    assert len(lines) == 7
    places = {line.index("7") for line in lines if line.startswith("Pears")}
    assert places == {lines[0].index("Stock")}
    assert lines[1].index("1.20") == lines[0].index("Price")
    assert "7" not in lines[1]


def test_rows_of_a_table_that_stand_far_apart_are_one_table(page: Opened) -> None:
    rows = text("Name", "Ann", points=10, left=72).replace("12.0 TL", "30 TL") + "".join(
        text(*cells, left=left).replace("12.0 TL", "30 TL") for left, cells in ((200, ["Net", ""]), (300, ["Tax", "5"]))
    )
    first, second = read(page(pdf(rows))).splitlines()
    assert second.index("5") == first.index("Tax")


def test_indentation_is_kept(page: Opened) -> None:
    code = text("def double(x):") + text("", "return 2 * x", left=96)
    first, second = read(page(pdf(code))).splitlines()
    assert first == "def double(x):"
    assert second.startswith("   ")
    assert second.strip() == "return 2 * x"


def test_blank_columns_cost_little(page: Opened) -> None:
    shown = read(page(pdf(table((20, ["a", "b"]), (560, ["1", "2"])))))
    assert shown == "a  1\nb  2"


def test_what_is_written_last_but_stands_first_is_read_first(page: Opened) -> None:
    assert read(page(pdf(text("below", top=300) + text("above", top=100)))).split() == ["above", "below"]


@pytest.mark.parametrize(("rotate", "matrix"), [(0, "1 0 0 1 100 100"), (90, "0 1 -1 0 100 100")])
def test_pages_that_are_shown_turned_are_read_as_shown(page: Opened, rotate: int, matrix: str) -> None:
    content = f"BT /F1 12 Tf 14 TL {matrix} Tm (first line) Tj T* (second line) Tj ET"
    assert read(page(pdf(content, rotate=rotate))).splitlines() == ["first line", "second line"]


def test_turned_words_come_last(page: Opened) -> None:
    margin = "BT /F1 10 Tf 0 1 -1 0 30 300 Tm (in the margin) Tj ET "
    assert read(page(pdf(margin + text("words")))) == "words\n\nin the margin"


def test_an_empty_page_has_no_text(page: Opened) -> None:
    assert read(page(pdf(""))) == ""
