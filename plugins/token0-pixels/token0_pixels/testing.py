"""Small pictures for the tests of plugins that look at pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from token0.types import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Colour = tuple[int, int, int]

WORDS = (
    "the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "seven", "wizards", "make", "toxic",
    "brew", "for", "evil", "queens",
)  # fmt: skip


def draw_page(
    scale: float,
    width: int = 1400,
    height: int = 1000,
    ink: Colour = (0, 0, 0),
    paper: Colour = (255, 255, 255),
    words: Sequence[str] = WORDS,
) -> NDArray[np.uint8]:
    """Lines of words; a small x is 15 px high at scale 1. Blue, green, red."""
    array = np.full((height, width, 3), paper, np.uint8)
    for number, y in enumerate(range(int(40 * scale), height - 10, int(44 * scale))):
        text = " ".join(words[(3 * number + k) % len(words)] for k in range(40))
        text = text[: int(width / (17 * scale)) - 3]
        cv2.putText(array, text, (10, y), cv2.FONT_HERSHEY_SIMPLEX, scale, ink, max(1, round(scale * 1.5)), cv2.LINE_AA)
    return array


def draw_photo(width: int, height: int) -> NDArray[np.uint8]:
    """Soft coloured shapes, without text."""
    spots = np.random.default_rng(3).integers(0, 256, (12, 16, 3), np.uint8)
    return np.asarray(cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def encoded(array: NDArray[np.uint8], kind: str = "png") -> Image:
    """The file of a picture, by the name of its format."""
    _, data = cv2.imencode(f".{kind}", array)
    return Image(bytes(data), kind, array.shape[1], array.shape[0])
