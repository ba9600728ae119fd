from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from token0.interfaces import Context, TokenCounter
from token0.types import Size

if TYPE_CHECKING:
    from collections.abc import Callable

    from token0.types import Quality


class PatchCounter(TokenCounter):
    """A token for each 32-px patch; at most 2,000 px are shown."""

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
        return Size(round(size.width * scale), round(size.height * scale))


class TileCounter(PatchCounter):
    """85 tokens and 170 for each 512-px tile; the shorter side is shown at 768 px at most. `low` is 85."""

    name = "tiles"
    grid = 512

    def count(self, size: Size, detail: str | None = None) -> int:
        width, height = self.seen(size)
        return 85 if detail == "low" else 85 + 170 * -(-width // 512) * -(-height // 512)

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


class EnlargingCounter(PatchCounter):
    """Pictures of less than 1,024 patches are enlarged to them."""

    name = "enlarging"

    def count(self, size: Size, detail: str | None = None) -> int:
        return max(1024, super().count(size))

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return Size(size.width * 3, size.height * 3)


COUNTERS: dict[str, TokenCounter] = {
    counter.name: counter for counter in (PatchCounter(), TileCounter(), FlatCounter(), EnlargingCounter())
}


@pytest.fixture(scope="session")
def ctx() -> Callable[..., Context]:
    def make(counter: str = "tiles", quality: Quality = "legible", *, coordinates: bool = False) -> Context:
        return Context(model="m", counter=COUNTERS[counter], quality=quality, coordinates=coordinates)

    return make
