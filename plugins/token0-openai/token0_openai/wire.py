"""What the two OpenAI dialects share: image addresses, errors, usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pybase64

from token0.errors import BadRequest, PublicError
from token0.sniff import MEDIA_TYPES
from token0.types import Image, ImagePart, Path, Usage

_BARE = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR")
"""How JPEG, PNG, GIF and WebP begin in base64. Without `data:` before it that is refused, and easily mended."""


def image_part(url: Any, path: Path, at: Path, detail: Any, prompt: str) -> ImagePart:
    """The part for an image address: a `data:` URL (RFC 2397) or a remote one. Raises `BadRequest` naming `at`."""
    if not isinstance(url, str):
        raise BadRequest("The address of the image must be a string.", at=at, code="invalid_type")
    known = known_detail(detail)
    if url.startswith(_BARE):
        return ImagePart(path=path, base64=url, media_type="", detail=known, prompt=prompt)
    if url[:5].lower() != "data:":
        return ImagePart(path=path, url=url, detail=known, prompt=prompt)
    # Each copy of megabytes takes its time.
    comma = url.find(",")
    head, encoded = url[5:comma], url[comma + 1 :]
    if comma < 0 or not head.lower().endswith(";base64"):
        raise BadRequest(
            "The data URL must be of the form data:MEDIA_TYPE;base64,DATA.", at=at, code="invalid_image_url"
        )
    media_type = head[:-7].split(";")[0].strip().lower()
    return ImagePart(path=path, base64=encoded, media_type=media_type, detail=known, prompt=prompt)


def known_detail(detail: Any) -> str | None:
    """The client's word for the resolution; None for what is none."""
    return detail if isinstance(detail, str) else None


def data_url(image: Image) -> str:
    """The image as a `data:` URL."""
    return f"data:{MEDIA_TYPES[image.format]};base64,{pybase64.b64encode(image.data).decode()}"


def error(error: PublicError) -> bytes:
    """OpenAI's error object. `type` is the one its own clients see for the status."""
    return msgspec.json.encode(
        {"error": {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}}
    )


def usage(counts: Any, prompt: str, completion: str) -> Usage | None:
    """The usage object of an answer, whose counts are named `prompt` and `completion`."""
    if not isinstance(counts, Mapping) or not isinstance(counts.get(prompt), int):
        return None
    details = counts.get(f"{prompt}_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else None
    return Usage(
        input_tokens=counts[prompt],
        output_tokens=counts.get(completion) or 0,
        cached_tokens=cached or 0,
    )
