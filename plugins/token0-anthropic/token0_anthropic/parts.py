"""Content parts of OpenAI Chat as content blocks of Anthropic Messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pybase64

from token0 import documents
from token0.errors import BadRequest
from token0.sniff import MEDIA_TYPES, sniff
from token0.types import Path
from token0_anthropic.losses import Losses

_ACCEPTED = frozenset({"jpeg", "png", "gif", "webp", "pdf"})
_HEAD = 1 << 20
"""Characters of base64 in which a picture's header is looked for: whole pictures need not be decoded for it."""


def blocks(content: Any, at: Path, losses: Losses, kinds: frozenset[str]) -> Iterator[dict[str, Any]]:
    """The blocks of `content`, a string or parts at `at`; `kinds` are the part types that may stand there.

    Text without a visible character is left out: the API refuses it.
    """
    if content is None:
        return
    if isinstance(content, str):
        if content.strip():
            yield {"type": "text", "text": content}
        return
    for i, part in enumerate(documents.of(content, list, at)):
        path = (*at, i)
        kind = documents.required(documents.of(part, dict, path), "type", str, path)
        if kind not in kinds:
            losses.add(path, f"no counterpart for a part of type {kind!r} here")
        elif block := _MADE[kind](part, path, losses):
            marker = part.get("cache_control")
            yield block if marker is None else {**block, "cache_control": marker}


ASSISTANT = frozenset({"text", "refusal"})
SYSTEM = frozenset({"text"})
USER = frozenset({"text", "image_url", "file"})


def _text(part: dict[str, Any], at: Path, losses: Losses) -> dict[str, Any] | None:  # noqa: ARG001
    text = documents.required(part, part["type"], str, at)
    return {"type": "text", "text": text} if text.strip() else None


def _image(part: dict[str, Any], at: Path, losses: Losses) -> dict[str, Any]:  # noqa: ARG001
    address = part.get("image_url")
    url = address if isinstance(address, str) else _url(part, at)
    if url[:5].lower() != "data:":
        return {"type": "image", "source": {"type": "url", "url": url}}
    declared, data = _data_url(url, (*at, "image_url"))
    # The API refuses bytes that are not what their label says; the bytes are right more often.
    return {"type": "image", "source": {"type": "base64", "media_type": _sniffed(data) or declared, "data": data}}


def _url(part: dict[str, Any], at: Path) -> str:
    return documents.required(documents.required(part, "image_url", dict, at), "url", str, (*at, "image_url"))


def _file(part: dict[str, Any], at: Path, losses: Losses) -> dict[str, Any] | None:
    file = documents.required(part, "file", dict, at)
    where = (*at, "file")
    if "file_data" not in file:
        losses.add((*where, "file_id"), "an uploaded file is known only to the provider that holds it")
        return None
    content = documents.required(file, "file_data", str, where)
    data = _data_url(content, (*where, "file_data"))[1] if content[:5].lower() == "data:" else _unbroken(content)
    if _sniffed(data) != MEDIA_TYPES["pdf"]:
        losses.add((*where, "file_data"), "only PDF documents can be sent")
        return None
    block = {
        "type": "document",
        "source": {"type": "base64", "media_type": MEDIA_TYPES["pdf"], "data": data},
    }
    name = documents.optional(file, "filename", str, where)
    return {**block, "title": name} if name else block


def _data_url(url: str, at: Path) -> tuple[str, str]:
    head, comma, data = url[5:].partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise BadRequest(
            "The data URL must be of the form data:MEDIA_TYPE;base64,DATA.", at=at, code="invalid_image_url"
        )
    return head[:-7].split(";")[0].strip().lower(), _unbroken(data)


def _unbroken(data: str) -> str:
    """Base64 without the line breaks that mail programs and `base64.encodebytes` make: the API takes none."""
    return "".join(data.split()) if any(blank in data for blank in "\n\r ") else data


def _sniffed(data: str) -> str | None:
    """The media type that the bytes show, if it is one the API takes."""
    head = data[:_HEAD]
    try:
        header = sniff(pybase64.b64decode(head[: len(head) // 4 * 4]))
    except ValueError:
        return None
    return MEDIA_TYPES[header.format] if header and header.format in _ACCEPTED else None


_MADE: dict[str, Callable[[dict[str, Any], Path, Losses], dict[str, Any] | None]] = {
    "text": _text,
    "refusal": _text,
    "image_url": _image,
    "file": _file,
}
