from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from token0.interfaces import Context, TokenCounter
from token0.types import Image, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from token0.types import Quality

WORDS = (
    "the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "seven", "wizards", "make", "toxic",
    "brew", "for", "evil", "queens",
)  # fmt: skip


class PatchCounter(TokenCounter):
    """32-px patches; at most 2,000 px are shown."""

    name = "patches"
    grid = 32

    @classmethod
    def for_model(cls, model: str) -> PatchCounter:
        return cls()

    def count(self, size: Size, detail: str | None = None) -> int:
        width, height = self.seen(size)
        return -(-width // 32) * -(-height // 32)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        scale = min(1.0, 2000 / max(size))
        return Size(int(size.width * scale), int(size.height * scale))


class TileCounter(PatchCounter):
    """85 tokens and 170 for each 512-px tile; the shorter side is shown at 768 px at most."""

    name = "tiles"
    grid = 512

    def count(self, size: Size, detail: str | None = None) -> int:
        width, height = self.seen(size)
        return 85 + 170 * -(-width // 512) * -(-height // 512)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        scale = min(1.0, 768 / min(size))
        return Size(int(size.width * scale), int(size.height * scale))


class FlatCounter(PatchCounter):
    """Pixels do not count."""

    name = "flat"

    def __init__(self) -> None:
        self.grid = None  # type: ignore[assignment]

    def count(self, size: Size, detail: str | None = None) -> int:
        return 256


COUNTERS: dict[str, TokenCounter] = {"patches": PatchCounter(), "tiles": TileCounter(), "flat": FlatCounter()}


@pytest.fixture
def ctx() -> Callable[..., Context]:
    def make(counter: str = "patches", quality: Quality = "legible", *, coordinates: bool = False) -> Context:
        return Context(model="m", counter=COUNTERS[counter], quality=quality, coordinates=coordinates)

    return make


@pytest.fixture(scope="session")
def page() -> Callable[..., NDArray[np.uint8]]:
    return draw_page


def draw_page(
    scale: float,
    width: int = 1400,
    height: int = 1000,
    ink: tuple[int, int, int] = (0, 0, 0),
    paper: tuple[int, int, int] = (255, 255, 255),
    words: Sequence[str] = WORDS,
) -> NDArray[np.uint8]:
    """Lines of words; a small x is 15 px high at scale 1."""
    array = np.full((height, width, 3), paper, np.uint8)
    for number, y in enumerate(range(int(40 * scale), height - 10, int(44 * scale))):
        text = " ".join(words[(3 * number + k) % len(words)] for k in range(40))
        text = text[: int(width / (17 * scale)) - 3]
        cv2.putText(array, text, (10, y), cv2.FONT_HERSHEY_SIMPLEX, scale, ink, max(1, round(scale * 1.5)), cv2.LINE_AA)
    return array


@pytest.fixture(scope="session")
def photo() -> Callable[[int, int], NDArray[np.uint8]]:
    """Soft coloured shapes, without text."""

    def draw(width: int, height: int) -> NDArray[np.uint8]:
        spots = np.random.default_rng(3).integers(0, 256, (12, 16, 3), np.uint8)
        return np.asarray(cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)

    return draw


@pytest.fixture(scope="session")
def encoded() -> Callable[..., Image]:
    def encode(array: NDArray[np.uint8], kind: str = "png") -> Image:
        _, data = cv2.imencode(f".{kind}", array)
        return Image(bytes(data), kind, array.shape[1], array.shape[0])

    return encode
