"""What dialects need to tell an answer in its other form: a stream as one body, a body as a stream."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, ParamSpec, TypeVar

import msgspec

from token0.sse import data

_Given = ParamSpec("_Given")
_Told = TypeVar("_Told")


class Unfaithful(ValueError):
    """An answer that its other form would not tell as it is."""


def attempt(form: Callable[_Given, _Told], *args: _Given.args, **kwargs: _Given.kwargs) -> _Told | None:
    """What `form` makes of an answer; None where the answer is not as its dialect has them."""
    try:
        return form(*args, **kwargs)
    except (msgspec.DecodeError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None


def read(event: bytes) -> dict[str, Any] | None:
    """The object that an event tells; None for an event that tells nothing, as a comment. Raises `ValueError`."""
    payload = data(event)
    return decode(payload) if payload else None


def decode(body: bytes) -> dict[str, Any]:
    """An answer, or a part of one. Raises `ValueError` for an error in its place."""
    try:
        document = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise Unfaithful(str(error)) from None
    if not isinstance(document, dict) or document.get("error"):
        raise Unfaithful("no part of a successful answer")
    return document


def event(document: dict[str, Any], name: str | None = None) -> bytes:
    """A server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + msgspec.json.encode(document) + b"\n\n"


def add(told: dict[str, Any], more: dict[str, Any], pieces: Collection[str]) -> None:
    """Add to `told` what a later event tells of the same object. Raises `Unfaithful` for what it contradicts.

    Strings under a key of `pieces` are joined. Lists grow; of their objects those with the same `index` are one.
    Anything else may be repeated, but not change; null and the empty string add nothing.
    """
    for key, value in more.items():
        before = told.get(key)
        if value is None or (value == "" and before is not None):
            told.setdefault(key, value)
        elif isinstance(value, dict) and isinstance(before, dict | None):
            told[key] = before if before is not None else {}
            add(told[key], value, pieces)
        elif isinstance(value, list) and isinstance(before, list | None):
            told[key] = before if before is not None else []
            _grow(told[key], value, pieces)
        elif before is None or before == "":
            told[key] = value
        elif key in pieces:
            told[key] = before + value
        elif before != value:
            raise Unfaithful(f"{key} changes")


def keep(told: dict[str, Any], more: dict[str, Any]) -> None:
    """Add to `told` what each event may repeat, but none may change. Raises `Unfaithful`."""
    for key, value in more.items():
        if told.setdefault(key, value) != value:
            raise Unfaithful(f"{key} changes")


def _grow(told: list[Any], more: list[Any], pieces: Collection[str]) -> None:
    for item in more:
        index = item.get("index") if isinstance(item, dict) else None
        same = (each for each in told if isinstance(each, dict) and each.get("index") == index)
        if index is not None and (before := next(same, None)) is not None:
            add(before, item, pieces)
        else:
            told.append(item)
