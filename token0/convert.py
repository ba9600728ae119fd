"""Turns YAML nodes into settings (msgspec Structs), noting every mistake with its line; knows which values are secret.

`msgspec.convert` judges single values; it would stop at the first mistake of a file and knows no lines.
"""

from __future__ import annotations

import enum
import re
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from token0.yaml12 import Mistake, Node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from token0.types import Path

HIDDEN = "***"

_SECRET_WORDS = {"key", "keys", "apikey", "secret", "secrets", "token", "tokens", "password", "passwords"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")
_NAMED_BY_USER = {("providers",), ("prices",), ("routing", "aliases")}
"""Sections whose keys name providers and models, so a key like `my-token-model` says nothing about the value."""


def is_secret_name(name: str) -> bool:
    """True for the name of a setting or variable with a word like key, secret, token or password in it."""
    words = _WORD.findall(re.sub("token0", "", name, flags=re.IGNORECASE))
    return not _SECRET_WORDS.isdisjoint(word.lower() for word in words)


def is_secret(path: Path) -> bool:
    """True at and below a setting with the name of a secret."""
    return any(
        isinstance(step, str) and path[:depth] not in _NAMED_BY_USER and is_secret_name(step)
        for depth, step in enumerate(path)
    )


def holds_secret(node: Node) -> bool:
    """True for a scalar into which a variable with the name of a secret was filled in."""
    return any(map(is_secret_name, node.variables))


def without_credentials(text: str) -> str:
    """`text` with what stands before the host of a URL hidden."""
    return _USERINFO.sub(HIDDEN + "@", text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a mistake about `word`; empty when nothing known is close."""
    from difflib import get_close_matches  # not needed for a file without mistakes

    close = get_close_matches(word[:80], sorted(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def shown(node: Node, path: Path) -> str:
    """A scalar as a mistake may quote it."""
    if is_secret(path) or holds_secret(node):
        return HIDDEN
    if isinstance(node.value, str):
        text = without_credentials(node.value)
        return repr(text if len(text) <= 60 else text[:57] + "...")
    return str(node.value)


def plain(node: Node) -> Any:
    """The value without lines."""
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    return [plain(item) for item in node.value] if isinstance(node.value, list) else node.value


def convert(node: Node, kind: Any, path: Path, mistakes: list[Mistake]) -> Any:
    """`node` as a value of the type `kind`; what comes back counts only when no mistake was added."""
    kind = _member(kind, node)
    shape, arguments = get_origin(_bare(kind)) or _bare(kind), get_args(_bare(kind))
    is_struct = isinstance(shape, type) and issubclass(shape, msgspec.Struct)
    if not (is_struct or shape in (dict, list) or (shape is tuple and arguments[1:] == (...,))):
        return _leaf(node, kind, path, mistakes)
    wanted = dict if is_struct or shape is dict else list
    if node.value is None:  # a section of which every line is a comment
        node = Node(wanted(), node.line)
    if not isinstance(node.value, wanted):
        what = "a mapping" if wanted is dict else "a list"
        mistakes.append(Mistake(node.line, path, f"must be {what}, not {_kind(node)}"))
        return None
    if is_struct:
        return struct(node, shape, path, mistakes)
    before = len(mistakes)
    items = node.value.items() if isinstance(node.value, dict) else enumerate(node.value)
    inner = arguments[wanted is dict] if arguments else Any
    values = {key: convert(item, inner, (*path, key), mistakes) for key, item in items}
    if len(mistakes) > before:
        return None
    return _checked(values if wanted is dict else shape(values.values()), kind, node, path, mistakes)


def struct(
    node: Node, kind: type[msgspec.Struct], path: Path, mistakes: list[Mistake], also: tuple[str, ...] = ()
) -> Any:
    """A mapping as a `kind`. `also` are keys that belong to somebody else."""
    assert isinstance(node.value, dict)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    before = len(mistakes)
    unknown_keys(node, (*fields, *also), path, mistakes)
    values = {}
    for name, field in fields.items():
        if name in node.value:
            values[field.name] = convert(node.value[name], field.type, (*path, name), mistakes)
        elif field.required:
            mistakes.append(Mistake(node.line, (*path, name), "must be set: it has no default"))
    if len(mistakes) > before:
        return None
    try:
        return kind(**values)
    except Exception as error:  # a plugin's own __post_init__ may raise anything, and quote anything
        text = without_credentials(str(error))
        for secret in _secrets(node, path):
            text = text.replace(secret, HIDDEN)
        mistakes.append(Mistake(node.line, path, text or type(error).__name__))
    return None


def unknown_keys(node: Node, known: Iterable[str], path: Path, mistakes: list[Mistake]) -> None:
    """Note each key of a mapping that is not `known`."""
    known = tuple(known)
    for key, line in node.keys.items():
        if key not in known:
            mistakes.append(Mistake(line, (*path, key), "there is no such setting" + did_you_mean(key, known)))


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _member(kind: Any, node: Node) -> Any:
    """The member of a union that a value of this shape can only mean; the union itself where that stays open."""
    if get_origin(_bare(kind)) not in (Union, UnionType):
        return kind
    members = get_args(_bare(kind))
    if node.value is None and NoneType in members:
        return NoneType
    others = [member for member in members if member is not NoneType]
    if len(others) > 1:
        return kind
    limits = getattr(kind, "__metadata__", ())
    return Annotated[(others[0], *limits)] if limits else others[0]


def _leaf(node: Node, kind: Any, path: Path, mistakes: list[Mistake]) -> Any:
    choices = _choices(_bare(kind))
    if choices and node.value not in choices:
        hint = did_you_mean(node.text, choices) if shown(node, path) != HIDDEN else ""
        what = f"must be {' or '.join(map(repr, choices))}, not {shown(node, path)}{hint}"
        mistakes.append(Mistake(node.line, path, what))
        return None
    value = plain(node)
    # A password made of digits is a number to YAML, an empty variable is nothing; the type of the setting knows better.
    if node.variables and not _fits(value, kind) and _fits(node.text, kind):
        value = node.text
    return _checked(value, kind, node, path, mistakes)


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _choices(bare: Any) -> tuple[Any, ...]:
    if get_origin(bare) is Literal:
        return get_args(bare)
    return tuple(member.value for member in bare) if isinstance(bare, type) and issubclass(bare, enum.Enum) else ()


def _checked(value: Any, kind: Any, node: Node, path: Path, mistakes: list[Mistake]) -> Any:
    """`value` after msgspec found it to be a `kind`, constraints included."""
    try:
        result = msgspec.convert(value, kind)
        if result == result:  # false for .nan alone
            return result
        what = "must be a number, not .nan"
    except msgspec.ValidationError as error:
        message, _, inside = str(error).partition(" - at `$")
        what = message[0].lower() + message[1:].replace("`object`", "a mapping").replace("`array`", "a list")
        if message.startswith("Invalid"):  # it quotes the value
            what = "is not allowed"
        elif ", got" not in message and not isinstance(node.value, (dict, list)):
            what += f", not {shown(node, path)}"
        what = f"{inside.rstrip('`')} {what}".strip() if "..." not in inside else what
    mistakes.append(Mistake(node.line, path, what))
    return None


def _kind(node: Node) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", NoneType: "nothing"}
    return names.get(type(node.value), "a number")


def _secrets(node: Node, path: Path) -> list[str]:
    """Every secret text in `node`, as it might be quoted."""
    if isinstance(node.value, dict):
        return [each for key, value in node.value.items() for each in _secrets(value, (*path, key))]
    if isinstance(node.value, list):
        return [each for index, value in enumerate(node.value) for each in _secrets(value, (*path, index))]
    return [node.text] if node.text and (is_secret(path) or holds_secret(node)) else []
