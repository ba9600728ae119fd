"""token0.yaml12: what scalars mean, where mistakes are, and what cannot be done to the reader."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from token0.yaml12 import MAX_DEPTH, MAX_VALUES, Mistake, Node, read

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SCALARS: list[tuple[str, Any]] = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("true", True),
    ("True", True),
    ("FALSE", False),
    ("on", "on"),
    ("off", "off"),
    ("yes", "yes"),
    ("no", "no"),
    ("y", "y"),
    ("0", 0),
    ("-0", 0),
    ("+12", 12),
    ("012", 12),
    ("0o17", 15),
    ("0x1F", 31),
    ("0b11", "0b11"),
    ("1_000", "1_000"),
    ("1:30", "1:30"),
    ("9223372036854775807", 9223372036854775807),
    ("-9223372036854775808", -9223372036854775808),
    ("1.", 1.0),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("-1.5E-2", -0.015),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    ("inf", "inf"),
    ("1.2.3", "1.2.3"),
    ("2026-11-23", "2026-11-23"),
    ("<<", "<<"),
    ("a b", "a b"),
    ("'true'", "true"),
    ('"1"', "1"),
    ("!!str 1", "1"),
    ("! 1", "1"),
    ("!!int 7", 7),
    ("!!float 7", 7.0),
    ("!!null ''", None),
]


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "SafeLoader":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def plain(node: Node | None) -> Any:
    assert node is not None
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    return [plain(item) for item in node.value] if isinstance(node.value, list) else node.value


def good(text: str, **env: str) -> Any:
    root, mistakes = read(text, env)
    assert mistakes == []
    return plain(root)


def bad(text: str, **env: str) -> list[Mistake]:
    return read(text, env)[1]


@pytest.mark.parametrize(("text", "value"), SCALARS, ids=[text or "nothing" for text, _ in SCALARS])
def test_scalar_means_what_the_core_schema_says(text: str, value: Any) -> None:
    found = good(f"a: {text}\n")["a"]
    assert (type(found), found) == (type(value), value)


def test_nan_is_a_number() -> None:
    assert math.isnan(good("a: .nan\n")["a"])


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "---\n...\n"])
def test_empty_document_is_nothing(text: str) -> None:
    assert good(text) is None


def test_values_know_their_lines() -> None:
    root, _ = read("a: 1\nb:\n  - x\n  - |\n    y\n  - z\n", {})
    assert root is not None
    assert isinstance(root.value, dict)
    items = root.value["b"].value
    assert isinstance(items, list)
    assert (root.keys, [item.line for item in items]) == ({"a": 1, "b": 2}, [3, 4, 6])


def test_key_given_twice_is_a_mistake_with_both_lines() -> None:
    assert bad("a:\n  b: 1\n  c: 2\n  b: 3\n") == [(4, ("a", "b"), "given twice, first on line 2")]


@pytest.mark.parametrize("key", ["1", "true", "~", "1.5", "[a]", "{a: b}"])
def test_key_that_is_not_text_is_a_mistake(key: str) -> None:
    assert bad(f"? {key}\n: x\n") == [(1, (), "a key must be text; put it in quotes")]


def test_quoted_key_is_text() -> None:
    assert good("'1': x\n") == {"1": "x"}


@pytest.mark.parametrize(
    "value",
    ["!!python/object/apply:os.system [x]", "!local x", "!!binary aGk=", "!!set {a}", "!!str [a]", "!!seq {a: b}"],
)
def test_other_tag_is_refused(value: str) -> None:
    assert bad(f"a: {value}\n") == [(1, ("a",), "this tag is not allowed here")]


def test_tag_that_the_text_does_not_fit_is_a_mistake() -> None:
    assert bad("a: !!int x\n") == [(1, ("a",), "does not read as !!int")]


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "9" * 5000, "0x" + "f" * 17])
def test_whole_number_beyond_64_bits_is_a_mistake(number: str) -> None:
    assert bad(f"a: {number}\n") == [(1, ("a",), "a whole number must fit in 64 bits")]


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: [1\nb: 2\n", 2), ("a: 1\nb: c: d\n", 2), ("é: 1\nx: \x02\n", 2), ("a: 'x\n", 2), ("a: @x\n", 1)],
)
def test_syntax_error_is_one_mistake_with_its_line(text: str, line: int) -> None:
    found = bad(text)
    assert [(each[0], each[2].startswith("not YAML: ")) for each in found] == [(line, True)]


def test_second_document_is_a_mistake() -> None:
    assert bad("a: 1\n---\nb: 2\n") == [(2, (), "only one document is allowed in the file")]


def test_alias_repeats_the_value_of_its_anchor() -> None:
    assert good("a: &x {b: 1}\nc: *x\n") == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "what"),
    [("a: &x [*x]\n", "this alias stands inside itself"), ("a: *hunter2\n", "this alias names nothing above it")],
)
def test_alias_without_a_value_is_a_mistake_that_does_not_name_it(text: str, what: str) -> None:
    (found,) = bad(text)
    assert (found[2].startswith(what), "hunter2" in found[2]) == (True, False)


def test_alias_bomb_is_a_mistake() -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    (found,) = bad("\n".join(lines))
    assert found[2] == f"more than {MAX_VALUES} values, those behind aliases counted each time"


@pytest.mark.parametrize("opening", ["[", "- ", "{a: "])
def test_nesting_without_end_is_a_mistake(opening: str) -> None:
    (found,) = bad(opening * 5000)
    assert found[2] == f"nested deeper than {MAX_DEPTH} levels"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${PORT}", 8000),
        ("'${PORT}'", "8000"),
        ("${PORT:-1}", 8000),
        ("${UNSET:-1}", 1),
        ("${EMPTY:-1}", 1),
        ("${EMPTY}", None),
        ("${UNSET:-}", None),
        ("${HOST}:${PORT}", "h:8000"),
        ("$$PORT", "$PORT"),
        ("$${PORT}", "${PORT}"),
        ("gpt-$", "gpt-$"),
        ("$PORT", "$PORT"),
        ("${YAML}", "[a, {b: *c}]"),
        ("${AGAIN}", "${PORT}"),
    ],
)
def test_variable_is_filled_in(text: str, value: Any) -> None:
    env = {"PORT": "8000", "HOST": "h", "EMPTY": "", "YAML": "[a, {b: *c}]", "AGAIN": "${PORT}"}
    assert good(f"a: {text}\n", **env) == {"a": value}


def test_missing_variable_is_a_mistake() -> None:
    assert bad("a:\n  b: ${NONE}\n") == [(2, ("a", "b"), "the environment variable NONE is not set")]


@pytest.mark.parametrize("value", ["${hunter 2}", "${", "${1A}", "${A:-${B}}"])
def test_malformed_variable_is_a_mistake_that_does_not_quote_it(value: str) -> None:
    what = "'${' does not start ${NAME} or ${NAME:-default}; write $${ for the characters"
    assert bad(f"a: '{value}'\n", B="x")[0] == (1, ("a",), what)


def test_keys_are_taken_as_they_are() -> None:
    assert good("'${A}': x\n", A="b") == {"${A}": "x"}


def test_variable_that_is_not_text_is_a_mistake() -> None:
    assert bad("a: ${A}\n", A="\udcff") == [(1, ("a",), "holds bytes or escapes that are not Unicode text")]


@UNHURRIED
@given(
    st.recursive(
        st.sampled_from(SCALARS),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
        max_leaves=12,
    )
)
def test_nested_scalars_mean_what_they_mean_alone(tree: Any) -> None:
    def write(each: Any) -> str:
        if isinstance(each, dict):
            return "{" + ", ".join(f"{key}: {write(value)}" for key, value in each.items()) + "}"
        # A lone `~` stands for nothing: an empty item has no text in a flow sequence.
        return "[" + ", ".join(map(write, each)) + "]" if isinstance(each, list) else each[0] or "~"

    def meaning(each: Any) -> Any:
        if isinstance(each, dict):
            return {key: meaning(value) for key, value in each.items()}
        return [meaning(item) for item in each] if isinstance(each, list) else each[1]

    assert repr(good(f"top: {write(tree)}\n")["top"]) == repr(meaning(tree))


@UNHURRIED
@given(st.text() | st.text(alphabet="ab01:-[]{}&*!|>'\"#%@,?~$. \n\t", max_size=60))
def test_any_text_is_read_or_a_mistake(text: str) -> None:
    root, mistakes = read(text.encode("utf-8", "replace").decode(), {})
    assert root is not None or mistakes
