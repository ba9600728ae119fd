"""How several pictures lie on one canvas: in rows, from left to right, at their own size."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from token0.types import Size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GUTTER = 8


class Canvas(NamedTuple):
    """A size, and the numbers of the pictures in each row. `corners` are left upper ones, in the pictures' order."""

    size: Size
    rows: tuple[range, ...]
    corners: tuple[tuple[int, int], ...]


def canvases(sizes: Sequence[Size]) -> Iterator[Canvas]:
    """The canvas of each number of columns, from one row to one column."""
    for columns in range(len(sizes), 0, -1):
        yield _canvas(sizes, columns)


def _canvas(sizes: Sequence[Size], columns: int) -> Canvas:
    rows = tuple(range(start, min(start + columns, len(sizes))) for start in range(0, len(sizes), columns))
    corners, right, y = [], 0, 0
    for row in rows:
        x = 0
        for i in row:
            corners.append((x, y))
            x += sizes[i].width + GUTTER
        right = max(right, x)
        y += max(sizes[i].height for i in row) + GUTTER
    return Canvas(Size(right - GUTTER, y - GUTTER), rows, tuple(corners))
