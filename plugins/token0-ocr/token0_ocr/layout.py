"""A page as plain text: columns and tables aligned by spaces, indentation kept, columns of prose one after another."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import median, median_low
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from token0_ocr.page import Word

Row = list["Word"]

WIDEST_GAP = 4
"""Spaces that are left of a gutter which is empty in every row."""

CELL_GAP = 1.5
"""Letter widths between two cells of a table; words of one phrase stand closer."""

PARAGRAPH_GAP = 0.9
"""Of the height of a line: the ground between two paragraphs."""

PROSE_WORDS = 4
PROSE_ROWS = 6


def lay_out(words: Sequence[Word]) -> str:
    """The text of a page. Blocks beside each other are rows of one table, unless they are columns of prose."""
    parts = [column for group in _tables(_groups(_blocks(words))) for column in _columns(group)]
    return "\n\n".join("\n".join(_lines(part)) for part in parts)


def rows_of(words: Iterable[Word]) -> list[Row]:
    """Words on one height, from left to right; rows from top to bottom."""
    rows: list[Row] = []
    for word in sorted(words, key=lambda word: (word.box.top + word.box.bottom, word.box.left)):
        if rows and _same_height(rows[-1], word):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [sorted(row, key=lambda word: word.box.left) for row in rows]


def paragraphs(words: Iterable[Word]) -> list[list[Word]]:
    """Words of lines that follow each other closely, within the engine's blocks."""
    found: list[list[Word]] = []
    for block in _blocks(words):
        before: Row = []
        for row in rows_of(block):
            if before and row[0].box.top - before[0].box.bottom < PARAGRAPH_GAP * before[0].box.height:
                found[-1] += row
            else:
                found.append([*row])
            before = row
    return found


def _same_height(row: Row, word: Word) -> bool:
    middle = median((other.box.top + other.box.bottom) / 2 for other in row)
    height = median([other.box.height for other in row] + [word.box.height])
    return abs((word.box.top + word.box.bottom) / 2 - middle) < 0.5 * height


def _blocks(words: Iterable[Word]) -> list[list[Word]]:
    blocks: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        blocks[word.block].append(word)
    return [blocks[number] for number in sorted(blocks)]


def _groups(blocks: Sequence[list[Word]]) -> list[list[Word]]:
    """Join blocks that share rows; groups stand from top to bottom then."""
    groups: list[list[Word]] = []
    for block in blocks:
        beside = [group for group in groups if _share_rows(group, block)]
        groups = [group for group in groups if group not in beside]
        groups.append([word for group in [*beside, block] for word in group])
    return sorted(groups, key=lambda group: min(word.box.top for word in group))


def _tables(groups: list[list[Word]]) -> list[list[Word]]:
    """Join rows of cells that follow each other: engines cut ruled tables between the rows."""
    joined: list[list[Word]] = []
    for group in groups:
        if joined and _is_cells(joined[-1]) and _is_cells(group) and _follows(joined[-1], group):
            joined[-1] = joined[-1] + group
        else:
            joined.append(group)
    return joined


def _is_cells(words: Sequence[Word]) -> bool:
    return all(map(_has_gutter, rows_of(words)))


def _follows(above: Sequence[Word], below: Sequence[Word]) -> bool:
    step = min(word.box.top for word in below) - max(word.box.bottom for word in above)
    return step < 3 * median(word.box.height for word in above)


def _share_rows(one: Sequence[Word], other: Sequence[Word]) -> bool:
    top = max(min(word.box.top for word in words) for words in (one, other))
    bottom = min(max(word.box.bottom for word in words) for words in (one, other))
    return bottom - top > 0.3 * median(word.box.height for word in (*one, *other))


def _columns(words: list[Word]) -> list[list[Word]]:
    """Cut at the widest gutter that no word crosses, if there is prose on both sides."""
    order = sorted(words, key=lambda word: word.box.left)
    cut, widest, right = 0, median(word.box.height for word in words), order[0].box.right
    for index, word in enumerate(order):
        if word.box.left - right > widest:
            cut, widest = index, word.box.left - right
        right = max(right, word.box.right)
    if cut and _is_prose(order[:cut]) and _is_prose(order[cut:]):
        return [*_columns(order[:cut]), *_columns(order[cut:])]
    return [words]


def _is_prose(words: Sequence[Word]) -> bool:
    """Lines of several words that fill their column, nearly all without a gap."""
    rows = rows_of(words)
    if len(rows) < PROSE_ROWS or len(words) < PROSE_WORDS * len(rows):
        return False
    whole = max(word.box.right for word in words) - min(word.box.left for word in words)
    filled = median(row[-1].box.right - row[0].box.left for row in rows) > 0.75 * whole
    return filled and sum(map(_has_gutter, rows)) <= 0.1 * len(rows)


def _has_gutter(row: Row) -> bool:
    height = median(word.box.height for word in row)
    return any(right.box.left - left.box.right > 2 * height for left, right in pairwise(row))


def _lines(words: Sequence[Word]) -> list[str]:
    rows = rows_of(words)
    letter = _letter_width(words)
    left = min(word.box.left for word in words)
    # Justified prose has gaps as wide as those between cells.
    gap = 2 * median(word.box.height for word in words) if _is_prose(words) else CELL_GAP * letter
    lines = _squeeze([_place(row, left, letter, gap) for row in rows])
    middles = [median((word.box.top + word.box.bottom) / 2 for word in row) for row in rows]
    steps = [below - above for above, below in pairwise(middles)]
    height = median(word.box.height for word in words)
    wide = max(2.4 * height, 1.5 * median_low(steps)) if steps else 0
    spaced = lines[:1]
    for step, line in zip(steps, lines[1:], strict=True):
        spaced += ["", line] if step > wide else [line]
    return spaced


def _letter_width(words: Sequence[Word]) -> float:
    return max(1.0, median(word.box.width / len(word.text) for word in words))


def _place(row: Row, left: int, letter: float, gap: float) -> str:
    """Words of one phrase are a space apart; a word after a gap starts at the column where it stands."""
    line = ""
    before = None
    for word in row:
        column = round((word.box.left - left) / letter)
        if before is None:
            line = " " * column
        elif word.box.left - before.box.right < gap:
            line += " "
        else:
            line = line.ljust(max(column, len(line) + 2))
        line += word.text
        before = word
    return line


def _squeeze(lines: list[str]) -> list[str]:
    """Narrow the gutters that are empty in every line: alignment stays, spaces go."""
    width = max(map(len, lines))
    empty = [all(column >= len(line) or line[column] == " " for line in lines) for column in range(width)]
    keep = []
    run = 0
    for column in range(width):
        run = run + 1 if empty[column] else 0
        if run <= WIDEST_GAP:
            keep.append(column)
    return ["".join(line[column] for column in keep if column < len(line)).rstrip() for line in lines]
