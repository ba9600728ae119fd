"""Reading order: columns of prose are read one after the other, tables row by row."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from token0_pdf.rows import Row, find_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

# Points of white between two columns, at least.
_GUTTER = 6.0

# What a column of prose is: lines, letters a line, the share of the column's width that its lines fill.
_LINES = 6
_LETTERS = 18
_FILLED = 0.6

_DEEPEST = 4


def reading_order(rows: Sequence[Row], deepest: int = _DEEPEST) -> list[list[Row]]:
    """`rows` in stretches to be read in turn; within a stretch words keep their places beside each other."""
    found = _best_cut(rows) if deepest else None
    if found is None:
        return [list(rows)] if rows else []
    first, last, x = found
    words = [word for row in rows[first:last] for word in row.words]
    sides = [word for word in words if word.box.right <= x], [word for word in words if word.box.right > x]
    order = reading_order(rows[:first], deepest - 1)
    for side in sides:
        order += reading_order(find_rows(side), deepest - 1)
    return order + reading_order(rows[last:], deepest - 1)


def _best_cut(rows: Sequence[Row]) -> tuple[int, int, float] | None:
    """The longest run of rows, first and behind the last, with two columns of prose, and where they are parted."""
    best: tuple[int, int, float] | None = None
    for x in _candidates(rows):
        for first, last in _runs(rows, x):
            longer = best is None or last - first > best[1] - best[0]
            if longer and last - first >= _LINES and _is_prose(rows[first:last], x):
                best = first, last, x
    return best


def _candidates(rows: Sequence[Row]) -> list[float]:
    """Places of gaps that many rows share, the most shared first."""
    votes: dict[int, int] = {}
    for row in rows:
        for one, other in pairwise(row.words):
            if other.box.left - one.box.right >= _GUTTER:
                for x in range(int(one.box.right) + 2, int(other.box.left), 4):
                    votes[x // 4] = votes.get(x // 4, 0) + 1
    shared = sorted(votes, key=lambda at: (-votes[at], at))[:12]
    return [at * 4 + 2.0 for at in shared if votes[at] >= _LINES // 2]


def _runs(rows: Sequence[Row], x: float) -> list[tuple[int, int]]:
    """Stretches of rows that leave a gutter free at `x`."""
    runs: list[tuple[int, int]] = []
    start = 0
    for i in range(len(rows) + 1):
        if i == len(rows) or not _is_free(rows[i], x):
            runs += [(start, i)] if i > start else []
            start = i + 1
    return runs


def _is_free(row: Row, x: float) -> bool:
    before = max((word.box.right for word in row.words if word.box.left <= x), default=x - _GUTTER)
    behind = min((word.box.left for word in row.words if word.box.left > x), default=x + _GUTTER)
    return before <= x and behind - before >= _GUTTER


def _is_prose(rows: Sequence[Row], x: float) -> bool:
    words = [word for row in rows for word in row.words]
    sides = (find_rows(word for word in words if (word.box.right <= x) is left) for left in (True, False))
    return all(_is_column(side) for side in sides)


def _is_column(rows: Sequence[Row]) -> bool:
    """Lines of prose fill their column; the cells of a table are short, or far apart."""
    if len(rows) < _LINES:
        return False
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    filled = sum(_inked(row) for row in rows) / ((right - left) * len(rows))
    return filled >= _FILLED and sum(row.letters for row in rows) >= _LETTERS * len(rows)


def _inked(row: Row) -> float:
    """The width that words and the blanks between them take, without wide gaps."""
    gaps = (other.box.left - one.box.right for one, other in pairwise(row.words))
    return row.right - row.left - sum(gap for gap in gaps if gap > 2 * row.height)
