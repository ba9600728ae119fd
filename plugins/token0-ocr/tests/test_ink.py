from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from token0_ocr.gates import ink_objection
from token0_ocr.ink import Ink, measure
from token0_ocr.page import Box

if TYPE_CHECKING:
    from token0_ocr.page import Grey

HEADING, NOTE = Box(50, 60, 650, 110), Box(50, 260, 650, 310)


def sheet() -> Grey:
    """Two lines of text at reading size, inside the boxes above."""
    grey = np.full((500, 900), 255, np.uint8)
    for box in (HEADING, NOTE):
        cv2.putText(
            grey, "some words are here on a line", (box.left, box.top + 36), cv2.FONT_HERSHEY_COMPLEX, 1.1, (0,), 2
        )
    return grey


def looked_at(grey: Grey, *boxes: Box) -> Ink:
    return measure(grey, 24, boxes or (HEADING, NOTE))


def test_a_sheet_whose_lines_were_all_read_is_clean() -> None:
    assert ink_objection(looked_at(sheet())) is None


def test_a_line_that_was_not_read_is_missed_ink() -> None:
    assert looked_at(sheet(), HEADING).missed == pytest.approx(0.5, abs=0.05)


def test_the_place_of_words_that_were_not_read_is_told() -> None:
    last_word_open = NOTE._replace(right=NOTE.left + 430)
    (place,) = looked_at(sheet(), HEADING, last_word_open).places
    assert last_word_open.right <= place.left < place.right <= NOTE.right + 10
    assert NOTE.top <= place.top < place.bottom <= NOTE.bottom


def test_rules_of_a_table_are_no_missed_ink() -> None:
    grey = sheet()
    cv2.rectangle(grey, (20, 40), (880, 330), (0,), 2)
    cv2.line(grey, (20, 180), (880, 180), (0,), 2)
    assert ink_objection(looked_at(grey)) is None


def test_a_shaded_line_with_words_is_no_shape() -> None:
    grey = sheet()
    grey[40:130, 20:880][grey[40:130, 20:880] > 200] = 200
    assert looked_at(grey).shapes == 0


def test_the_bars_of_a_chart_are_shapes() -> None:
    grey = sheet()
    for left in range(100, 700, 100):
        cv2.rectangle(grey, (left, 350), (left + 60, 480), (90,), -1)
    assert looked_at(grey).shapes > 0.05


def test_a_curve_is_drawn() -> None:
    grey = sheet()
    cv2.ellipse(grey, (450, 420), (300, 60), 0, 0, 360, (0,), 3)
    assert looked_at(grey).drawn > 0.05


@pytest.mark.parametrize("ticked", [False, True])
def test_check_boxes_are_counted(ticked: bool) -> None:
    grey = sheet()
    for top in (350, 410):
        cv2.rectangle(grey, (60, top), (92, top + 32), (0,), 2)
    if ticked:
        cv2.line(grey, (66, 356), (86, 376), (0,), 2)
    assert looked_at(grey).boxes == 2


def test_round_letters_are_no_check_boxes() -> None:
    grey = sheet()
    cv2.putText(grey, "ODQ008BDO", (60, 400), cv2.FONT_HERSHEY_COMPLEX, 1.5, (0,), 2)
    assert looked_at(grey).boxes == 0
