"""Pictures, documents and sound of an OpenAI message as Gemini's inline data."""

from __future__ import annotations

from typing import Any

import pybase64

from token0 import documents
from token0.errors import BadRequest
from token0.sniff import MEDIA_TYPES, sniff
from token0.types import Path

_HEAD = 64 * 1024
"""Base64 characters in which a picture says what it is."""


def image(item: dict[str, Any], at: Path) -> tuple[dict[str, Any], str | None]:
    """The part for an `image_url`, and its `detail`. Raises `BadRequest` for an address."""
    address: Any = item.get("image_url")
    where = (*at, "image_url")
    # Some clients send the address bare.
    detail = item.get("detail")
    if not isinstance(address, str):
        holder = documents.required(item, "image_url", dict, at)
        address, detail = documents.required(holder, "url", str, where), holder.get("detail")
        where = (*where, "url")
    if address[:5].lower() != "data:":
        raise BadRequest(
            "Gemini takes images in the request, not their addresses, and this gateway is not set up to fetch them "
            "(fetch.images).",
            at=where,
            code="unsupported_image_url",
        )
    declared, encoded = _data_url(address, where)
    blob = {"mimeType": _sniffed(encoded) or declared or "image/png", "data": encoded}
    return {"inlineData": blob}, detail if isinstance(detail, str) else None


def file(item: dict[str, Any], at: Path) -> dict[str, Any]:
    """The part for a `file`. Raises `BadRequest` for an uploaded one: it lies on another provider's servers."""
    where = (*at, "file")
    holder = documents.required(item, "file", dict, at)
    if "file_data" not in holder and "file_id" in holder:
        raise BadRequest(
            "Gemini cannot read a file that was uploaded elsewhere: send it in `file_data`.",
            at=(*where, "file_id"),
            code="unsupported_file_id",
        )
    given = documents.required(holder, "file_data", str, where)
    declared, encoded = _data_url(given, (*where, "file_data")) if given[:5].lower() == "data:" else (None, given)
    return {"inlineData": {"mimeType": _sniffed(encoded) or declared or "application/pdf", "data": encoded}}


def sound(item: dict[str, Any], at: Path) -> dict[str, Any]:
    """The part for an `input_audio`."""
    where = (*at, "input_audio")
    holder = documents.required(item, "input_audio", dict, at)
    encoded = documents.required(holder, "data", str, where)
    kind = documents.required(holder, "format", str, where)
    return {"inlineData": {"mimeType": f"audio/{kind}", "data": _unbroken(encoded)}}


def _data_url(url: str, at: Path) -> tuple[str | None, str]:
    """Media type and base64 of a `data:` URL (RFC 2397)."""
    head, comma, encoded = url[5:].partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise BadRequest(
            "The data URL must be of the form data:MEDIA_TYPE;base64,DATA.", at=at, code="invalid_data_url"
        )
    return head[:-7].split(";")[0].strip().lower() or None, _unbroken(encoded)


def _unbroken(encoded: str) -> str:
    return "".join(encoded.split()) if any(space in encoded for space in "\n\r ") else encoded


def _sniffed(encoded: str) -> str | None:
    """The media type that the bytes tell: the API refuses a picture with a wrong one."""
    try:
        header = sniff(pybase64.b64decode(encoded[:_HEAD], altchars=b"-_" if "-" in encoded[:_HEAD] else None))
    except ValueError:
        return None
    return MEDIA_TYPES.get(header.format) if header else None
