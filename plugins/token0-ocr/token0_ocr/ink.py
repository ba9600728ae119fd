"""What is on a picture besides the words that were read: missed text, drawings, shapes, check boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from token0_ocr.page import Box
from token0_ocr.picture import ink_of, rules_of, scaled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from token0_ocr.page import Grey

LETTER = 12
"""Measured at the size where letters without ascenders are this high."""

FILL_CONTRAST = 24
"""Grey levels between a filled shape and the ground."""


class Ink(msgspec.Struct, frozen=True):
    """missed:  ink of stroke-like parts outside the words, as a share of all such ink
    places:  where such parts stand side by side like the letters of a word
    drawn:   area of the bigger parts outside the words, as a share of the picture
    shapes:  area of filled shapes without a word inside, as a share of the picture
    boxes:   number of empty or ticked check boxes
    """

    missed: float
    places: tuple[Box, ...]
    drawn: float
    shapes: float
    boxes: int


def measure(grey: Grey, letter: float, boxes: Sequence[Box]) -> Ink:
    """`grey` is dark on light, with letters `letter` pixels high; `boxes` of the words that are trusted."""
    import cv2
    import numpy as np

    words = np.zeros_like(grey)
    for box in boxes:
        pad = max(round(letter / 4), box.height // 4)
        words[max(0, box.top - pad) : box.bottom + pad, max(0, box.left - pad) : box.right + pad] = 255
    scale = LETTER / letter
    grey = scaled(grey, scale, margin=0)
    words = np.asarray(cv2.resize(words, grey.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
    ink = ink_of(grey)
    squares = _check_boxes(ink)
    ink[rules_of(ink, 4 * LETTER) > 0] = 0
    missed, rows, drawn = _left_over(np.asarray(cv2.bitwise_and(ink, cv2.bitwise_not(words)), np.uint8))
    read = int(np.count_nonzero(ink & words))
    places = tuple(Box(*(round(edge / scale) for edge in row)) for row in rows)
    shapes = _shapes(grey, words) / grey.size
    return Ink(missed / max(1, missed + read), places, drawn / grey.size, shapes, squares)


def _left_over(ink: Grey) -> tuple[int, list[Box], int]:
    """Pixels of ink that could be text, rows of it, and the area of parts too big for it. Specks count nothing."""
    import cv2
    import numpy as np

    _, labels, parts, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height, area = parts[:, 2], parts[:, 3], parts[:, 4]
    big = (height > 3.5 * LETTER) | (width > 6 * LETTER)
    text = ~big & (height >= 0.6 * LETTER) & (width >= 0.15 * LETTER) & (area >= 0.1 * width * height)
    big[0] = text[0] = False
    rows = list(_rows(np.where(text[labels], np.uint8(255), np.uint8(0))))
    return int(area[text].sum()), rows, int((width[big] * height[big]).sum())


def _rows(letters: Grey) -> Iterable[Box]:
    """Places with three parts beside each other, or touching ones as long as two letters."""
    import cv2
    import numpy as np

    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, np.ones((1, LETTER), np.uint8))
    _, labels, parts, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    _, _, _, inner = cv2.connectedComponentsWithStats(letters, connectivity=8)
    at = inner[1:].astype(int)
    members = np.bincount(labels[at[:, 1], at[:, 0]], minlength=len(parts))
    for (left, top, width, height, _), inside in zip(parts[1:].tolist(), members[1:].tolist(), strict=True):
        if inside >= 3 or width >= 2 * height:
            yield Box(left, top, left + width, top + height)


def _shapes(grey: Grey, words: Grey) -> int:
    """Area of filled parts, in pixels, that hold no word: bars, slices, icons, pictures."""
    import cv2
    import numpy as np

    ground = int(np.argmax(np.bincount(grey.ravel(), minlength=256)))
    filled = (cv2.absdiff(grey, np.full_like(grey, ground)) > FILL_CONTRAST).astype(np.uint8)
    filled = np.asarray(cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((LETTER, LETTER), np.uint8)), np.uint8)
    _, _, parts, _ = cv2.connectedComponentsWithStats(filled, connectivity=4)
    # A shaded table row stops at the letters, so words are looked for in the box around it.
    total = 0
    for left, top, width, height, area in parts[1:]:
        inside = words[top : top + height, left : left + width]
        if np.count_nonzero(inside) < 0.02 * inside.size:
            total += int(area)
    return total


def _check_boxes(ink: Grey) -> int:
    """Parts as square as a check box: all four sides straight, and mostly empty."""
    import cv2

    _, labels, parts, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    found = 0
    for label, (left, top, width, height, area) in enumerate(parts):
        if not (0.7 * LETTER <= height <= 3 * LETTER and 0.8 <= width / height <= 1.25 and area < 0.7 * width * height):
            continue
        part = labels[top : top + height, left : left + width] == label
        edge = max(1, round(0.12 * height))
        sides = (part[:edge].any(0), part[-edge:].any(0), part[:, :edge].any(1), part[:, -edge:].any(1))
        found += all(side.mean() >= 0.9 for side in sides)
    return found
