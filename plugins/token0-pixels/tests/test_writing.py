from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from token0.types import Size
from token0_pixels.lines import Lines
from token0_pixels.writing import Writing, find_writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Page = Callable[..., NDArray[np.uint8]]


def measured(array: NDArray[np.uint8]) -> Writing | None:
    luma = np.asarray(cv2.cvtColor(array, cv2.COLOR_BGR2GRAY), np.uint8) if array.ndim == 3 else array
    height, width = luma.shape
    return find_writing(luma, Size(width, height), Size(width, height))


def height_of(letter: str, scale: float) -> int:
    """Rows of ink of one letter that stands alone."""
    paper = np.full((300, 300), 255, np.uint8)
    cv2.putText(paper, letter, (60, 200), cv2.FONT_HERSHEY_SIMPLEX, scale, 0, max(1, round(scale * 1.5)), cv2.LINE_AA)
    rows = np.flatnonzero(paper.min(axis=1) < 128)
    return int(rows[-1] - rows[0] + 1)


@pytest.mark.parametrize("scale", [0.4, 0.6, 0.8, 1.2, 2.0])
def test_x_height_is_measured(scale: float, page: Page) -> None:
    writing = measured(page(scale))
    assert writing is not None
    assert abs(writing.smallest() - height_of("x", scale)) <= 1


@pytest.mark.parametrize("scale", [0.6, 1.2])
def test_digits_are_measured_whole_and_known_as_even(scale: float, page: Page) -> None:
    writing = measured(page(scale, words=("1234", "56", "7890", "271", "88")))
    assert writing is not None
    assert abs(writing.smallest() - height_of("8", scale)) <= 1
    assert writing.lines.even.mean() > 0.8


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((230, 230, 230), (30, 30, 30)),
        ((150, 150, 150), (255, 255, 255)),
        ((40, 40, 220), (20, 20, 20)),
        ((200, 60, 0), (230, 255, 255)),
        ((0, 200, 255), (90, 30, 30)),
    ],
    ids=["dark mode", "light grey", "red on dark", "blue on yellow", "yellow on blue"],
)
def test_colours_do_not_matter(ink: tuple[int, int, int], paper: tuple[int, int, int], page: Page) -> None:
    writing = measured(page(0.8, ink=ink, paper=paper))
    assert writing is not None
    assert abs(writing.smallest() - height_of("x", 0.8)) <= 1


@pytest.mark.parametrize("turn", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE])
def test_text_may_run_any_way(turn: int, page: Page) -> None:
    writing = measured(np.asarray(cv2.rotate(page(0.8), turn), np.uint8))
    assert writing is not None
    assert abs(writing.smallest() - height_of("x", 0.8)) <= 1.5


@pytest.mark.parametrize("degrees", [-4, 4])
def test_page_may_lie_askew(degrees: float, page: Page) -> None:
    turn = cv2.getRotationMatrix2D((700, 500), degrees, 1)
    writing = measured(np.asarray(cv2.warpAffine(page(0.8), turn, (1400, 1000), borderValue=(255, 255, 255)), np.uint8))
    assert writing is not None
    assert abs(writing.smallest() - height_of("x", 0.8)) <= 2


def test_small_print_decides(page: Page) -> None:
    both = np.vstack([page(2.0, height=400), page(0.6, height=400)])
    writing = measured(both)
    assert writing is not None
    assert abs(writing.smallest() - height_of("x", 0.6)) <= 1


def test_text_is_found_beside_a_photograph(page: Page, photo: Callable[[int, int], NDArray[np.uint8]]) -> None:
    writing = measured(np.vstack([photo(1400, 900), page(0.8, height=200)]))
    assert writing is not None
    assert abs(writing.smallest() - height_of("x", 0.8)) <= 1


def test_heights_are_in_pixels_of_the_full_picture(page: Page) -> None:
    half = cv2.cvtColor(cv2.resize(page(1.2), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    writing = find_writing(np.asarray(half, np.uint8), Size(1400, 1000), Size(700, 500))
    assert writing is not None
    assert abs(writing.smallest() - height_of("x", 1.2)) <= 2


def textures() -> dict[str, NDArray[np.uint8]]:
    random = np.random.default_rng(11)
    grain = random.normal(128, 40, (800, 1200)).clip(0, 255).astype(np.uint8)
    blobs = np.asarray(cv2.resize(random.integers(0, 256, (160, 240), np.uint8), (1200, 800)), np.uint8)
    columns, rows = np.meshgrid(np.arange(1200), np.arange(800))
    return {
        "plain": np.full((800, 1200), 200, np.uint8),
        "grain": grain,
        "soft grain": np.asarray(cv2.GaussianBlur(grain, (0, 0), 2), np.uint8),
        "blobs": blobs,
        "fence": np.where((columns // 4 % 3 == 0) & (rows // 20 % 2 == 0), 0, 255).astype(np.uint8),
        "chess board": np.where((columns // 8 + rows // 8) % 2 == 0, 0, 255).astype(np.uint8),
        "dots": np.where((columns % 12 < 5) & (rows % 12 < 5), 0, 255).astype(np.uint8),
        "ruled paper": np.where(rows % 30 < 2, 90, 255).astype(np.uint8),
    }


@pytest.mark.parametrize("name", textures())
def test_texture_is_no_text(name: str) -> None:
    assert measured(textures()[name]) is None


def test_tiny_picture_is_no_text() -> None:
    assert measured(np.zeros((1, 1), np.uint8)) is None


@pytest.mark.parametrize(("text", "digits", "scale"), [(8, 10, 0.8), (4, 10, 0.4)])
def test_needed_scale_brings_letters_to_the_floor(text: float, digits: float, scale: float, page: Page) -> None:
    writing = measured(page(0.67))
    assert writing is not None
    # A small x of 10 px: 0.8 of the size leaves 8.
    assert abs(writing.needed(text, digits) - scale * 10 / height_of("x", 0.67)) < 0.1


def test_dust_beside_print_is_no_small_text(page: Page) -> None:
    paper = page(1.2)
    for x in range(20, 1300, 9):
        cv2.rectangle(paper, (x, 985), (x + 4, 989), (60, 60, 60), 1)
    writing = measured(paper)
    assert writing is not None
    assert writing.lines.height.min() > 8


def test_small_text_alone_is_no_dust(page: Page) -> None:
    writing = measured(page(0.3))
    assert writing is not None
    assert writing.smallest() < 6


@pytest.mark.parametrize("shade", [0, 100, 180])
def test_contrast_is_measured_in_grey_levels(shade: int, page: Page) -> None:
    writing = measured(page(1.2, ink=(shade, shade, shade)))
    assert writing is not None
    # Some of the ink around a stroke counts as its surroundings.
    assert 0.6 * (255 - shade) <= writing.contrast() <= 255 - shade


@pytest.mark.parametrize("squeeze", [1.0, 0.5])
def test_breadth_is_measured_as_a_share_of_the_height(squeeze: float, page: Page) -> None:
    wide = page(1.2, words=("1234", "56", "7890", "271", "88"))
    writing = measured(np.asarray(cv2.resize(wide, None, fx=squeeze, fy=1, interpolation=cv2.INTER_AREA), np.uint8))
    assert writing is not None
    # The digits of this font are 0.85 times as broad as high.
    assert float(np.median(writing.lines.breadth)) == pytest.approx(0.85 * squeeze, abs=0.1)


def test_narrow_digits_need_a_larger_size(page: Page) -> None:
    wide = page(1.2, words=("1234", "56", "7890", "271", "88"))
    narrow = np.asarray(cv2.resize(wide, None, fx=0.5, fy=1, interpolation=cv2.INTER_AREA), np.uint8)
    needed = [writing.needed(6, 9) for each in (wide, narrow) if (writing := measured(each))]
    assert needed[1] > needed[0] * 1.3


@pytest.mark.parametrize(("breadth", "needed"), [(1.3, 0.5), (0.65, 0.5), (0.325, 2**0.5)])
def test_narrow_letters_count_as_lower_by_the_power_one_and_a_half(breadth: float, needed: float) -> None:
    one = np.ones(1)
    lines = Lines(one.astype(int), one * 12, one > 2, one, one, one * breadth)
    assert Writing(lines, 1.0, 0.1).needed(6, 9) == pytest.approx(needed)
