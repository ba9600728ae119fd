"""Lines of text: letters that stand beside each other on one baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from token0_pixels.letters import Letters

# How far to the right the next letter may begin, in heights of this one, and in how many steps it is looked for.
_REACH = 1.0
_STEPS = 8

# Log2 of the longest line of letters that is followed.
_DOUBLINGS = 9

# Side, in pixels, of the squares in which order (lines) is weighed against disorder (texture).
_CELL = 48
_LEAST_ORDER = 0.3


class Lines(NamedTuple):
    """Lines of text, one entry a line.

    letters: how many were found
    height:  pixels: the x-height, or the height of capitals and digits where the line has nothing else
    even:    True where all letters are equally high, as capitals and digits are
    area:    pixels covered by the letters' boxes
    contrast: grey levels between ink and paper
    breadth: width of a letter, as a share of its height
    """

    letters: NDArray[np.int64]
    height: NDArray[np.float64]
    even: NDArray[np.bool_]
    area: NDArray[np.float64]
    contrast: NDArray[np.float64]
    breadth: NDArray[np.float64]

    @property
    def total(self) -> int:
        return int(self.letters.sum())

    def __add__(self, other: Lines) -> Lines:  # type: ignore[override]
        return Lines(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


def find_lines(letters: Letters) -> Lines:
    """The lines that run from left to right, also slightly uphill or downhill."""
    numbers = np.flatnonzero(letters.usable)
    following = _next_letters(letters, numbers)
    last = following
    for _ in range(_DOUBLINGS):
        last = last[last]
    height = letters.bottom - letters.top + 1
    order = np.lexsort((height[numbers], last[numbers]))
    numbers = numbers[order]
    line_of, count = _numbered(last[numbers])
    kept = count[line_of] >= 3
    long = np.flatnonzero(count >= 3)
    renumbered = np.zeros(len(count), np.int64)
    renumbered[long] = np.arange(len(long))
    return _judged(letters, numbers[kept], renumbered[line_of[kept]], count[long], following)


def _next_letters(letters: Letters, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each spot the letter to its right, or itself. Looks along two rows, so that gaps in one do not matter."""
    height = letters.bottom - letters.top + 1
    own, end = height[numbers], letters.right[numbers] + 1
    rows, columns = letters.labels.shape
    # One lookup for all letters: (steps, rows looked along, letters), and the nearest spot counts.
    x = (end + (own * (np.arange(_STEPS)[:, None] * _REACH / (_STEPS - 1))).astype(np.int64))[:, None]
    y = letters.top[numbers] + own * np.array([[2], [3]]) // 4
    there = letters.labels[np.minimum(y, rows - 1), np.minimum(x, columns - 1)]
    there = np.where((x < columns) & (there != numbers), there, 0).reshape(_STEPS * len(y), len(numbers))
    found = there[(there != 0).argmax(axis=0), np.arange(len(numbers))]
    other = height[found]
    offset = np.abs(letters.top[found] + letters.bottom[found] - letters.top[numbers] - letters.bottom[numbers])
    linked = (
        letters.usable[found] & (letters.right[found] > letters.right[numbers]) & (offset <= np.maximum(own, other))
    )
    linked &= (own * 20 >= other * 9) & (other * 20 >= own * 9)
    following = np.arange(len(letters.usable))
    following[numbers[linked]] = found[linked]
    return following


def _numbered(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sorted keys as 0, 0, 1, 1, 1, 2 ... and how many there are of each."""
    changes = np.concatenate(([False], keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, bool)
    line_of = np.cumsum(changes)
    return line_of, np.bincount(line_of)


def _judged(
    letters: Letters, numbers: NDArray[np.int64], line_of: NDArray[np.int64], count: NDArray[np.int64],
    following: NDArray[np.int64],
) -> Lines:  # fmt: skip
    """Measure lines and keep those that look written: level, of one or two heights, not a fence of bars.

    `numbers` are sorted by line and by height within it.
    """
    height = (letters.bottom - letters.top + 1).astype(np.float64)
    boxes = height * (letters.right - letters.left + 1)
    own, fill = height[numbers], letters.area[numbers] / boxes[numbers]
    starts = np.cumsum(count) - count

    def share(of: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(line_of, of, len(count)) / np.maximum(count, 1))

    low, high = own[starts + count * 35 // 100], own[starts + count * 85 // 100]
    near = np.abs(own - low[line_of]) <= np.maximum(1, 0.15 * low[line_of])
    near |= np.abs(own - high[line_of]) <= np.maximum(1, 0.12 * high[line_of])
    then = following[numbers]
    drop = np.abs(letters.bottom[then] - letters.bottom[numbers])
    level = (then != numbers) & (drop <= np.maximum(1, 0.15 * np.minimum(own, height[then])))
    pairs = share(level) * count / np.maximum(count - 1, 1)
    equal, bars, ink = share(near), share(fill > 0.85), np.bincount(line_of, fill, len(count)) / np.maximum(count, 1)
    good = (count >= 4) & (equal >= 0.6) & (pairs >= 0.5) & (bars < 0.6)
    good |= (count == 3) & (equal > 0.99) & (pairs > 0.99) & (bars < 0.4)
    good &= ink > 0.2
    good &= _order(letters, numbers, good[line_of], line_of, count) >= _LEAST_ORDER
    even = share(own > 1.22 * low[line_of]) < 0.08
    area = np.bincount(line_of, boxes[numbers], len(count)).astype(np.float64)
    contrast = np.bincount(line_of, letters.contrast[numbers], len(count)) / np.maximum(count, 1)
    ratio = (letters.right - letters.left + 1)[numbers] / own
    breadth = ratio[np.lexsort((ratio, line_of))][starts + count // 2]
    return Lines(count[good], low[good], even[good], area[good], contrast[good], breadth[good])


def _order(
    letters: Letters, numbers: NDArray[np.int64], good: NDArray[np.bool_], line_of: NDArray[np.int64],
    count: NDArray[np.int64],
) -> NDArray[np.float64]:  # fmt: skip
    """A line: the share of letter-like spots around it that stand in good lines. In texture, lines are accidents."""
    rows, columns = (-(-edge // _CELL) for edge in letters.labels.shape)

    def cells(of: NDArray[np.int64]) -> NDArray[np.int64]:
        row, column = (letters.top[of] + letters.bottom[of]) // 2, (letters.left[of] + letters.right[of]) // 2
        return np.asarray(row // _CELL * columns + column // _CELL)

    def around(of: NDArray[np.int64]) -> NDArray[np.float32]:
        grid = np.bincount(cells(of), minlength=rows * columns).astype(np.float32).reshape(rows, columns)
        near = cv2.boxFilter(grid, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(near, np.float32).reshape(-1)

    share = around(numbers[good]) / np.maximum(around(np.flatnonzero(letters.usable)), 1)
    return np.asarray(np.bincount(line_of, share[cells(numbers)], len(count)) / np.maximum(count, 1))
