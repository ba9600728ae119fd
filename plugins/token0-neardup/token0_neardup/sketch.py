"""What a picture is looked up by: a digest of its pixels, and how bright it is where. Heavy: for workers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import cv2
import numpy as np

from token0.types import Size
from token0_pixels import Pixels, find_writing

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GRID = (16, 16)
_REDUCED = 1000
"""The longest side at which headlines are looked for: at full size they are higher than any letter."""


def pixel_digest(pixels: Pixels, orientation: int) -> bytes:
    """Equal for pictures of equal pixels that are turned by the same orientation: not every provider turns."""
    array = pixels.array if pixels.gray or pixels.alpha else pixels.array[:, :, :3]
    about = f"{array.shape} {pixels.alpha} {orientation} {hashlib.sha256(pixels.profile).hexdigest()}"
    return hashlib.sha256(about.encode() + b"\n" + np.ascontiguousarray(array).tobytes()).digest()


def cells(pixels: Pixels) -> bytes:
    """The mean brightness of each cell of a coarse grid."""
    return bytes(cv2.resize(pixels.luma(), _GRID, interpolation=cv2.INTER_AREA))


def has_writing(pixels: Pixels) -> bool:
    """True for a picture with text in it, small or large: what it says may be a digit."""
    luma, (width, height) = pixels.luma(), pixels.size
    share = min(1.0, _REDUCED / max(width, height))
    reduced = Size(max(1, round(width * share)), max(1, round(height * share)))
    return any(_finds(luma, pixels.size, size) for size in {pixels.size, reduced})


def _finds(luma: NDArray[np.uint8], full: Size, at: Size) -> bool:
    return find_writing(luma, full, at) is not None
