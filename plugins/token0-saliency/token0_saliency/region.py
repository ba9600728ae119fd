"""Where on a page the words of a prompt stand together."""

from __future__ import annotations

from functools import reduce
from statistics import median
from typing import TYPE_CHECKING

from token0_ocr.page import Box
from token0_saliency.terms import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from token0.types import Size
    from token0_ocr.page import Page
    from token0_saliency.terms import Terms

_NEAR = 3
"""Lines between words that belong together: a label may run over two."""

_LARGEST = 0.5
"""Share of the page's height beyond which a crop is hardly one, and the words were not special."""


def region(page: Page, size: Size, wanted: Terms, *, confidence: float, lines: int) -> Box | str:
    """The part of a page of `size` where the words stand together, with `lines` around; a sentence where none is.

    As wide as all that is written. A word that was read with less than `confidence` was not found.
    """
    hits, kinds = ([_places(page, term, confidence) for term in each] for each in (wanted.words, wanted.kinds))
    missing = sum(not boxes for boxes in hits)
    if missing:
        return f"{missing} of {len(hits)} words of the prompt are not on the page"
    line = median(word.box.height for word in page.words)
    hits += [boxes for boxes in kinds if boxes]
    rarest = min(hits, key=len)
    together = [cluster for box in rarest if (cluster := _cluster(box, hits, _NEAR * line))]
    if not together:
        return "the words of the prompt do not stand together on the page"
    core = reduce(Box.joined, together)
    margin = round(lines * line)
    top, bottom = max(0, core.top - margin), min(size.height, core.bottom + margin)
    if bottom - top > _LARGEST * size.height:
        return "the words of the prompt are all over the page"
    side = round(line)
    left = max(0, min(word.box.left for word in page.words) - side)
    right = min(size.width, max(word.box.right for word in page.words) + side)
    return Box(left, top, right, bottom)


def _places(page: Page, term: frozenset[str], confidence: float) -> list[Box]:
    return [
        word.box for word in page.words if word.confidence >= confidence and not term.isdisjoint(spelled(word.text))
    ]


def _cluster(box: Box, hits: Sequence[Sequence[Box]], near: float) -> Box | None:
    """The box around `box` and, of each other word, the nearest; None where one is too far away."""
    for boxes in hits:
        nearest = min(boxes, key=lambda each: _apart(each, box))
        if _apart(nearest, box) > near:
            return None
        box = box.joined(nearest)
    return box


def _apart(one: Box, other: Box) -> int:
    """Pixels between two boxes, up or down; none where they overlap."""
    return max(0, one.top - other.bottom, other.top - one.bottom)
