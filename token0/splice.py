"""Edit a JSON body in place: every byte outside the edited values stays what it was."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from token0.types import Edit

_SPACE = re.compile(rb"[ \t\r\n]*")
_SCALAR_END = re.compile(rb"[,\]} \t\r\n]|$")
_STRUCTURE = re.compile(rb'["{}\[\]]')

_BACKSLASH = 0x5C


class _Node:
    """Edits arranged by path: what to do here, and what further down."""

    __slots__ = ("children", "edit")

    def __init__(self) -> None:
        self.children: dict[str | int, _Node] = {}
        self.edit: Edit | None = None


def splice(body: bytes, edits: Iterable[Edit]) -> bytes:
    """Return `body` with `edits` applied. `body` must be valid JSON and name no edited key twice."""
    root = _Node()
    for edit in edits:
        node = root
        for step in edit.path:
            node = node.children.setdefault(step, _Node())
        node.edit = edit
    if not root.children:
        return body
    cuts: list[tuple[int, int, bytes]] = []
    _container(body, _skip_space(body, 0), root, cuts)
    pieces: list[bytes | memoryview] = []
    view = memoryview(body)
    at = 0
    for start, end, new in sorted(cuts):
        pieces += (view[at:start], new)
        at = end
    pieces.append(view[at:])
    return b"".join(pieces)


def peek(body: bytes, names: Collection[str]) -> dict[str, Any] | None:
    """The members called `names` of the object `body`, the rest skipped unread; None when it is no JSON object.

    What is skipped is not checked.
    """
    found = {}
    try:
        at = _skip_space(body, 0)
        if body[at] != 0x7B:
            return None
        at = _skip_space(body, at + 1)
        while body[at] != 0x7D:
            end = _skip_string(body, at)
            key = msgspec.json.decode(body[at:end])
            start = _skip_space(body, _skip_space(body, end) + 1)
            end = _skip_value(body, start)
            if key in names:
                found[key] = msgspec.json.decode(body[start:end])
            at = _skip_space(body, end)
            if body[at] == 0x2C:
                at = _skip_space(body, at + 1)
    except (IndexError, ValueError, AssertionError, RecursionError):
        return None
    return found


def _container(body: bytes, at: int, node: _Node, cuts: list[tuple[int, int, bytes]]) -> int:
    """Walk the object or array at `at`, collect cuts for the children of `node`, return the index after it."""
    is_object = body[at] == 0x7B
    close = 0x7D if is_object else 0x5D
    at = _skip_space(body, at + 1)
    missing = set(node.children)
    members: list[tuple[int, int, _Node | None]] = []
    index = 0
    while body[at] != close:
        start = at
        key: str | int = index
        if is_object:
            end = _skip_string(body, at)
            key = msgspec.json.decode(body[at:end])
            at = _skip_space(body, _skip_space(body, end) + 1)
        child = node.children.get(key)
        missing.discard(key)
        value = at
        if child is not None and child.edit is None and body[at] in b"{[":
            at = _container(body, at, child, cuts)
        else:
            at = _skip_value(body, at)
        members.append((start, at, child))
        if child is not None and child.edit is not None and child.edit.values:
            cuts.append((value, at, _encode_all(child.edit.values)))
        at = _skip_space(body, at)
        if body[at] == 0x2C:
            at = _skip_space(body, at + 1)
        index += 1
    _remove(members, cuts)
    if is_object:
        kept = sum(not _is_removed(child) for _, _, child in members)
        added = [_member(key, child.edit) for key, child in node.children.items() if key in missing]
        new = b",".join(member for member in added if member)
        if new:
            cuts.append((at, at, b"," + new if kept else new))
    return at + 1


def _remove(members: list[tuple[int, int, _Node | None]], cuts: list[tuple[int, int, bytes]]) -> None:
    """Cut removed members out with one comma each: the one behind, or for a removed tail the one before it."""
    kept = [number for number, (_, _, child) in enumerate(members) if not _is_removed(child)]
    last = kept[-1] if kept else -1
    for number, (start, _, child) in enumerate(members[: last + 1]):
        if _is_removed(child):
            cuts.append((start, members[number + 1][0], b""))
    if members[last + 1 :]:
        cuts.append((members[last][1] if kept else members[0][0], members[-1][1], b""))


def _is_removed(child: _Node | None) -> bool:
    return child is not None and child.edit is not None and not child.edit.values


def _member(key: str | int, edit: Edit | None) -> bytes:
    # An index in an object: the body has an object and an array under one key, and the last one counts.
    if edit is None or not edit.values or isinstance(key, int):
        return b""
    return msgspec.json.encode(key) + b":" + msgspec.json.encode(edit.values[0])


def _encode_all(values: tuple[Any, ...]) -> bytes:
    return b",".join(map(msgspec.json.encode, values))


def _skip_space(body: bytes, at: int) -> int:
    # Compact JSON has no space: look before calling the regex.
    return at if body[at : at + 1] > b" " else _SPACE.match(body, at).end()  # type: ignore[union-attr]


def _skip_string(body: bytes, at: int) -> int:
    """The index after the string that starts at `at`. `find` runs at memory speed: strings may be megabytes."""
    while True:
        at = body.index(b'"', at + 1)
        slashes = at - 1
        while body[slashes] == _BACKSLASH:
            slashes -= 1
        if (at - 1 - slashes) % 2 == 0:
            return at + 1


def _skip_value(body: bytes, at: int) -> int:
    if body[at] == 0x22:
        return _skip_string(body, at)
    if body[at] not in b"{[":
        return _SCALAR_END.search(body, at).start()  # type: ignore[union-attr]
    depth = 0
    while True:
        found = _STRUCTURE.search(body, at)
        assert found is not None
        at = found.end()
        match body[found.start()]:
            case 0x22:
                at = _skip_string(body, found.start())
            case 0x7B | 0x5B:
                depth += 1
            case _:
                depth -= 1
                if depth == 0:
                    return at
