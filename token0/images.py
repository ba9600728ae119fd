"""From a part of a request to an image whose header was read, or the reason why it is left alone."""

from __future__ import annotations

import pybase64

from token0.errors import BadRequest
from token0.sniff import Header, sniff
from token0.types import Image, ImagePart


class Unopened(Exception):
    """The gateway has nothing to do with this image; the provider gets it as it was sent."""


def open_part(part: ImagePart, max_pixels: int) -> Image:
    """The image of `part`. Raises `BadRequest` for broken base64, `Unopened` for what is not worked on here."""
    if part.base64 is None:
        raise Unopened("not in the request: fetched or held by the provider")
    data = _decode(part)
    header = sniff(data)
    if header is None:
        raise Unopened("not a format known here")
    if header.width * header.height > max_pixels:
        raise Unopened(
            f"{header.width}x{header.height} is beyond the limit of {max_pixels} pixels (workers.max_pixels)"
        )
    return _image(data, header, part.detail)


def _image(data: bytes, header: Header, detail: str | None) -> Image:
    return Image(
        data=data,
        format=header.format,
        width=header.width,
        height=header.height,
        orientation=header.orientation,
        detail=detail,
    )


def _decode(part: ImagePart) -> bytes:
    assert part.base64 is not None
    try:
        return pybase64.b64decode(part.base64, validate=True)
    except ValueError:
        pass
    # Line breaks, missing padding and the URL-safe alphabet are common, and some providers take them.
    text = "".join(part.base64.split()).replace("-", "+").replace("_", "/")
    try:
        return pybase64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise BadRequest("The image is not valid base64.", at=part.path, code="invalid_base64") from None
