"""Whether two pictures differ by no more than their encoders' own error, in every block. Heavy: for workers.

JPEG rounds the 64 coefficients of each 8x8 block to multiples of its quantisation table, so a coefficient of what is
encoded is off by at most half a step. Two encodings of one picture are off by at most half a step of each; whatever is
off by more was not the encoder. That is a bound for each block, so no local change can hide in a large picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import msgspec
import numpy as np
import simplejpeg  # type: ignore[import-untyped]

from token0_neardup.tables import luma_steps
from token0_pixels import Undecodable, decode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from token0.types import Image
    from token0_pixels import Pixels

_SLACK = 8.0
"""What rounding to whole pixels and back adds to a coefficient: measured, 8 covers 84 % of photographs at quality 85
and all of them at 92. A lone pixel of another brightness is worth a quarter of its difference."""

_COARSEST = 18.0
"""The mean half step beyond which the bound would let too much pass: 9 is quality 85, 14 is 75, 13 is 85 and 92."""

_COLOUR = ((4, 16), (8, 6))
"""Side of a square of pixels, and how far its mean colour may be off: encoders halve the resolution of colours."""

_ROWS = 128
_EXACT = np.zeros((8, 8))
_NOTHING = np.empty((0, 0), np.float32)
_COSINES = np.array(
    [[(0.125 if k == 0 else 0.25) ** 0.5 * np.cos((2 * n + 1) * k * np.pi / 16) for n in range(8)] for k in range(8)],
    np.float32,
)


class _Luma(NamedTuple):
    """Brightness, and the steps to which an encoder rounded it."""

    plane: NDArray[np.uint8]
    steps: NDArray[np.float64]


def explained(image: Image, known: Image) -> bool:
    """True when rounding in JPEG explains every difference between two pictures of one size. Raises `Undecodable`."""
    one, other = (_stored(each) for each in (image, known))
    a, b = decode(one), decode(other)
    if a.profile != b.profile or a.alpha or b.alpha:
        return False
    shown, rounded = (_Luma(a.luma(), _EXACT), _Luma(b.luma(), _EXACT)), (_rounded(one, a), _rounded(other, b))
    # An encoder rounds what another picture shows; what it stores itself may be out of the range that can be shown.
    pairs = (shown, (rounded[0], shown[1]), (shown[0], rounded[1]), rounded)
    return any(_same_luma(*pair) for pair in pairs) and _same_colours(a, b)


def _rounded(image: Image, pixels: Pixels) -> _Luma:
    """What the file itself stores: for a JPEG the plane before its colours are clipped, with its steps."""
    if image.format != "jpeg":
        return _Luma(pixels.luma(), _EXACT)
    try:
        _, _, space, _ = simplejpeg.decode_jpeg_header(image.data)
        plane = simplejpeg.decode_jpeg(image.data, "GRAY")
    except ValueError as error:
        raise Undecodable(str(error)) from error
    steps = luma_steps(image.data)
    if steps is None or space not in ("YCbCr", "Gray"):
        raise Undecodable(f"a JPEG in {space} whose steps are not known")
    return _Luma(np.asarray(plane[:, :, 0], np.uint8), steps)


def _stored(image: Image) -> Image:
    """The picture as it is stored: there its blocks begin."""
    size = image.size if image.orientation < 5 else (image.height, image.width)
    return msgspec.structs.replace(image, width=size[0], height=size[1], orientation=1)


def _same_luma(one: _Luma, other: _Luma) -> bool:
    half = ((one.steps + other.steps) / 2).astype(np.float32)
    # A table that is coarse where encoders are fine would let through what the eye sees first.
    fine = half.mean() <= _COARSEST and half[:4, :4].max() <= _COARSEST
    return bool(fine) and _is_within(one.plane, other.plane, half + _SLACK)


def _is_within(one: NDArray[np.uint8], other: NDArray[np.uint8], bound: NDArray[np.float32]) -> bool:
    height, width = one.shape
    for top in range(0, height, _ROWS):
        bottom = min(height, top + _ROWS)
        difference = one[top:bottom].astype(np.float32) - other[top:bottom]
        rows, columns = (bottom - top) // 8 * 8, width // 8 * 8
        if not _within(difference[:rows, :columns], bound):
            return False
        # Where a block is cut off, the encoder made up its rest: the energy of the error is bounded all the same.
        rest = np.pad(difference, ((0, -(bottom - top) % 8), (0, -width % 8)))
        for strip in (rest[rows:], rest[:, columns:]):
            if strip.size and (_blocks(strip) ** 2).sum(axis=(1, 3)).max() > (bound**2).sum():
                return False
    return True


def _blocks(area: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = area.shape
    return area.reshape(height // 8, 8, width // 8, 8)


def _within(difference: NDArray[np.float32], bound: NDArray[np.float32]) -> bool:
    """True when no coefficient of any block of the difference is beyond its bound."""
    if not difference.size:
        return True
    both = _transformed(_transformed(difference).T)
    return bool((np.abs(_blocks(both)) <= bound.T[None, :, None, :]).all())


def _transformed(area: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine transform of each eight values of a row. Not by numpy, whose threads would fight for the cores."""
    eights = np.ascontiguousarray(area).reshape(-1, 8)
    product = cv2.gemm(eights, _COSINES, 1.0, _NOTHING, 0.0, flags=cv2.GEMM_2_T)
    return np.asarray(product, np.float32).reshape(area.shape)


def _same_colours(one: Pixels, other: Pixels) -> bool:
    if one.gray and other.gray:
        return True
    difference = cv2.subtract(_colours(one), _colours(other), dtype=cv2.CV_16S)
    return all(_mean_colours(difference, side) <= most for side, most in _COLOUR)


def _colours(pixels: Pixels) -> NDArray[np.uint8]:
    array = cv2.cvtColor(pixels.array, cv2.COLOR_GRAY2RGB) if pixels.gray else pixels.array[:, :, :3]
    return np.asarray(cv2.cvtColor(array, cv2.COLOR_RGB2YCrCb)[:, :, 1:], np.uint8)


def _mean_colours(difference: cv2.typing.MatLike, side: int) -> int:
    """How far the mean of any square is from none."""
    height, width = difference.shape[:2]
    padded = np.pad(difference, ((0, -height % side), (0, -width % side), (0, 0)), mode="edge")
    size = (padded.shape[1] // side, padded.shape[0] // side)
    return int(np.abs(cv2.resize(padded, size, interpolation=cv2.INTER_AREA)).max())
