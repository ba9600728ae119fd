from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from token0.interfaces import Context, TokenCounter
from token0.types import Image, Placed, Price, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from token0.types import Content


class Pixels(TokenCounter):
    """A token for a pixel, and for a character."""

    name = "pixels"

    @classmethod
    def for_model(cls, model: str) -> Pixels:
        return cls()

    def count(self, size: Size, detail: str | None = None) -> int:
        return size.width * size.height

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return size

    def count_text(self, text: str) -> int:
        return len(text)


@pytest.fixture
def ctx() -> Context:
    """Writing into the cache costs 1.25, reading from it 0.1 of the input price."""
    return Context(model="m", counter=Pixels(), price=Price(input=1.0, cached=0.1, write=1.25))


@pytest.fixture
def shot() -> Callable[..., Placed]:
    """Makes an image of 1,600 tokens, each its own unless `data` is given, in a message of its own."""

    def make(part: int, data: bytes = b"", contents: Sequence[Content] = (), **fields: Any) -> Placed:
        original = Image(data or b"%d" % part, "png", 40, 40)
        image = Placed(part=part, message=2 * part, original=original, contents=(*contents,) or (original,))
        return msgspec.structs.replace(image, **fields)

    return make


@pytest.fixture
def shown() -> Callable[..., list[tuple[Content, ...]]]:
    """What is sent after a step."""

    def see(step: Any, images: Sequence[Placed], ctx: Context) -> list[tuple[Content, ...]]:
        sent = {image.part: image.contents for image in images}
        for joint in step.plan(images, ctx):
            sent |= joint.contents
        return list(sent.values())

    return see
