"""The picture before it is read: is it text at all, and at which size Tesseract reads it best."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from token0_ocr.page import Grey

TEXT_SHARE = 0.004
"""Area of the picture under lines of text. Measured: pages 0.03 to 0.6, photos at most 0.003."""

X_HEIGHT = 24
"""Pixels at which Tesseract read most answers of scans and screens."""

MAX_PIXELS = 10_000_000
"""Beyond this a picture is not enlarged further: time grows, words do not."""

DARK = 110
"""Below this median the ground is dark; Tesseract is faster and better on light ground."""

MARGIN = 10
"""Pixels added around: Tesseract loses letters that touch the border."""


def text_share(grey: Grey) -> float:
    """Share of the area that looks like lines of text. 1 to 15 ms."""
    import cv2
    import numpy as np

    longest = max(grey.shape)
    scale = min(1.0, (1024 if longest > 1200 else 512) / longest)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    edges = cv2.convertScaleAbs(cv2.Sobel(small, cv2.CV_16S, 1, 0, ksize=3))
    _, ink = cv2.threshold(edges, 60, 255, cv2.THRESH_BINARY)
    for shape in ((1, 40), (40, 1)):
        ink -= cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
    ink = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 11), np.uint8))
    _, _, parts, _ = cv2.connectedComponentsWithStats(ink, connectivity=4)
    width, height, area = parts[1:, 2], parts[1:, 3], parts[1:, 4]
    lines = (height >= 4) & (height <= 60) & (width >= 2 * height) & (area >= 0.5 * width * height)
    return float(area[lines].sum()) / ink.size


def light_ground(grey: Grey) -> Grey:
    """The picture with dark text on light ground."""
    import cv2
    import numpy as np

    return np.asarray(cv2.bitwise_not(grey), np.uint8) if np.median(grey) < DARK else grey


def ink_of(grey: Grey) -> Grey:
    """255 where the picture is darker than what is around."""
    import cv2
    import numpy as np

    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 15)
    return np.asarray(ink, np.uint8)


def x_height(grey: Grey) -> float | None:
    """The median height of what may be letters, in pixels; None when there are hardly any."""
    import cv2
    import numpy as np

    _, _, parts, _ = cv2.connectedComponentsWithStats(ink_of(grey), connectivity=8)
    width, height, area = parts[1:, 2], parts[1:, 3], parts[1:, 4]
    letters = (height >= 4) & (height <= 120) & (width >= 2) & (width < 4 * height) & (height < 6 * width)
    letters &= area > 0.15 * width * height
    return float(np.median(height[letters])) if letters.sum() >= 8 else None


def reading_scale(grey: Grey, letter: float) -> float:
    """How much to enlarge a picture whose letters are `letter` pixels high before it is read."""
    largest = (MAX_PIXELS / grey.size) ** 0.5
    return max(0.1, min(X_HEIGHT / letter, 4.0, largest))


def scaled(grey: Grey, scale: float) -> Grey:
    """The picture at another size, with a margin of its own ground."""
    import cv2
    import numpy as np

    if scale != 1:
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    ground = int(np.median(grey))
    framed = cv2.copyMakeBorder(grey, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT, value=(ground,))
    return np.asarray(framed, np.uint8)
