"""token0.convert: settings of any msgspec type from YAML nodes, and what counts as secret."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import pytest
from msgspec import Meta

from token0.convert import convert, is_secret, is_secret_name, without_credentials
from token0.yaml12 import Mistake, read


class Inner(msgspec.Struct, frozen=True, rename="kebab"):
    max_size: Annotated[int, Meta(ge=1)] = 5
    name: str = "x"


class Strict(msgspec.Struct, frozen=True):
    low: int
    password: str = ""

    def __post_init__(self) -> None:
        if self.low < 0:
            raise ValueError(f"low is negative; settings were {self.low} {self.password} https://u:p@h")


class Color(enum.Enum):
    RED = "red"


class Pair(NamedTuple):
    left: int
    right: int


def converted(text: str, kind: Any, **env: str) -> tuple[Any, list[Mistake]]:
    root, mistakes = read(text, env)
    assert root is not None
    assert mistakes == []
    return convert(root, kind, (), mistakes), mistakes


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("5", int, 5),
        ("5", float, 5.0),
        ("~", int | None, None),
        ("5", Annotated[int | None, Meta(ge=1)], 5),
        ("red", Color, Color.RED),
        ("{max-size: 7}", Inner, Inner(7)),
        ("{max-size: 7}", Inner | None, Inner(7)),
        ("~", Inner, Inner()),
        ("[{}, {name: y}]", tuple[Inner, ...], (Inner(), Inner(name="y"))),
        ("[1, 2]", list[int], [1, 2]),
        ("~", list[int], []),
        ("[1, 2]", tuple[int, int], (1, 2)),
        ("[1, 2]", Pair, Pair(1, 2)),
        ("[1, 1]", frozenset[int], frozenset({1})),
        ("{a: {}}", dict[str, Inner], {"a": Inner()}),
        ("{a: 1}", dict, {"a": 1}),
        ("{a: [1]}", Any, {"a": [1]}),
        ("[1]", int | list[int], [1]),
    ],
)
def test_value_becomes_the_type_of_its_setting(text: str, kind: Any, value: Any) -> None:
    assert converted(text, kind) == (value, [])


@pytest.mark.parametrize(
    ("text", "kind", "mistake"),
    [
        ("yes", bool, (1, (), "expected `bool`, got `str`")),
        ("true", int, (1, (), "expected `int`, got `bool`")),
        (".nan", float, (1, (), "must be a number, not .nan")),
        ("0", Annotated[int | None, Meta(ge=1)], (1, (), "expected `int` >= 1, not 0")),
        ("rad", Literal["red", "blue"], (1, (), "must be 'red' or 'blue', not 'rad'; did you mean 'red'?")),
        ("grun", Color, (1, (), "must be 'red', not 'grun'")),
        ("\nmaxsize: 7", Inner, (2, ("maxsize",), "there is no such setting; did you mean 'max-size'?")),
        ("\nmax-size: 0", Inner, (2, ("max-size",), "expected `int` >= 1, not 0")),
        ("a:\n  name: 1", dict[str, Inner], (2, ("a", "name"), "expected `str`, got `int`")),
        ("- 1\n- x", tuple[int, ...], (2, (1,), "expected `int`, got `str`")),
        ("[1, x]", tuple[int, int], (1, (), "[1] expected `int`, got `str`")),
        ("[]", Annotated[list[int], Meta(min_length=1)], (1, (), "expected a list of length >= 1")),
        ("sk-123", Inner, (1, (), "must be a mapping, not text")),
        ("{a: 1}", list[int], (1, (), "must be a list, not a mapping")),
        ("5", list[int], (1, (), "must be a list, not a number")),
        ("x: 1", Strict, (1, ("x",), "there is no such setting")),
        ("ftp://u:p@h", Annotated[str, Meta(pattern="^http")], (1, (), None)),
    ],
)
def test_mistake_says_where_and_what(text: str, kind: Any, mistake: tuple[int, Any, str | None]) -> None:
    found = converted(text, kind)[1][0]
    expected = mistake[2] or "expected `str` matching regex '^http', not 'ftp://***@h'"
    assert tuple(found) == (mistake[0], mistake[1], expected)


def test_setting_without_default_must_be_set() -> None:
    assert converted("{}", Strict)[1] == [(1, ("low",), "must be set: it has no default")]


def test_own_check_of_a_struct_is_a_mistake_without_its_secrets() -> None:
    _, mistakes = converted("\n\nlow: -1\npassword: hunter2", Strict)
    assert mistakes == [(3, (), "low is negative; settings were -1 *** https://***@h")]


@pytest.mark.parametrize("value", ["8000", "1e5", "true", ""])
def test_plain_variable_stays_text_where_text_is_wanted(value: str) -> None:
    assert converted("name: ${NAME}", Inner, NAME=value) == (Inner(name=value), [])


def test_plain_variable_is_a_number_where_a_number_is_wanted() -> None:
    assert converted("max-size: ${SIZE:-9}", Inner) == (Inner(9), [])


def test_value_of_a_secret_variable_is_not_quoted() -> None:
    _, mistakes = converted("max-size: ${SIZE_KEY}", Inner, SIZE_KEY="-3")
    assert mistakes == [(1, ("max-size",), "expected `int` >= 1, not ***")]


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("api_key", True),
        ("OPENAI_API_KEY", True),
        ("apiKey", True),
        ("X-Api-Key", True),
        ("API_KEY_2", True),
        ("client_secret", True),
        ("auth_tokens", True),
        ("PASSWORD", True),
        ("TOKEN0_PORT", False),
        ("TOKEN0_KEY", True),
        ("monkey", False),
        ("tokenizer", False),
        ("host", False),
    ],
)
def test_secret_is_told_by_whole_words_of_its_name(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        (("providers", "openai", "api_key"), True),
        (("providers", "openai", "keys", 0), True),
        (("pipeline", 0, "headers", "x-api-key"), True),
        (("providers", "key-vault", "base_url"), False),
        (("prices", "my-token-model", "source"), False),
        (("routing", "aliases", "token-model"), False),
    ],
)
def test_names_of_models_and_providers_make_no_secret(path: tuple[str | int, ...], secret: bool) -> None:
    assert is_secret(path) is secret


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("https://u:p@host/x", "https://***@host/x"),
        ("https://token@host", "https://***@host"),
        ("https://u:p@ss@host", "https://***@host"),
        ("https://host/model@v1", "https://host/model@v1"),
        ("a http://x:y@h and http://z@i", "a http://***@h and http://***@i"),
    ],
)
def test_credentials_in_urls_are_hidden(text: str, hidden: str) -> None:
    assert without_credentials(text) == hidden
