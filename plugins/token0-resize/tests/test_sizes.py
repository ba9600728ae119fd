from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from token0.types import Size
from token0_resize.sizes import cheapest, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from token0.interfaces import Context, TokenCounter

SIZES = [Size(*size) for size in product((700, 1023, 1920, 4032), (500, 1080, 3024))]
SCALES = [0.1, 0.35, 0.62, 0.9]


def fair_sizes(size: Size, seen: Size, scale: float) -> list[Size]:
    """Every size of the picture's aspect from `scale` up to what is shown."""
    widths = range(-(-int(size.width * scale * 1000) // 1000) or 1, seen.width + 1)
    return [Size(width, max(1, round(size.height * width / size.width))) for width in widths]


def cost(counter: TokenCounter, sizes: list[Size]) -> int:
    return min((counter.count(size) for size in sizes), default=1 << 30)


@pytest.mark.parametrize(
    ("counter", "size", "scale", "expected"),
    [
        ("patches", (1600, 1200), 0.4, (640, 480)),
        ("patches", (1600, 1200), 0.41, (672, 504)),
        ("patches", (1000, 1000), 0.5, (512, 512)),
        ("patches", (1000, 1003), 0.5, (512, 512)),
        ("tiles", (2000, 1500), 0.3, (683, 512)),
        ("tiles", (2000, 1500), 0.25, (512, 384)),
        ("tiles", (4000, 500), 0.2, (1024, 128)),
    ],
)
def test_cheapest_corner(
    counter: str, size: tuple[int, int], scale: float, expected: tuple[int, int], ctx: Callable[..., Context]
) -> None:
    assert cheapest(Size(*size), None, ctx(counter).counter, scale) == expected


@pytest.mark.parametrize("counter", ["patches", "tiles"])
@pytest.mark.parametrize("scale", SCALES)
def test_no_other_size_is_cheaper(counter: str, scale: float, ctx: Callable[..., Context]) -> None:
    rule = ctx(counter).counter
    dearer = []
    for size in SIZES:
        best = cost(rule, fair_sizes(size, visible(size, None, rule), scale))
        found = cheapest(size, None, rule, scale)
        if best <= 0.85 * rule.count(size) and (found is None or rule.count(found) > best):
            dearer.append((size, found, best))
    assert not dearer


@pytest.mark.parametrize("counter", ["patches", "tiles"])
@pytest.mark.parametrize("scale", SCALES)
def test_corner_keeps_the_aspect(counter: str, scale: float, ctx: Callable[..., Context]) -> None:
    pairs = [(size, cheapest(size, None, ctx(counter).counter, scale)) for size in SIZES]
    ratios = [found.width * size.height / (found.height * size.width) for size, found in pairs if found]
    # 1 % on purpose, and half a pixel of the shorter side by rounding.
    assert all(abs(ratio - 1) < 0.016 for ratio in ratios)


@pytest.mark.parametrize("counter", ["patches", "tiles"])
def test_corner_is_never_larger_than_what_is_shown(counter: str, ctx: Callable[..., Context]) -> None:
    rule = ctx(counter).counter
    for size in SIZES:
        found, seen = cheapest(size, None, rule, 0.3), visible(size, None, rule)
        assert found is None or (found.width <= seen.width and found.height <= seen.height)


@pytest.mark.parametrize(
    ("counter", "size", "scale"),
    [
        ("flat", (4000, 3000), 0.1),
        ("patches", (640, 480), 0.95),
        ("patches", (640, 480), 1.2),
        ("tiles", (512, 512), 0.2),
    ],
)
def test_nothing_to_gain_is_none(
    counter: str, size: tuple[int, int], scale: float, ctx: Callable[..., Context]
) -> None:
    assert cheapest(Size(*size), None, ctx(counter).counter, scale) is None


@pytest.mark.parametrize(
    ("counter", "size", "shown"),
    [("patches", (4000, 3000), (2000, 1500)), ("patches", (640, 480), (640, 480)), ("tiles", (1536, 1536), (768, 768))],
)
def test_visible_is_the_providers_downscale(
    counter: str, size: tuple[int, int], shown: tuple[int, int], ctx: Callable[..., Context]
) -> None:
    assert visible(Size(*size), None, ctx(counter).counter) == shown


def test_enlargement_by_the_provider_shows_nothing_more(ctx: Callable[..., Context]) -> None:
    rule = ctx().counter
    rule.seen = lambda size, detail=None: Size(size.width * 2, size.height * 2)  # type: ignore[method-assign]
    try:
        assert visible(Size(100, 100), None, rule) == (100, 100)
    finally:
        del rule.seen
