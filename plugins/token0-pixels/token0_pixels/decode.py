"""From untrusted bytes to pixels, by decoders that are kept up to date: libjpeg-turbo and OpenCV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import simplejpeg  # type: ignore[import-untyped]

from token0.types import Size
from token0_pixels.pixels import Pixels
from token0_pixels.profiles import embedded_profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from token0.types import Image

FORMATS: Final = frozenset({"jpeg", "png", "webp", "gif"})
MAX_PIXELS: Final = 64_000_000
"""More decoded pixels than this are refused: 256 MB, and the biggest side any provider takes, squared."""

_JPEG_SCALES = (8, 4, 2, 1)


class Undecodable(ValueError):
    """The picture cannot be decoded here, or must not be; the message says why."""


def decode(image: Image, *, at_least: Size | None = None) -> Pixels:
    """Decode `image`: upright, 8 bits a channel, first frame.

    A JPEG may come out at 1/2, 1/4 or 1/8 of its size, as long as both sides (as displayed) keep `at_least`.
    Raises `Undecodable`.
    """
    if image.format not in FORMATS:
        raise Undecodable(f"{image.format} is not decoded here")
    stored = image.size if image.orientation < 5 else Size(image.height, image.width)
    if image.format == "jpeg":
        wanted = stored if at_least is None else at_least
        array = _jpeg(image.data, stored, wanted if image.orientation < 5 else Size(wanted.height, wanted.width))
        pixels = Pixels(_upright(_gray_if_colourless(array), image.orientation))
    else:
        pixels = from_opencv(_other(image.data, stored), image.orientation)
    return pixels._replace(profile=embedded_profile(image.data, image.format))


def from_opencv(array: NDArray[Any], orientation: int = 1) -> Pixels:
    """What a decoder of OpenCV returned (8 or 16 bits; grey, BGR or BGRA), upright. Raises `Undecodable` for others."""
    if array.dtype == np.uint16:
        # Exactly x / 257, rounded: the top byte alone darkens, and clipping makes everything white.
        array = ((array.astype(np.uint32) * 255 + 32895) >> 16).astype(np.uint8)
    if array.dtype != np.uint8 or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise Undecodable(f"samples of type {array.dtype} are not understood")
    four = _four_channels(array)
    alpha = four.ndim == 3 and bool(four[:, :, 3].min() < 255)
    return Pixels(_upright(four if alpha else _gray_if_colourless(four), orientation), alpha)


def _jpeg(data: bytes, stored: Size, wanted: Size) -> NDArray[np.uint8]:
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
        _check(stored, Size(width, height))
        # Powers of two only: the other scales of libjpeg-turbo have no fast code and cost more than the full size.
        scale = next(
            n for n in _JPEG_SCALES if n == 1 or (-(-width // n) >= wanted[0] and -(-height // n) >= wanted[1])
        )
        width, height = -(-width // scale), -(-height // scale)
        if width * height > MAX_PIXELS:
            raise Undecodable(f"{width}x{height} pixels are too many to decode")
        gray = space == "Gray"
        array = simplejpeg.decode_jpeg(data, "GRAY" if gray else "RGBX", min_width=width, min_height=height)
    except ValueError as error:
        raise Undecodable(str(error)) from error
    return np.asarray(array[:, :, 0] if gray else array, np.uint8)


def _other(data: bytes, stored: Size) -> NDArray[Any]:
    if stored.width * stored.height > MAX_PIXELS:
        raise Undecodable(f"{stored.width}x{stored.height} pixels are too many to decode")
    try:
        # "Unchanged" keeps alpha, grey and 16 bits, and leaves the orientation to us.
        array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise Undecodable(error.err or "the decoder gave up") from error
    if array is None:
        raise Undecodable("the decoder gave up")
    _check(stored, Size(array.shape[1], array.shape[0]))
    return array


def _check(told: Size, found: Size) -> None:
    if told != found:
        raise Undecodable(f"the header says {told.width}x{told.height}, the decoder {found.width}x{found.height}")


def _four_channels(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """OpenCV's blue, green, red (alpha) as red, green, blue and a fourth byte; grey as it is."""
    channels = 1 if array.ndim == 2 else array.shape[2]
    if channels == 1:
        return array.reshape(array.shape[:2])
    code = cv2.COLOR_BGR2RGBA if channels == 3 else cv2.COLOR_BGRA2RGBA
    return np.asarray(cv2.cvtColor(array, code), np.uint8)


def _gray_if_colourless(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scans and screens are often saved in colour without having any: a quarter of the work from here on."""
    sparse = array[::16, ::16]
    if array.ndim == 2 or not _colourless(sparse) or not _colourless(array):
        return array
    return np.ascontiguousarray(array[:, :, 0])


def _colourless(array: NDArray[np.uint8]) -> bool:
    red, green, blue = (array[:, :, channel] for channel in range(3))
    return np.array_equal(red, green) and np.array_equal(red, blue)


def _upright(array: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """EXIF 2 to 8: what the camera recorded, turned and mirrored back."""
    if orientation in (5, 7):
        array = np.asarray(cv2.transpose(array), np.uint8)
    turn = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 7: cv2.ROTATE_180, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}
    if orientation in turn:
        array = np.asarray(cv2.rotate(array, turn[orientation]), np.uint8)
    if orientation in (2, 4):
        array = np.asarray(cv2.flip(array, 1 if orientation == 2 else 0), np.uint8)
    return array
