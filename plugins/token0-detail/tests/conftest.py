from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from token0.interfaces import Context, TokenCounter
from token0.types import Size
from token0_pixels import testing

if TYPE_CHECKING:
    from collections.abc import Callable

    from token0.types import Image, Quality


class WordCounter(TokenCounter):
    """A token for each 32-px patch of what is shown: 256 px a side at `low`, 1,024 at `high`, else everything."""

    name = "words"
    grid = 32
    details = ("original", "high", "low")

    @classmethod
    def for_model(cls, model: str) -> WordCounter:
        return cls()

    def count(self, size: Size, detail: str | None = None) -> int:
        width, height = self.seen(size, detail)
        return -(-width // 32) * -(-height // 32)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        scale = min(1.0, {"low": 256, "high": 1024}.get(detail or "", 1 << 20) / max(size))
        return Size(round(size.width * scale), round(size.height * scale))


class GridCounter(WordCounter):
    """Every picture is brought to a square of 480 px (`low`, 10 tokens), 960 px (`medium`, 20) or 1,920 px (40)."""

    name = "grid"
    details = ("low", "medium", "high")

    def count(self, size: Size, detail: str | None = None) -> int:
        return {"low": 10, "medium": 20}.get(detail or "", 40)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        side = 48 * self.count(size, detail)
        return Size(side, side)


class DearCounter(WordCounter):
    """`low` is dearer than all else."""

    name = "dear"

    def count(self, size: Size, detail: str | None = None) -> int:
        return 50 if detail == "low" else 40


class WordlessCounter(WordCounter):
    """One price, no words."""

    name = "wordless"
    details = ()


COUNTERS: dict[str, TokenCounter] = {
    counter.name: counter for counter in (WordCounter(), GridCounter(), DearCounter(), WordlessCounter())
}


@pytest.fixture
def ctx() -> Callable[..., Context]:
    def make(counter: str = "words", quality: Quality = "legible", *, coordinates: bool = False) -> Context:
        return Context(model="m", counter=COUNTERS[counter], quality=quality, coordinates=coordinates)

    return make


@pytest.fixture(scope="session")
def pictures() -> dict[str, Image]:
    return {
        "photo": testing.encoded(testing.draw_photo(2400, 2400), "jpeg"),
        "small photo": testing.encoded(testing.draw_photo(900, 900), "png"),
        "icon": testing.encoded(testing.draw_photo(200, 200), "png"),
        # A small x of 15, 30, 8 and 6 px.
        "page": testing.encoded(testing.draw_page(1.0, 1600, 1600), "png"),
        "large print": testing.encoded(testing.draw_page(2.0, 1600, 1600), "jpeg"),
        "small text": testing.encoded(testing.draw_page(0.5, 400, 400), "png"),
        "tiny text": testing.encoded(testing.draw_page(0.35, 400, 400), "png"),
    }
