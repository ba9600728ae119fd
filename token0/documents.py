"""Reading request bodies: JSON objects, checked field by field, with errors that name the part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from token0.coordinates import in_tools
from token0.errors import BadRequest
from token0.splice import peek
from token0.types import Edit, ImagePart, Options, Path, Request

_T = TypeVar("_T")
_NAMES = {str: "a string", list: "an array", dict: "an object", bool: "true or false", int: "an integer"}

_DETAILS = ("auto", "low", "high", "original")

_SAMPLE = 1024
"""Characters of an image that tell how it is written in a body."""


def decode(body: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises `BadRequest`."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The request body is not valid JSON: {error}.", code="invalid_json") from None
    except RecursionError:
        raise BadRequest("The request body is nested too deeply.", code="invalid_json") from None
    if not isinstance(document, dict):
        raise BadRequest("The request body must be a JSON object.", code="invalid_json")
    return document


_OWN = ("token0_optimize", "token0_detail_override", "token0_enable_cache", "token0_enable_cascade")


def skim(body: bytes, model: str | None) -> Request | None:
    """What routing needs, without decoding megabytes of images; None when the body must be read properly.

    For requests whose images are left alone. `model` is the one from the path, if the path names it.
    """
    head = peek(body, {"model", "stream", *_OWN})
    if head is None or not head.keys().isdisjoint(_OWN):
        return None
    named = model or head.get("model")
    stream = head.get("stream", False)
    if not isinstance(named, str) or not isinstance(stream, bool):
        return None
    return Request(body=body, document={}, model=named, stream=stream, options=Options(optimize=False))


def required(holder: dict[str, Any], key: str, kind: type[_T], at: Path = ()) -> _T:
    """`holder[key]`, which must be there and of `kind`. Raises `BadRequest` naming it."""
    if key not in holder:
        raise BadRequest(f"Missing required parameter: '{key}'.", at=(*at, key), code="missing_required_parameter")
    return of(holder[key], kind, (*at, key))


def optional(holder: dict[str, Any], key: str, kind: type[_T], at: Path = ()) -> _T | None:
    """`holder[key]`, which must be of `kind` unless it is absent or null. Raises `BadRequest` naming it."""
    value = holder.get(key)
    return None if value is None else of(value, kind, (*at, key))


def of(value: Any, kind: type[_T], at: Path) -> _T:
    """`value`, which must be of `kind`. Raises `BadRequest` naming `at`."""
    if isinstance(value, kind):
        return value
    found = _NAMES.get(type(value), "null" if value is None else "a number")
    raise BadRequest(f"Invalid type: expected {_NAMES[kind]}, but got {found} instead.", at=at, code="invalid_type")


def lookup(document: Any, path: Path) -> Any:
    """The value at `path`; None where the way ends early."""
    for step in path:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def request(
    body: bytes,
    document: dict[str, Any],
    *,
    model: str,
    stream: bool,
    parts: Sequence[ImagePart],
    tools: Any = None,
    coordinates: bool = False,
) -> Request:
    """A read request, with what all dialects have alike: the gateway's own fields, and tools that take positions.

    coordinates says that the request asks for positions in another way. Raises `BadRequest`.
    """
    said, edits = options(document)
    return Request(
        body=body,
        document=document,
        model=model,
        stream=stream,
        parts=tuple(parts),
        options=said,
        edits=edits,
        coordinates=bool(parts) and (coordinates or in_tools(tools)),
    )


def options(document: dict[str, Any]) -> tuple[Options, tuple[Edit, ...]]:
    """What the `token0_*` fields of a body say, and the edits that remove them before it is forwarded."""
    names = [name for name in document if name.startswith("token0_")]
    if not names:
        return Options(), ()
    optimize = optional(document, "token0_optimize", bool)
    detail = optional(document, "token0_detail_override", str)
    if detail is not None and detail not in _DETAILS:
        raise BadRequest(
            f"Expected one of {', '.join(_DETAILS)}.", at=("token0_detail_override",), code="invalid_value"
        )
    said = Options(
        optimize=optimize is not False,
        detail=detail,
        cascade=optional(document, "token0_enable_cascade", bool),
        cache=optional(document, "token0_enable_cache", bool),
        warnings=tuple(f"{name}: not a field of this gateway; it was removed" for name in names if name not in _OWN),
    )
    return said, tuple(Edit((name,)) for name in names)


def text_tokens(request: Request) -> int:
    """Four bytes a token over the whole JSON but the images: an estimate, and called one."""
    images = _written(request.body, [part.base64 for part in request.parts if part.base64])
    return (len(request.body) - images) // 4


def _written(body: bytes, images: list[str]) -> int:
    """How many bytes of `body` are base64, where line breaks are two characters and, as PHP writes them, slashes too.

    How the first image begins tells how all are written: looking for each would take long.
    """
    count = sum(map(len, images))
    if not images or images[0][:_SAMPLE].encode() in body:
        return count
    count += sum(image.count("\n") + image.count("\r") for image in images)
    if rb"\/" in body and "/" in images[0][:_SAMPLE]:
        count += sum(image.count("/") for image in images)
    return count
