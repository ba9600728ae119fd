from __future__ import annotations

import numpy as np
import pytest

from token0.interfaces import TokenCounter
from token0.types import Size
from token0_ocr.montage import Design, design, lines_of, render
from token0_ocr.page import Box
from token0_pixels import Pixels, decode

PAGE = Size(1000, 2000)


class Area(TokenCounter):
    """A token for each square of 100 pixels; `low` shows at most 300 pixels a side for one token."""

    name = "area"
    details: tuple[str, ...] = ("low",)

    @classmethod
    def for_model(cls, model: str) -> Area:
        return cls()

    def count(self, size: Size, detail: str | None = None) -> int:
        return 1 if detail == "low" else -(-size.width // 100) * -(-size.height // 100)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        scale = min(1.0, 300 / max(size)) if detail == "low" else 1.0
        return Size(round(size.width * scale), round(size.height * scale))


class Patches(Area):
    details = ()


def test_words_beside_each_other_are_one_line() -> None:
    boxes = [Box(10, 100, 50, 120), Box(200, 104, 240, 122), Box(10, 140, 50, 160)]
    assert lines_of(boxes, 8, PAGE) == [Box(6, 96, 244, 126), Box(6, 136, 54, 164)]


def test_ground_around_a_line_ends_with_the_page() -> None:
    assert lines_of([Box(0, 0, 1000, 12)], 20, PAGE) == [Box(0, 0, 1000, 22)]


def test_the_cheapest_thumbnail_is_taken() -> None:
    plan = design(PAGE, [], 1.0, Patches())
    assert plan == Design((Size(128, 256),), ((0, 0),), Size(128, 256), None)


def test_a_larger_thumbnail_is_taken_where_it_costs_the_same() -> None:
    plan = design(PAGE, [], 1.0, Area())
    assert plan is not None
    assert (plan.size, plan.detail) == (Size(256, 512), "low")


def test_lines_stand_below_the_thumbnail_and_beside_each_other_at_their_scale() -> None:
    plan = design(PAGE, [Box(0, 0, 600, 40), Box(0, 50, 80, 90), Box(0, 100, 80, 140)], 0.5, Patches())
    assert plan is not None
    assert plan.pieces == (Size(128, 256), Size(300, 20), Size(40, 20), Size(40, 20))
    assert plan.places == ((0, 0), (0, 262), (0, 288), (46, 288))
    assert plan.size == Size(300, 308)


def test_a_detail_that_would_shrink_the_lines_is_not_taken() -> None:
    plan = design(PAGE, [Box(0, 0, 800, 40)], 1.0, Area())
    assert plan is not None
    assert plan.detail is None


class Shrinking(Patches):
    def seen(self, size: Size, detail: str | None = None) -> Size:
        return Size(100, 100)


def test_no_montage_where_the_model_sees_no_line_legibly() -> None:
    assert design(PAGE, [Box(0, 0, 800, 40)], 1.0, Shrinking()) is None


@pytest.mark.parametrize("channels", [(), (4,)], ids=["grey", "colour"])
def test_the_montage_shows_the_page_and_the_line(channels: tuple[int, ...]) -> None:
    array = np.full((2000, 1000, *channels), 255, np.uint8)
    array[500:540, 100:700] = 60
    lines = [Box(100, 500, 700, 540)]
    plan = design(PAGE, lines, 0.5, Patches())
    assert plan is not None
    image = render(Pixels(array), lines, plan)
    shown = decode(image).luma()
    assert image.size == plan.size == Size(300, 282)
    assert abs(int(shown[66, 50]) - 60) < 10
    assert abs(int(shown[272, 150]) - 60) < 10
    assert shown[250, 250] == 255
