"""From words with places to text in which columns and indentation stand where they stood."""

from __future__ import annotations

from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

from token0_pdf.columns import reading_order
from token0_pdf.rows import blocks, find_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from token0_pdf.rows import Row
    from token0_pdf.words import Word

# More than this many letters' widths between two words keep them in their columns.
_WIDE = 2.4

# Blanks that stay between columns; more of them say nothing and cost tokens.
_BETWEEN = 2

_LONGEST_LINE = 400


def lay_out(words: Sequence[Word]) -> str:
    """The text of a page in reading order. Turned words follow at the end, in the order of the file."""
    level = [word for word in words if word.level]
    parts = [_drawn(block) for stretch in reading_order(find_rows(level)) for block in blocks(stretch)]
    turned = " ".join(word.text for word in words if not word.level)
    return "\n\n".join(part for part in (*parts, turned) if part)


def _drawn(rows: Sequence[Row]) -> str:
    """A block on a grid of letters, without the blank columns that all its lines share."""
    unit = median(
        (word.box.right - word.box.left) / len(word.text) for row in rows for word in row.words for _ in word.text
    )
    left = min(row.left for row in rows)
    return "\n".join(_squeezed([_line(row, left, max(unit, 1.0)) for row in rows]))


def _line(row: Row, left: float, unit: float) -> str:
    line, end = "", left
    for word in row.words:
        column = min(int((word.box.left - left) / unit + 0.5), _LONGEST_LINE)
        wide = word.box.left - end > _WIDE * unit or not line
        blanks = max(column - len(line), _BETWEEN if line else 0) if wide else 1
        line += " " * blanks + word.text
        end = word.box.right
    return line


def _squeezed(lines: list[str]) -> list[str]:
    width = max(map(len, lines))
    padded = [line.ljust(width) for line in lines]
    blank = [all(line[i] == " " for line in padded) for i in range(width)]
    kept: list[int] = []
    for is_blank, run in groupby(range(width), key=blank.__getitem__):
        places = list(run)
        kept += places if not is_blank else places[:_BETWEEN] if kept else []
    return ["".join(line[i] for i in kept).rstrip() for line in padded]
