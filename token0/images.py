"""From a part of a request to an image whose header was read, or the reason why it is left alone."""

from __future__ import annotations

import hashlib
import re
from typing import Final
from urllib.parse import unquote

import pybase64

from token0.errors import BadRequest
from token0.report import StepReport
from token0.sniff import MEDIA_TYPES, Header, sniff
from token0.types import Image, ImagePart, Limits

UNKNOWN: Final = "unknown"
"""The format of what is no picture known here, for steps that want to see it."""

_HEAD = 2048
"""Characters of base64 in which a document says that it is one."""

_PREFIX = re.compile(r"\s*data:[^,]{0,200},")
_SAME = {"image/heif": "image/heic", "image/heif-sequence": "image/heic", "image/heic-sequence": "image/heic"}


class Unopened(Exception):
    """The gateway has nothing to do with this image; the provider gets it as it was sent."""


def open_part(part: ImagePart, max_pixels: int) -> Image:
    """The image of `part`. Raises `BadRequest` for broken base64, `Unopened` for what is not worked on here."""
    if part.base64 is None:
        raise Unopened("not in the request: fetched or held by the provider")
    data = decode(part)
    header = sniff(data)
    if header is None:
        return Image(data=data, format=UNKNOWN, width=0, height=0, detail=part.detail)
    if header.width * header.height > max_pixels:
        raise Unopened(
            f"{header.width}x{header.height} is beyond the limit of {max_pixels} pixels (workers.max_pixels)"
        )
    return _image(data, header, part.detail)


def holds_pdf(encoded: str) -> bool:
    """True for the base64 of a PDF document, by its first bytes; whether the rest is sound is not looked at."""
    head = "".join(encoded[:_HEAD].split()).replace("-", "+").replace("_", "/")
    try:
        header = sniff(pybase64.b64decode(head[: len(head) // 4 * 4]))
    except ValueError:
        return False
    return header is not None and header.format == "pdf"


def corrections(part: ImagePart, image: Image, limits: Limits) -> tuple[StepReport, ...]:
    """What is wrong in the spelling of a part whose pixels may stay: it has to be written anew, as `image`.

    Only where the provider takes the format: others are not cured by a label.
    """
    if part.base64 is None or image.format not in limits.formats:
        return ()
    found = []
    if not _canonical(part.base64, image.data, limits):
        found.append(("normalize", "base64 with a prefix, blanks or another alphabet is refused"))
    declared = part.media_type
    if declared is not None and _SAME.get(declared, declared) != MEDIA_TYPES[image.format]:
        found.append(("relabel", f"declared as {declared[:40] or 'nothing'}, but it is {MEDIA_TYPES[image.format]}"))
    return tuple(
        StepReport(name=name, applied=True, why=why, tokens_before=0, tokens_after=0, ms=0.0) for name, why in found
    )


def _canonical(text: str, data: bytes, limits: Limits) -> bool:
    padding = text[-4:].count("=")  # not stripped: that would copy megabytes
    bare = len(text) - padding == -(-len(data) * 4 // 3)
    if limits.base64url:
        return bare
    return bare and len(text) % 4 == 0 and "-" not in text and "_" not in text


def _image(data: bytes, header: Header, detail: str | None) -> Image:
    return Image(
        data=data,
        format=header.format,
        width=header.width,
        height=header.height,
        orientation=header.orientation,
        detail=detail,
    )


def digest(part: ImagePart) -> bytes:
    """The SHA-256 of an image that is in the request. Raises `BadRequest` as `decode`.

    Remembered with the part: a millisecond and a half per megabyte is not spent twice.
    """
    found: bytes | None = part.__dict__.get("digest")
    if found is None:
        found = part.__dict__["digest"] = hashlib.sha256(decode(part)).digest()
    return found


def is_hashed(part: ImagePart) -> bool:
    """True when `digest` takes no time."""
    return "digest" in part.__dict__


def decode(part: ImagePart) -> bytes:
    """The bytes of an image that is in the request. Raises `BadRequest` for what no reader of base64 takes."""
    assert part.base64 is not None
    try:
        return pybase64.b64decode(part.base64, validate=True)
    except ValueError:
        pass
    # Line breaks, missing padding and the URL-safe alphabet are common, and some providers take them. Browsers write
    # URLs with percent signs.
    text = unquote(_PREFIX.sub("", part.base64, count=1))
    text = "".join(text.split()).replace("-", "+").replace("_", "/")
    try:
        return pybase64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise BadRequest("The image is not valid base64.", at=part.path, code="invalid_base64") from None
