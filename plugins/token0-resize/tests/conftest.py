from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from token0.interfaces import Context, TokenCounter
from token0.types import Size
from token0_pixels import testing

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from token0.types import Image, Quality


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
    return testing.draw_page


@pytest.fixture(scope="session")
def photo() -> Callable[[int, int], NDArray[np.uint8]]:
    return testing.draw_photo


@pytest.fixture(scope="session")
def encoded() -> Callable[..., Image]:
    return testing.encoded
