"""How large a page is made as a picture: as large as a model sees it, and no dearer than the provider's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from token0.types import Size

if TYPE_CHECKING:
    from token0.interfaces import TokenCounter

# Pixels of the longer side: a 10-point x on a sheet of paper is 10 pixels high.
_BEST = 1600

# A smaller picture than this share of the best loses small print.
_LEAST = 0.7
_STEPS = 30


def page_size(points: tuple[float, float], counter: TokenCounter, detail: str | None, most: int | None) -> Size:
    """Pixels for a page of `points`: what the model sees at best, or less where that keeps it at `most` tokens."""
    best = _BEST / max(points)
    size = _scaled(points, best)
    if counter.grid is None:
        # Pixels cost nothing: who reads the picture on the way may have them all.
        return size
    seen = counter.seen(size, detail)
    best = min(best, seen.width / points[0], seen.height / points[1])
    for step in range(_STEPS + 1):
        size = _scaled(points, best * (1 - (1 - _LEAST) * step / _STEPS))
        if most is None or counter.count(size, detail) <= most:
            return size
    return _scaled(points, best)


def _scaled(points: tuple[float, float], scale: float) -> Size:
    return Size(*(max(1, int(side * scale + 0.001)) for side in points))
