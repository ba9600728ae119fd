"""Words that stand on one line, and blocks of such lines."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from token0_pdf.words import Word

# Raised and lowered letters are still of the line, those of the next one are not.
_SAME_LINE = 0.4

# A gap between two lines of more than this many heights of the higher one begins a new block.
_NEW_BLOCK = 0.9


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
    """Rows that follow each other without a wide gap."""
    block: list[Row] = []
    for row in rows:
        if block and row.baseline - block[-1].baseline > (1 + _NEW_BLOCK) * max(row.height, block[-1].height):
            yield block
            block = []
        block.append(row)
    if block:
        yield block
