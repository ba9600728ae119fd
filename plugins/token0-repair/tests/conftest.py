from __future__ import annotations

from pathlib import Path
from struct import pack
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from token0.interfaces import Context
from token0.sniff import sniff
from token0.testing import PatchCounter
from token0.types import Image, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FOLDER = Path(__file__).parent
"""grid.heic, turned.heic and turned.avif show the same as `quarters`, by libheif and libavif: in six tiles, and turned
as EXIF 6 and 5 say."""


@pytest.fixture(scope="session")
def quarters() -> NDArray[np.uint8]:
    """Red, green / blue, white: 160 wide, 96 high, RGB."""
    array = np.zeros((96, 160, 3), np.uint8)
    array[:48, :80], array[:48, 80:], array[48:, :80], array[48:, 80:] = (255, 0, 0), (0, 255, 0), (0, 0, 255), 255
    return array


@pytest.fixture(scope="session")
def stored() -> Callable[[str], bytes]:
    return lambda name: (FOLDER / name).read_bytes()


@pytest.fixture(scope="session")
def opened() -> Callable[[bytes], Image]:
    """The image of a file, as the core opens it."""

    def make(data: bytes) -> Image:
        header = sniff(data)
        if header is None:
            return Image(data=data, format="unknown", width=0, height=0)
        return Image(data, header.format, header.width, header.height, header.orientation)

    return make


@pytest.fixture(scope="session")
def encoded(opened: Callable[[bytes], Image]) -> Callable[..., Image]:
    """An RGB (or RGBA, or grey) array as a file."""

    def make(array: NDArray[Any], kind: str) -> Image:
        if array.ndim == 3:
            array = cv2.cvtColor(array, cv2.COLOR_RGB2BGR if array.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
        return opened(bytes(cv2.imencode(f".{kind}", array)[1]))

    return make


@pytest.fixture
def limited() -> Callable[..., Context]:
    """A context with these limits."""

    def make(*, refused: bool = False, coordinates: bool = False, **limits: Any) -> Context:
        return Context(
            model="patches",
            counter=PatchCounter(),
            limits=Limits(**limits),
            refused=refused,
            coordinates=coordinates,
        )

    return make


@pytest.fixture(scope="session")
def corners() -> Callable[[NDArray[Any]], str]:
    """The colours of the four quarters, in reading order: `rg/bw` for what `quarters` shows."""

    def look(array: NDArray[Any]) -> str:
        names = {(1, 0, 0): "r", (0, 1, 0): "g", (0, 0, 1): "b", (1, 1, 1): "w", (0, 0, 0): "k"}
        height, width = array.shape[:2]
        seen = [
            names.get(tuple(int(value > 127) for value in array[int(y * height), int(x * width), :3]), "?")
            for y in (0.25, 0.75)
            for x in (0.25, 0.75)
        ]
        return "".join(seen[:2]) + "/" + "".join(seen[2:])

    return look


def icon(*entries: tuple[int, int, int, bytes]) -> bytes:
    """An ICO of pictures: width, height, bits, file."""
    at = 6 + 16 * len(entries)
    head, files = pack("<HHH", 0, 1, len(entries)), b""
    for width, height, bits, file in entries:
        head += pack("<BBBBHHII", width % 256, height % 256, 0, 0, 1, bits, len(file), at + len(files))
        files += file
    return head + files


@pytest.fixture(scope="session")
def ico() -> Callable[..., bytes]:
    return icon
