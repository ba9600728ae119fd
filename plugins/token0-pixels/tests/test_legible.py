from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from token0.types import Size
from token0_pixels import Floors, Undecodable, find_writing, legible, look, testing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from token0_pixels import Writing

FLOORS = Floors(512, 8, 10)
NO_TEXT = Floors(512, 0, 0)


def written(scale: float, width: int = 1400, height: int = 1000) -> Writing | None:
    return look(testing.encoded(testing.draw_page(scale, width, height)), Size(width, height))[1]


@pytest.mark.parametrize(("size", "scale"), [((2048, 1024), 0.5), ((512, 9000), 1.0), ((256, 256), 2.0)])
def test_picture_without_text_keeps_its_short_side(size: tuple[int, int], scale: float) -> None:
    assert FLOORS.scale(Size(*size), None) == scale


def test_page_full_of_big_letters_may_go_to_half_the_side() -> None:
    assert NO_TEXT.scale(Size(1400, 1000), written(2.0)) == 0.256


def test_picture_with_a_few_big_letters_may_go_to_three_quarters_of_the_side() -> None:
    slide = np.full((1000, 1400, 3), 255, np.uint8)
    slide[300:600, 200:1200] = testing.draw_page(3.0, 1000, 300)
    writing = look(testing.encoded(slide), Size(1400, 1000))[1]
    assert NO_TEXT.scale(Size(1400, 1000), writing) == 0.384


def test_text_decides_where_it_is_smaller_than_the_picture() -> None:
    # A small x of about 15 px.
    assert FLOORS.scale(Size(1400, 1000), written(1.0)) == pytest.approx(8 / 15, abs=0.06)


def test_blurred_letters_forbid_any_shrinking() -> None:
    assert FLOORS.scale(Size(1400, 1000), written(0.4)) > 1.3


def test_photograph_has_no_writing() -> None:
    image = testing.encoded(testing.draw_photo(900, 600), "jpeg")
    pixels, writing = look(image, Size(900, 600))
    assert (pixels.size, writing) == ((900, 600), None)


def test_jpeg_is_decoded_no_larger_than_the_model_sees_it() -> None:
    image = testing.encoded(testing.draw_photo(1600, 1200), "jpeg")
    assert look(image, Size(400, 300))[0].size == (400, 300)


@pytest.mark.parametrize(("scale", "size"), [(3.0, (1200, 900)), (0.9, (2400, 1800))], ids=["large", "small"])
def test_large_view_is_searched_at_half_the_size_unless_letters_are_small(scale: float, size: tuple[int, int]) -> None:
    image = testing.encoded(testing.draw_page(scale, 2400, 1800), "jpeg")
    assert look(image, Size(2400, 1800))[0].size == size


@pytest.mark.parametrize(("scale", "size"), [(3.0, (800, 600)), (0.9, (1600, 1200))], ids=["large", "small"])
def test_a_little_less_than_the_view_is_searched_unless_letters_are_small(scale: float, size: tuple[int, int]) -> None:
    image = testing.encoded(testing.draw_page(scale, 1600, 1200), "jpeg")
    pixels, writing = look(image, Size(1000, 750))
    assert pixels.size == size
    assert writing
    # A small x is 15 px high at scale 1.
    assert writing.smallest() == pytest.approx(15 * scale, rel=0.12)


def test_small_picture_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []

    def search(luma: NDArray[np.uint8], full: Size, at_least: Size) -> Writing | None:
        searched.append(luma.shape)
        return find_writing(luma, full, at_least)

    monkeypatch.setattr(legible, "find_writing", search)
    writing = written(0.4)
    assert writing
    assert writing.smallest() < 7
    assert searched == [(1000, 1400)]


def test_broken_picture_is_undecodable() -> None:
    image = testing.encoded(testing.draw_photo(900, 600), "jpeg")
    with pytest.raises(Undecodable):
        look(type(image)(image.data[:2000], "jpeg", 900, 600), Size(900, 600))


def test_faint_digits_keep_a_larger_size() -> None:
    floors = Floors(64, 0, 10)
    page = testing.draw_page(1.2, words=("1234", "56", "7890", "271", "88"))
    faint = testing.draw_page(1.2, words=("1234", "56", "7890", "271", "88"), ink=(190, 190, 190))
    size = Size(1400, 1000)
    clear_scale, faint_scale = (floors.scale(size, look(testing.encoded(each), size)[1]) for each in (page, faint))
    assert faint_scale == pytest.approx(1.5 * clear_scale, rel=0.05)
