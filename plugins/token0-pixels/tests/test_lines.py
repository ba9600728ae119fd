from __future__ import annotations

import cv2
import numpy as np
import pytest

from token0_pixels.letters import find_letters
from token0_pixels.lines import Lines, find_lines


def lines_of(text: str, scale: float = 1.0) -> Lines:
    array = np.full((120, 900), 255, np.uint8)
    cv2.putText(array, text, (20, 70), cv2.FONT_HERSHEY_SIMPLEX, scale, 0, 2, cv2.LINE_AA)
    return find_lines(find_letters(array)[0])


def test_letters_of_a_line_are_counted() -> None:
    assert lines_of("cool waves near mars").total == 17


@pytest.mark.parametrize(("text", "even"), [("1234567890", True), ("CAPITALS", True), ("handle the ball", False)])
def test_capitals_and_digits_are_even(text: str, even: bool) -> None:
    assert lines_of(text).even.tolist() == [even]


@pytest.mark.parametrize("text", ["", "a", "ab", "......", "- - - - -", "| | | | | |"])
def test_too_little_or_no_letters_make_no_line(text: str) -> None:
    assert lines_of(text).total == 0


def test_lines_are_added_up() -> None:
    one, other = lines_of("1234567890"), lines_of("handle the ball")
    assert (one + other).total == one.total + other.total
