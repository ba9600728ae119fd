"""A decoded picture, and how it is made smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from PIL import Image as Pillow

from token0.types import Size

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Pixels(NamedTuple):
    """A picture in memory, upright.

    array:   uint8, (height, width) for grey, (height, width, 4) for colour: red, green, blue and alpha or padding
    alpha:   the fourth channel is transparency, and some of it is used
    profile: the ICC profile the numbers are in, empty for sRGB; `encode` converts
    """

    array: NDArray[np.uint8]
    alpha: bool = False
    profile: bytes = b""

    @property
    def size(self) -> Size:
        height, width = self.array.shape[:2]
        return Size(width, height)

    @property
    def gray(self) -> bool:
        return self.array.ndim == 2

    def luma(self) -> NDArray[np.uint8]:
        """(height, width) brightness, transparency on white."""
        array = self.array if not self.alpha else on_white(self.array)
        return array if self.gray else np.asarray(cv2.cvtColor(array, cv2.COLOR_RGBA2GRAY), np.uint8)


def resize(pixels: Pixels, size: Size) -> Pixels:
    """`pixels` at `size`, by Lanczos over the whole footprint of each new pixel.

    Never nearest-neighbour: it destroys text, and hidden text can be made to appear in it.
    """
    if size == pixels.size:
        return pixels
    mode = "L" if pixels.gray else "RGBA" if pixels.alpha else "RGBX"
    array = np.ascontiguousarray(pixels.array)
    picture = Pillow.frombuffer(mode, pixels.size, array, "raw", mode, 0, 1)
    return pixels._replace(array=np.asarray(picture.resize(size, Pillow.Resampling.LANCZOS)))


def on_white(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGBA flattened on white, in integers, so that it is the same on every machine."""
    alpha = array[:, :, 3:].astype(np.uint16)
    shade = (255 - array[:, :, :3].astype(np.uint16)) * alpha
    flat = np.full_like(array, 255)
    flat[:, :, :3] = 255 - (shade + 127) // 255
    return flat
