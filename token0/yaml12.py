"""Reads YAML 1.2 (core schema) with the line of each value and `${NAME}` filled in; collects mistakes, runs nothing.

It works on PyYAML's events, not on `yaml.compose`: the C composer overflows the stack on deep nesting.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from token0.types import Path

MAX_VALUES = 20_000
"""Values in one file, those behind an alias counted each time: what stops a few lines from becoming gigabytes."""

MAX_DEPTH = 40
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

Scalar = str | int | float | bool | None


class Mistake(NamedTuple):
    """What is wrong at `path`. Line 0 stands for a setting that no line of the file mentions."""

    line: int
    path: Path
    what: str


class Node(msgspec.Struct, frozen=True):
    """A value of the file.

    size:      how many values it is made of
    keys:      the line of each key of a mapping
    plain:     written without quotes, so its type is read off its text
    text:      a scalar as text, after `${NAME}` was filled in
    variables: the names that were filled in
    """

    value: Scalar | list[Node] | dict[str, Node]
    line: int = 0
    size: int = 1
    keys: dict[str, int] = {}
    plain: bool = False
    text: str = ""
    variables: tuple[str, ...] = ()


class _Stop(Exception):
    """Nothing more can be read. Leaves this module as a mistake."""


_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
)
_VARIABLE = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^{}]*)?\}|\$\{")
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (float, int), "bool": (bool,), "null": (type(None),)
}  # fmt: skip


def resolve(text: str) -> Scalar:
    """What a plain scalar means by the core schema of YAML 1.2.2, section 10.3.2. Raises ValueError beyond 64 bits."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        # The length goes first: int() of thousands of digits is refused by Python, or slow.
        number = int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)) if len(text) <= 64 else 1 << 64
        if not -(1 << 63) <= number < 1 << 63:
            raise ValueError("a whole number must fit in 64 bits")
        return number
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def read(text: str, env: Mapping[str, str]) -> tuple[Node | None, list[Mistake]]:
    """The document in `text` and the mistakes in it; None for the document when it could not be read to its end."""
    import yaml  # 25 ms that a start without a file need not pay

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(yaml.parse(text, Loader=loader), env)
    try:
        return reader.document(), reader.mistakes
    except _Stop:
        return None, reader.mistakes
    except yaml.reader.ReaderError as error:
        # The C reader counts bytes, the other one characters.
        before = text[: error.position] if loader is yaml.SafeLoader else text.encode()[: error.position].decode()
        return None, [Mistake(before.count("\n") + 1, (), f"not YAML: {error.reason}")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "maximum nesting depth" in (error.problem or ""):
            # The scanner of a newer libyaml has a limit of its own, and runs ahead of ours.
            return None, [Mistake(mark.line + 1 if mark else 1, (), _TOO_DEEP)]
        # Without what may be a part of a password that starts with an exclamation mark.
        problem = (error.problem or "").partition(" tag handle ")[0]
        what = ", ".join(part for part in (error.context, problem) if part)
        return None, [Mistake(mark.line + 1 if mark else 1, (), f"not YAML: {what}")]


class _Reader:
    """Builds nodes from events. `mistakes` grows as it goes."""

    def __init__(self, events: Iterator[Any], env: Mapping[str, str]) -> None:
        self.mistakes: list[Mistake] = []
        self._events = events
        self._env = env
        self._anchors: dict[str, Node | None] = {}
        self._size = 0

    def document(self) -> Node:
        root = Node(None)
        documents = 0
        for event in self._events:
            kind = type(event).__name__
            documents += kind == "DocumentStartEvent"
            if documents > 1:
                self._stop(event, (), "only one document is allowed in the file")
            if not kind.startswith(("Stream", "Document")):
                root = self._node(event, ())
        return root

    def _wrong(self, line: int, path: Path, what: str) -> None:
        self.mistakes.append(Mistake(line, path, what))

    def _stop(self, event: Any, path: Path, what: str) -> NoReturn:
        self._wrong(event.start_mark.line + 1, path, what)
        raise _Stop

    def _node(self, event: Any, path: Path, *, is_key: bool = False) -> Node:
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event, path)
        self._grow(event, path, 1)
        if len(path) > MAX_DEPTH:
            self._stop(event, path[:3], _TOO_DEEP)
        if event.anchor:
            self._anchors[event.anchor] = None
        if kind == "ScalarEvent":
            node = self._scalar(event, path, is_key=is_key)
        else:
            self._check_tag(event, path, "seq" if kind == "SequenceStartEvent" else "map")
            node = self._sequence(event, path) if kind == "SequenceStartEvent" else self._mapping(event, path)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _grow(self, event: Any, path: Path, size: int) -> None:
        self._size += size
        if self._size > MAX_VALUES:
            self._stop(event, path[:3], f"more than {MAX_VALUES} values, those behind aliases counted each time")

    def _alias(self, event: Any, path: Path) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            # Its name stays out of the mistake: it may be a password that starts with a star.
            inside = event.anchor in self._anchors
            what = "stands inside itself" if inside else "names nothing above it; put text that starts with * in quotes"
            self._stop(event, path, f"this alias {what}")
        self._grow(event, path, node.size)
        return node

    def _sequence(self, event: Any, path: Path) -> Node:
        items: list[Node] = []
        for inner in self._events:
            if type(inner).__name__ == "SequenceEndEvent":
                break
            items.append(self._node(inner, (*path, len(items))))
        return Node(items, event.start_mark.line + 1, 1 + sum(item.size for item in items))

    def _mapping(self, event: Any, path: Path) -> Node:
        values: dict[str, Node] = {}
        keys: dict[str, int] = {}
        for inner in self._events:
            if type(inner).__name__ == "MappingEndEvent":
                break
            key = self._key(inner, path)
            value = self._node(next(self._events), path if key is None else (*path, key))
            line = inner.start_mark.line + 1
            if key in keys:
                self._wrong(line, (*path, key), f"given twice, first on line {keys[key]}")
            elif key is not None:
                values[key], keys[key] = value, line
        return Node(values, event.start_mark.line + 1, 1 + 2 * sum(each.size for each in values.values()), keys)

    def _key(self, event: Any, path: Path) -> str | None:
        node = self._node(event, path, is_key=True)
        if isinstance(node.value, str):
            return node.value
        self._wrong(event.start_mark.line + 1, path, "a key must be text; put it in quotes")
        return None

    def _check_tag(self, event: Any, path: Path, *allowed: str) -> str | None:
        """The short name of an explicit core tag. Others could name code in another reader; here they are refused."""
        if event.tag in (None, "!"):
            return event.tag and "str"
        name = str(event.tag).removeprefix(_CORE)
        if event.tag == _CORE + name and name in allowed:
            return name
        self._wrong(event.start_mark.line + 1, path, "this tag is not allowed here")
        return "str"

    def _scalar(self, event: Any, path: Path, *, is_key: bool) -> Node:
        line = event.start_mark.line + 1
        tag = self._check_tag(event, path, "str", *_SCALAR_TAGS)
        text, variables = (event.value, ()) if is_key else self._fill(event.value, line, path)
        plain = tag is None and not event.style
        value: Scalar = text
        try:
            text.encode()
            if plain or tag in _SCALAR_TAGS:
                value = resolve(text)
        except UnicodeEncodeError:
            self._wrong(line, path, "holds bytes or escapes that are not Unicode text")
            value = text = ""
        except ValueError as error:
            self._wrong(line, path, str(error))
        if tag in _SCALAR_TAGS and type(value) not in _SCALAR_TAGS[tag]:
            self._wrong(line, path, f"does not read as !!{tag}")
        if tag == "float" and isinstance(value, int):
            value = float(value)
        return Node(value, line, plain=plain, text=text, variables=variables)

    def _fill(self, text: str, line: int, path: Path) -> tuple[str, tuple[str, ...]]:
        """Put in `${NAME}` and `${NAME:-default}` (for an unset or empty variable); `$$` is a dollar sign."""
        if "$" not in text:
            return text, ()
        variables: list[str] = []

        def value(found: re.Match[str]) -> str:
            name, default = found.groups()
            if found[0] == "$$":
                return "$"
            if name is None:
                self._wrong(line, path, "'${' does not start ${NAME} or ${NAME:-default}; write $${ for the characters")
                return ""
            variables.append(name)
            if default is None and name not in self._env:
                self._wrong(line, path, f"the environment variable {name} is not set")
            return self._env.get(name) or (default or "")[2:]

        return _VARIABLE.sub(value, text), tuple(variables)
