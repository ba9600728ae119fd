from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from token0.interfaces import Context, Declined, TokenCounter
from token0.sniff import sniff
from token0.types import Image, Size
from token0_pixels import Pixels, decode, encode
from token0_resize.mark import is_marked, mark
from token0_resize.optimizer import Resize, ResizeConfig


class Area(TokenCounter):
    """A token for each thousand pixels."""

    name = "area"

    @classmethod
    def for_model(cls, model: str) -> Area:
        return cls()

    def count(self, size: Size, detail: str | None = None) -> int:
        return size.width * size.height // 1000

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return size


PICTURE = np.random.default_rng(2).integers(0, 256, (30, 40)).astype(np.uint8)


@pytest.mark.parametrize("format", ["png", "jpeg"])
def test_a_marked_picture_is_the_same_picture(format: Literal["png", "jpeg"]) -> None:  # noqa: A002
    plain = encode(Pixels(PICTURE), format)
    made = mark(plain, format)
    assert (is_marked(plain), is_marked(made)) == (False, True)
    assert sniff(made) == sniff(plain)
    one, other = (decode(Image(data, format, 40, 30)).array for data in (plain, made))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"])
def test_other_files_are_not_marked(data: bytes) -> None:
    assert not is_marked(data)


def test_what_is_marked_is_left_alone() -> None:
    ctx = Context(model="m", counter=Area())
    data = mark(encode(Pixels(np.zeros((2000, 2000), np.uint8)), "png"), "png")
    found = Resize(ResizeConfig()).plan(Image(data, "png", 2000, 2000), ctx)
    assert isinstance(found, Declined)
    assert "made by this step" in found.why
