"""Words that stand on one line, and blocks of such lines."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from token0_pdf.words import Word

# Raised and lowered letters are still of the line, those of the next one are not.
_SAME_LINE = 0.4

# From one baseline to the next, in heights of the higher line: beyond the first a new block begins, but lines of a
# table may lie as far apart as the second.
_NEW_BLOCK = 1.9
_TABLE = 3.5

# A gap of this many heights parts the cells of a table, of which a row has at least so many.
_CELL = 0.9
_CELLS = 3


class Row(NamedTuple):
    """Words of one line, from left to right."""

    words: tuple[Word, ...]

    @property
    def left(self) -> float:
        return self.words[0].box.left

    @property
    def right(self) -> float:
        return max(word.box.right for word in self.words)

    @property
    def baseline(self) -> float:
        return median(word.baseline for word in self.words)

    @property
    def height(self) -> float:
        return max(word.height for word in self.words)

    @property
    def is_tabular(self) -> bool:
        """True for a line in several pieces."""
        gaps = (other.box.left - one.box.right for one, other in pairwise(self.words))
        return sum(gap > _CELL * self.height for gap in gaps) + 1 >= _CELLS

    @property
    def letters(self) -> int:
        return sum(len(word.text) for word in self.words)


def find_rows(words: Iterable[Word]) -> list[Row]:
    """Lines from top to bottom."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.baseline, word.box.left)):
        if lines and _same_line(lines[-1], word):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [Row(tuple(sorted(line, key=lambda word: word.box.left))) for line in lines]


def _same_line(line: list[Word], word: Word) -> bool:
    return word.baseline - line[0].baseline <= _SAME_LINE * min(line[0].height, word.height)


def blocks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows that follow each other without a wide gap. What belongs to one table stays together."""
    block: list[Row] = []
    for row in rows:
        if block and _is_apart(block[-1], row):
            yield block
            block = []
        block.append(row)
    if block:
        yield block


def _is_apart(above: Row, below: Row) -> bool:
    most = _TABLE if above.is_tabular or below.is_tabular else _NEW_BLOCK
    return below.baseline - above.baseline > most * max(above.height, below.height)
