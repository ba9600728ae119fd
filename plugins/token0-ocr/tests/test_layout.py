from __future__ import annotations

from token0_ocr.layout import lay_out
from token0_ocr.page import Box, Word


def drawn(*lines: str, left: int = 0, top: int = 0, block: int = 0) -> tuple[Word, ...]:
    """Words where a typewriter would put them: 10 pixels a letter, 20 a line, letters 14 high."""
    words = []
    for row, line in enumerate(lines):
        at = 0
        for text in line.split(" "):
            if text:
                box = Box(left + 10 * at, top + 20 * row, left + 10 * (at + len(text)), top + 20 * row + 14)
                words.append(Word(text, box, 95, block))
            at += len(text) + 1
    return tuple(words)


def test_lines_of_prose_stay_lines() -> None:
    assert lay_out(drawn("one two three", "four five")) == "one two three\nfour five"


def test_indentation_is_kept() -> None:
    assert lay_out(drawn("first", "  second", "    third")) == "first\n  second\n    third"


def test_a_paragraph_is_set_apart_by_an_empty_line() -> None:
    assert lay_out(drawn("one", "two") + drawn("three", top=80)) == "one\ntwo\n\nthree"


def test_columns_of_a_table_are_aligned_even_where_a_cell_is_empty() -> None:
    table = drawn("Item     Qty   Price", "Apple      2    3.00", "Pear           11.50")
    assert lay_out(table) == "Item     Qty   Price\nApple      2    3.00\nPear           11.50"


def test_a_wide_gutter_is_narrowed_without_losing_the_alignment() -> None:
    table = drawn("a                         1", "bb                       22")
    assert lay_out(table) == "a      1\nbb    22"


def test_cells_that_were_found_as_separate_blocks_come_back_into_rows() -> None:
    left = drawn("Name", "Ann", "Bob", block=0)
    right = drawn("Age", "31", "42", left=200, block=1)
    assert lay_out(left + right) == "Name    Age\nAnn     31\nBob     42"


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left, right = ["this is the first column"] * 6, ["and this is the other"] * 6
    words = drawn(*left, block=0) + drawn(*right, left=400, block=1)
    assert lay_out(words) == "\n".join([*left, "", *right])


def test_a_table_of_words_is_not_torn_into_columns() -> None:
    table = drawn(*["Boston, in the north          7      Red Sox of the league        yes"] * 7)
    assert lay_out(table).count("\n") == 6


def test_rows_that_were_found_as_separate_blocks_share_their_columns() -> None:
    first, second = drawn("Ann           31    yes"), drawn("Bob     London    no", top=40, block=1)
    assert lay_out(first + second) == "Ann          31    yes\nBob    London    no"


def test_justified_prose_is_not_spread() -> None:
    words = drawn("all  of these lines are", *["lines  of  the same text"] * 6)
    assert lay_out(words).split("\n")[1] == "lines of the same text"


def test_a_word_that_sits_a_little_higher_stays_on_its_line() -> None:
    low, high = drawn("one two")
    raised = Word(high.text, Box(high.box.left, high.box.top - 4, high.box.right, high.box.bottom - 4), 95)
    assert lay_out((low, raised)) == "one two"
