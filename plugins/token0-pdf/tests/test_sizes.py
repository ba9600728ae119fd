from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from token0.interfaces import TokenCounter
from token0.types import Size
from token0_pdf.sizes import page_size

if TYPE_CHECKING:
    from token0.interfaces import Context

LETTER = (612.0, 792.0)


class FlatCounter(TokenCounter):
    """Every picture costs the same, and is seen small."""

    name = "flat"

    @classmethod
    def for_model(cls, model: str) -> FlatCounter:
        return cls()

    def count(self, size: Size, detail: str | None = None) -> int:
        return 576

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return Size(336, 336)


def test_a_page_is_as_large_as_the_model_sees_it(published: Context) -> None:
    assert page_size(LETTER, published.counter, None, None) == (1158, 1498)


@pytest.mark.parametrize("most", [2000, 1600])
def test_a_page_keeps_to_its_price(published: Context, most: int) -> None:
    size = page_size(LETTER, published.counter, None, most)
    assert most * 0.9 < published.counter.count(size) <= most


def test_no_price_makes_small_print_unreadable(published: Context) -> None:
    assert page_size(LETTER, published.counter, None, 100) == (1158, 1498)


@pytest.mark.parametrize(("points", "size"), [(LETTER, (1236, 1600)), ((100, 50), (1600, 800)), ((9e3, 9), (1600, 1))])
def test_where_pixels_are_free_a_page_has_them_all(points: tuple[float, float], size: tuple[int, int]) -> None:
    assert page_size(points, FlatCounter(), None, None) == size
