"""One small picture beside the text: the page as a thumbnail, and the lines of it that must be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from token0.types import Image, Size
from token0_ocr.page import Box
from token0_pixels import Pixels, encode_smallest, resize
from token0_pixels.pixels import on_white

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from token0.interfaces import TokenCounter

SIDES = (512, 384, 256)
"""Longest sides of a thumbnail that are tried: the larger is taken where it costs the same."""

GAP = 6
"""Pixels between two pieces."""

SHOWN = 0.98
"""The model must see the montage at this share of its size, or its lines are not legible."""


class Design(NamedTuple):
    """Sizes of all pieces, the thumbnail first, where they go, the size of it all, and the word of its resolution."""

    pieces: tuple[Size, ...]
    places: tuple[tuple[int, int], ...]
    size: Size
    detail: str | None


def lines_of(boxes: Iterable[Box], letter: float, size: Size) -> list[Box]:
    """Boxes beside or on each other as one line, with some ground around it; from top to bottom."""
    lines: list[Box] = []
    for box in boxes:
        for line in [line for line in lines if line.beside(box)]:
            lines.remove(line)
            box = box.joined(line)
        lines.append(box)
    pad = round(letter / 2)
    return [
        Box(
            max(0, box.left - pad),
            max(0, box.top - pad),
            min(size.width, box.right + pad),
            min(size.height, box.bottom + pad),
        )
        for box in sorted(lines, key=lambda box: box.top)
    ]


def design(size: Size, lines: Sequence[Box], scale: float, counter: TokenCounter) -> Design | None:
    """The cheapest montage of a thumbnail and `lines` at `scale`; None when the model would see none legibly."""
    cut = [Size(max(1, round(line.width * scale)), max(1, round(line.height * scale))) for line in lines]
    designs: list[Design] = []
    for side in SIDES:
        small = min(1.0, side / max(size))
        pieces = [Size(max(1, round(size.width * small)), max(1, round(size.height * small))), *cut]
        places, whole = _packed(pieces)
        designs += (
            Design(tuple(pieces), places, whole, detail)
            for detail in (None, *counter.details)
            if not lines or counter.seen(whole, detail).width >= SHOWN * whole.width
        )
    return min(designs, key=lambda design: counter.count(design.size, design.detail), default=None)


def _packed(pieces: Sequence[Size]) -> tuple[tuple[tuple[int, int], ...], Size]:
    """Where each piece goes, left and top: in shelves as wide as the widest, in their order."""
    width = max(piece.width for piece in pieces)
    places, left, top, height = [], 0, 0, 0
    for piece in pieces:
        if left + piece.width > width:
            left, top, height = 0, top + height + GAP, 0
        places.append((left, top))
        left += piece.width + GAP
        height = max(height, piece.height)
    return tuple(places), Size(width, top + height)


def render(pixels: Pixels, lines: Sequence[Box], plan: Design) -> Image:
    """The montage as an image."""
    if pixels.alpha:
        pixels = pixels._replace(array=on_white(pixels.array), alpha=False)
    array = pixels.array
    canvas = np.full((plan.size.height, plan.size.width, *array.shape[2:]), 255, np.uint8)
    cuts = [array, *(array[line.top : line.bottom, line.left : line.right] for line in lines)]
    for cut, size, (left, top) in zip(cuts, plan.pieces, plan.places, strict=True):
        canvas[top : top + size.height, left : left + size.width] = resize(pixels._replace(array=cut), size).array
    form, data = encode_smallest(pixels._replace(array=canvas), ("png", "jpeg"))
    return Image(data=data, format=form, width=plan.size.width, height=plan.size.height, detail=plan.detail)
