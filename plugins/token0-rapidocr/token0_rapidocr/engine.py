"""RapidOCR behind the `Engine` interface: models in its wheel, one thread, one set of networks a process."""

from __future__ import annotations

import logging
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from token0_ocr.page import Box, Page, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from token0_ocr.page import Grey

    Corners = NDArray[np.float32]
    """Four points, clockwise from the top left of the text."""

SETTINGS = {
    "Global.log_level": "critical",
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}

MIN_UPRIGHT = 0.8
"""Share of lines: a page may have a line along its edge."""


class Rapid:
    """Finds lines, then reads one after the other, so that the deadline can be kept."""

    def read(self, grey: Grey, deadline_seconds: float) -> Page | None:
        import cv2
        import numpy as np

        end = time.monotonic() + deadline_seconds
        if deadline_seconds <= 0:
            return None
        colours = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
        found = _networks()(colours, use_det=True, use_cls=False, use_rec=False)
        words: list[Word] = []
        boxes = [] if found.boxes is None else list(found.boxes)
        for corners in boxes:
            if time.monotonic() > end:
                return None
            read = _networks()(_straight(colours, corners), use_det=False, use_cls=False, use_rec=True)
            for text, score in zip(read.txts or (), read.scores or (), strict=True):
                words += _words(text, _around(corners), 100 * float(score))
        upright = sum(not _runs_down(_around(corners)) for corners in boxes)
        return Page(tuple(words), upright >= MIN_UPRIGHT * len(boxes))


@cache
def _networks() -> Any:
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    from rapidocr import RapidOCR  # type: ignore[import-not-found,unused-ignore]  # installed by hand, see README.md

    return RapidOCR(params=SETTINGS)


def _around(corners: Corners) -> Box:
    left, top = corners.min(0)
    right, bottom = corners.max(0)
    return Box(int(left), int(top), int(right) + 1, int(bottom) + 1)


def _runs_down(box: Box) -> bool:
    return box.height > 1.5 * box.width


def _straight(picture: NDArray[np.uint8], corners: Corners) -> NDArray[np.uint8]:
    """The line inside `corners`, turned level."""
    import cv2
    import numpy as np

    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    level = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), level)
    way = cv2.INTER_CUBIC
    return np.asarray(cv2.warpPerspective(picture, turn, (width, height), flags=way, borderMode=cv2.BORDER_REPLICATE))


def _words(line: str, box: Box, confidence: float) -> Iterator[Word]:
    """The words of a line, each where its letters would be if all were of one width."""
    letter = box.width / max(1, len(line))
    at = 0
    for text in line.split(" "):
        if text:
            left, right = box.left + round(at * letter), box.left + round((at + len(text)) * letter)
            yield Word(text, Box(left, box.top, max(right, left + 1), box.bottom), confidence)
        at += len(text) + 1
