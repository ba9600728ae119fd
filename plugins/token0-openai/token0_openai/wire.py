"""What the two OpenAI dialects share: image addresses, errors, usage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pybase64

from token0.errors import BadRequest, PublicError
from token0.images import holds_pdf
from token0.sniff import MEDIA_TYPES
from token0.types import Content, Image, ImagePart, Path, Text, Usage


def image_part(url: Any, path: Path, at: Path, detail: Any, prompt: str) -> ImagePart:
    """The part for an image address: a `data:` URL (RFC 2397) or a remote one. Raises `BadRequest` naming `at`."""
    if not isinstance(url, str):
        raise BadRequest("The address of the image must be a string.", at=at, code="invalid_type")
    known = known_detail(detail)
    if url[:5].lower() != "data:":
        return ImagePart(path=path, url=url, detail=known, prompt=prompt)
    head, comma, encoded = url[5:].partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise BadRequest(
            "The data URL must be of the form data:MEDIA_TYPE;base64,DATA.", at=at, code="invalid_image_url"
        )
    media_type = head[:-7].split(";")[0].strip().lower() or None
    return ImagePart(path=path, base64=encoded, media_type=media_type, detail=known, prompt=prompt)


def pdf_part(data: Any, path: Path, prompt: str) -> ImagePart | None:
    """The part for a file in the request, a `data:` URL or bare base64; None for all but PDF documents."""
    if not isinstance(data, str):
        return None
    head, comma, encoded = data.partition(",") if data[:5].lower() == "data:" else ("data:;base64", ",", data)
    if not comma or not head.lower().endswith(";base64") or not holds_pdf(encoded):
        return None
    return ImagePart(path=path, base64=encoded, media_type=MEDIA_TYPES["pdf"], prompt=prompt)


def instead_of_pdf(
    part: dict[str, Any], known: frozenset[str], name: Any, contents: Sequence[Content], kind: str
) -> Iterator[dict[str, Any]]:
    """The parts in place of a document called `name`; `kind` is `input_` or nothing.

    Fields of `part` that are not `known`, as cache markers, go to the last one: it ends the same prefix.
    """
    title = [Text(f"[Document: {name}]")] if isinstance(name, str) and name else []
    new = [*title, *contents]
    for content in new:
        kept = {key: value for key, value in part.items() if key not in known} if content is new[-1] else {}
        if isinstance(content, Text):
            yield {"type": f"{kind}text", "text": content.text, **kept}
        else:
            detail = {} if content.detail is None else {"detail": content.detail}
            address = data_url(content)
            image = {"image_url": address, **detail} if kind else {"image_url": {"url": address, **detail}}
            yield {"type": "input_image" if kind else "image_url", **image, **kept}


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
