"""token0.types: values that cross a process border come back as they were."""

from __future__ import annotations

import msgspec
import pytest

from token0.types import Content, Image, Size, Text

IMAGE = Image(data=b"\0\xff", format="png", width=3, height=2, orientation=6, detail="low")


@pytest.mark.parametrize("content", [IMAGE, Text("é")])
def test_content_survives_the_pipe_to_a_worker(content: Content) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(content), type=Content) == content


def test_the_size_of_an_image_is_width_then_height() -> None:
    assert IMAGE.size == Size(width=3, height=2)


def test_values_do_not_change() -> None:
    with pytest.raises(AttributeError):
        IMAGE.width = 5  # type: ignore[misc]
