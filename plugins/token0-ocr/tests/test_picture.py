from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from token0_ocr import picture

if TYPE_CHECKING:
    from token0_ocr.page import Grey

LINES = ("The meeting of the board was held on Monday", "and the report was read to all the members")


def drawn(*lines: str, ink: int = 0, ground: int = 255, size: float = 1.0) -> Grey:
    thick = 2 if size >= 1 else 1
    grey = np.full((200, 900), ground, np.uint8)
    for row, line in enumerate(lines):
        cv2.putText(grey, line, (30, 70 + 60 * row), cv2.FONT_HERSHEY_COMPLEX, size, (ink,), thick, cv2.LINE_AA)
    return grey


def noise() -> Grey:
    """Like a photo: soft blobs of all sizes, fine grain on top."""
    random = np.random.default_rng(7)
    coarse = cv2.resize(random.integers(0, 255, (12, 16), np.uint8), (800, 600), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(coarse + random.normal(0, 6, coarse.shape), 0, 255), np.uint8)


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0), (120, 255), (235, 40)])
def test_lines_of_text_are_found_on_light_and_dark_ground(ink: int, ground: int) -> None:
    assert picture.text_share(drawn(*LINES, ink=ink, ground=ground)) > 10 * picture.TEXT_SHARE


@pytest.mark.parametrize("grey", [np.full((600, 800), 255, np.uint8), noise()], ids=["blank", "photo"])
def test_no_text_is_found_where_there_is_none(grey: Grey) -> None:
    assert picture.text_share(grey) < picture.TEXT_SHARE


def test_rules_alone_are_no_text() -> None:
    grey = np.full((600, 800), 255, np.uint8)
    grey[100:500:40, 50:750] = 0
    grey[100:500, 50:750:100] = 0
    assert picture.text_share(grey) < picture.TEXT_SHARE


def test_a_dark_picture_is_inverted() -> None:
    dark = drawn(*LINES, ink=255, ground=0)
    assert np.array_equal(picture.light_ground(dark), 255 - dark)


def test_a_light_picture_stays() -> None:
    light = drawn(*LINES)
    assert picture.light_ground(light) is light


@pytest.mark.parametrize(("size", "low", "high"), [(0.5, 7, 12), (1.0, 14, 21), (1.5, 21, 31)])
def test_the_height_of_letters_is_estimated(size: float, low: int, high: int) -> None:
    found = picture.letters(drawn("we can see our own names", size=size))
    assert found is not None
    height, number = found
    assert low <= height <= high
    assert 12 <= number <= 19


def test_a_blank_picture_has_no_letters() -> None:
    assert picture.letters(np.full((200, 200), 255, np.uint8)) is None


@pytest.mark.parametrize(("letter", "expected"), [(12, 2.0), (24, 1.0), (48, 0.5), (3, 4.0)])
def test_letters_are_brought_to_reading_size(letter: float, expected: float) -> None:
    assert picture.reading_scale(np.zeros((100, 100), np.uint8), letter, 24) == expected


def test_a_big_picture_is_not_enlarged_beyond_the_limit() -> None:
    big = np.zeros((5000, 5000), np.uint8)
    assert picture.reading_scale(big, 10, 24) ** 2 * big.size <= picture.MAX_PIXELS * 1.001


def test_rules_of_a_table_are_erased_and_letters_stay() -> None:
    grey = drawn(*LINES)
    ruled = grey.copy()
    ruled[95:97, :] = 0
    ruled[:, 15:17] = 0
    assert np.abs(picture.without_rules(ruled, 24).astype(int) - grey).mean() < 0.5


def test_a_picture_without_rules_is_left_alone() -> None:
    grey = drawn(*LINES)
    assert picture.without_rules(grey, 24) is grey


def coloured(ink: tuple[int, int, int], ground: tuple[int, int, int]) -> tuple[np.ndarray, Grey]:
    colours = np.full((200, 900, 4), (*ground, 255), np.uint8)
    cv2.putText(colours, LINES[0], (30, 100), cv2.FONT_HERSHEY_COMPLEX, 1, (*ink, 255), 2, cv2.LINE_AA)
    return colours, np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGBA2GRAY), np.uint8)


def test_text_that_only_its_colour_shows_is_noticed() -> None:
    assert picture.hidden_share(*coloured(ink=(220, 0, 0), ground=(0, 112, 0))) > 0.5


@pytest.mark.parametrize(("ink", "ground"), [((0, 0, 0), (255, 255, 255)), ((200, 0, 0), (255, 255, 255))])
def test_text_that_is_darker_than_its_ground_is_not_hidden(
    ink: tuple[int, int, int], ground: tuple[int, int, int]
) -> None:
    assert picture.hidden_share(*coloured(ink, ground)) < picture.HIDDEN_SHARE
