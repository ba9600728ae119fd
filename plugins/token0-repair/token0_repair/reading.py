"""From the bytes of any format to pixels, upright. Runs in workers; raises `Undecodable`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np
import simplejpeg  # type: ignore[import-untyped]

from token0.sniff import sniff
from token0_pixels import FORMATS, MAX_PIXELS, Undecodable, decode
from token0_pixels.decode import from_opencv
from token0_repair.drawings import draw
from token0_repair.heif import NoStill, Shown, Still, find_shown, find_still
from token0_repair.icons import biggest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from token0.types import Image, Size
    from token0_pixels import Pixels

# A broken file can make a decoder write a thousand lines.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_QUARTER_TURNS = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)


def read(image: Image, at_least: Size | None = None) -> Pixels:
    """The first frame or page of `image`; a JPEG may come out smaller, but not below `at_least`."""
    if image.format in FORMATS:
        return _common(image, at_least)
    if image.format == "heic":
        return from_opencv(_still(image.data))
    if image.format == "svg":
        return decode(_sniffed(image, draw(image.data)))
    if image.format == "ico":
        return _icon(image)
    if image.format in ("bmp", "tiff", "avif"):
        return _other(image)
    raise Undecodable("it is of no format known here")


def _common(image: Image, at_least: Size | None) -> Pixels:
    try:
        return decode(image, at_least=at_least)
    except Undecodable:
        if image.format != "jpeg" or image.width * image.height > MAX_PIXELS:
            raise
    # A JPEG that ends too early: what there is of it, the rest grey.
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(image.data)
        if (width, height) != (image.size if image.orientation < 5 else image.size[::-1]):
            raise Undecodable(f"the header says {image.width}x{image.height}, the decoder {width}x{height}")
        array = simplejpeg.decode_jpeg(image.data, "BGR", strict=False)
    except ValueError as error:
        raise Undecodable(str(error)) from error
    return from_opencv(array, image.orientation)


def _other(image: Image) -> Pixels:
    """What OpenCV decodes and no step but this one works on."""
    if image.width * image.height > MAX_PIXELS:
        raise Undecodable(f"{image.width}x{image.height} pixels are too many to decode")
    try:
        array = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise Undecodable(error.err or "the decoder gave up") from error
    if array is None:
        raise Undecodable("the decoder gave up")
    if image.format == "avif":
        return from_opencv(_avif(image.data, array))
    found = array.shape[1], array.shape[0]
    if sorted(found) != sorted(image.size):
        raise Undecodable(f"the header says {image.width}x{image.height}, the decoder {found[0]}x{found[1]}")
    return from_opencv(array)


def _icon(image: Image) -> Pixels:
    icon = biggest(image.data)
    if icon is None:
        raise Undecodable("the icon has no picture")
    pixels = read(_sniffed(image, icon.file))
    if icon.mask is None or pixels.array.shape[:2] != icon.mask.shape or not icon.mask.any():
        return pixels
    code = cv2.COLOR_GRAY2RGBA if pixels.gray else None
    array = pixels.array.copy() if code is None else np.asarray(cv2.cvtColor(pixels.array, code), np.uint8)
    array[:, :, 3] = np.where(icon.mask, 0, 255)
    return pixels._replace(array=array, alpha=True)


def _sniffed(image: Image, data: bytes) -> Image:
    """A picture that was inside of `image`."""
    header = sniff(data)
    if header is None or header.format not in ("png", "bmp"):
        raise Undecodable("there is no picture inside")
    return msgspec.structs.replace(
        image, data=data, format=header.format, width=header.width, height=header.height, orientation=1
    )


def _still(data: bytes) -> NDArray[np.uint8]:
    try:
        still = find_still(data)
    except NoStill as reason:
        raise Undecodable(f"not decoded: {reason}") from reason
    if still.width * still.height > MAX_PIXELS:
        raise Undecodable(f"{still.width}x{still.height} pixels are too many to decode")
    return _as_shown(_assembled(still), still.shown)


def _avif(data: bytes, array: NDArray[Any]) -> NDArray[Any]:
    """OpenCV leaves out what the boxes around the picture say."""
    try:
        return _as_shown(array, find_shown(data, array.shape[1], array.shape[0]))
    except NoStill:
        # A sequence without a still: its first frame, as it is.
        return array


def _as_shown(array: NDArray[Any], shown: Shown) -> NDArray[Any]:
    left, top, width, height = shown.crop
    array = array[top : top + height, left : left + width]
    turn = _QUARTER_TURNS[shown.turns]
    if turn is not None:
        array = cv2.rotate(array, turn)
    return array if shown.mirror is None else cv2.flip(array, shown.mirror)


def _assembled(still: Still) -> NDArray[np.uint8]:
    """The tiles side by side, BGR."""
    whole = np.zeros((still.height, still.width, 3), np.uint8)
    stream: Any = io.BytesIO(b"".join(still.tiles))
    film = cv2.VideoCapture(stream, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    first = None
    for number in range(len(still.tiles)):
        found, tile = film.read()
        if not found or (first is not None and tile.shape != first):
            raise Undecodable("its coded pictures are broken")
        first = tile.shape
        if tile.shape[1] * still.columns < still.width:
            raise Undecodable("its tiles leave gaps")
        row, column = divmod(number, still.columns)
        place = whole[row * tile.shape[0] :, column * tile.shape[1] :][: tile.shape[0], : tile.shape[1]]
        place[:] = tile[: place.shape[0], : place.shape[1]]
    if first is None or first[0] * (len(still.tiles) // still.columns) < still.height:
        raise Undecodable("its tiles leave gaps")
    return whole
