"""The picture before it is read: is it text at all, and at which size Tesseract reads it best."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

    from token0_ocr.page import Grey

TEXT_SHARE = 0.004
"""Area of the picture under lines of text. Measured: pages 0.03 to 0.6, photos at most 0.003."""

X_HEIGHT = 14
"""Pixels at which Tesseract read most answers of scans, receipts and screens, and fastest."""

MAX_PIXELS = 10_000_000
"""Beyond this a picture is not enlarged further: time grows, words do not."""

HIDDEN_SHARE = 0.03
"""Of the edges in single colours, as many may be missing in grey: shadows of JPEG colours leave some."""

RULE = 4
"""Straight strokes as long as so many letters are high are rules of tables and frames, not text."""

DARK = 110
"""Below this median the ground is dark; Tesseract is faster and better on light ground."""

MARGIN = 10
"""Pixels added around: Tesseract loses letters that touch the border."""


def text_share(grey: Grey) -> float:
    """Share of the area that looks like lines of text. 1 to 15 ms."""
    import cv2
    import numpy as np

    from token0_pixels.spots import find_spots

    small = _shrunk(grey, 1024 if max(grey.shape[0], grey.shape[1]) > 1200 else 512)
    edges = cv2.convertScaleAbs(cv2.Sobel(small, cv2.CV_16S, 1, 0, ksize=3))
    _, ink = cv2.threshold(edges, 60, 255, cv2.THRESH_BINARY)
    for shape in ((1, 40), (40, 1)):
        # Saturating: an opening of even length reaches a pixel beyond the stroke.
        ink = cv2.subtract(ink, cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8)))
    ink = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 11), np.uint8))
    spots = find_spots(ink, connectivity=4)
    wide, high, area = (spots.right - spots.left + 1)[1:], (spots.bottom - spots.top + 1)[1:], spots.area[1:]
    lines = (high >= 4) & (high <= 60) & (wide >= 2 * high) & (area >= 0.5 * wide * high)
    return float(area[lines].sum()) / ink.size


def _shrunk(array: NDArray[uint8], longest: int) -> NDArray[uint8]:
    """By a whole number, which is several times faster than another: at most about `longest` pixels a side."""
    import cv2
    import numpy as np

    height, width = array.shape[:2]
    step = max(1, round(height / longest), round(width / longest))
    whole = array[: height - height % step, : width - width % step]
    size = (whole.shape[1] // step, whole.shape[0] // step)
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8) if step > 1 else array


def hidden_share(colours: NDArray[uint8], grey: Grey) -> float:
    """Share of the edges in red, green or blue that grey does not have: red text on an equally bright green."""
    import cv2
    import numpy as np

    small = [_shrunk(part, 1024) for part in (colours, grey)]
    edges, seen = (np.abs(cv2.Sobel(part, cv2.CV_16S, 1, 0, ksize=3)) for part in small)
    strong = edges[:, :, :3].max(2) > 160
    near = cv2.dilate((seen > 40).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return int(np.count_nonzero(strong & ~near)) / max(1, int(np.count_nonzero(strong)))


def light_ground(grey: Grey) -> Grey:
    """The picture with dark text on light ground."""
    import cv2
    import numpy as np

    return np.asarray(cv2.bitwise_not(grey), np.uint8) if np.median(grey[::4, ::4]) < DARK else grey


def ink_of(grey: Grey) -> Grey:
    """255 where the picture is darker than what is around."""
    import cv2
    import numpy as np

    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 15)
    return np.asarray(ink, np.uint8)


def letters(grey: Grey) -> tuple[float, int] | None:
    """The median height of what may be letters, in pixels, and their number; None when there are hardly any."""
    import cv2
    import numpy as np

    _, _, parts, _ = cv2.connectedComponentsWithStats(ink_of(grey), connectivity=8)
    width, height, area = parts[1:, 2], parts[1:, 3], parts[1:, 4]
    like = (height >= 4) & (height <= 120) & (width >= 2) & (width < 4 * height) & (height < 6 * width)
    like &= area > 0.15 * width * height
    number = int(np.count_nonzero(like))
    return (float(np.median(height[like])), number) if number >= 8 else None


def reading_scale(grey: Grey, letter: float, wanted: float = X_HEIGHT) -> float:
    """How much to enlarge a picture whose letters are `letter` pixels high, so that they are `wanted` pixels high."""
    largest = (MAX_PIXELS / grey.size) ** 0.5
    return float(max(0.1, min(wanted / letter, 4.0, largest)))


def scaled(grey: Grey, scale: float, margin: int = MARGIN) -> Grey:
    """The picture at another size, with a margin of its own ground."""
    import cv2
    import numpy as np

    if scale != 1:
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=way), np.uint8)
    if not margin:
        return grey
    ground = int(np.median(grey[::4, ::4]))
    framed = cv2.copyMakeBorder(grey, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(ground,))
    return np.asarray(framed, np.uint8)


def rules_of(ink: Grey, length: int) -> Grey:
    """255 where ink belongs to a horizontal or vertical stroke of at least `length` pixels, and a pixel around it."""
    import cv2
    import numpy as np

    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return np.asarray(cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8)), np.uint8)


def without_rules(grey: Grey, letter: float) -> Grey:
    """The picture without the rules of tables, which are read as `|` and hide what is beside them."""
    import cv2
    import numpy as np

    rules = rules_of(ink_of(grey), round(RULE * letter))
    if not rules.any():
        return grey
    # Closing swallows thin dark strokes and keeps the shade of the cell around them.
    side = round(letter / 2) + 1
    ground = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.where(rules > 0, ground, grey).astype(np.uint8)
