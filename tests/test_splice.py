"""token0.splice: an edited body is the edited document, and every byte outside the edits is the client's own."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.documents import lookup
from token0.splice import splice
from token0.types import Edit, Path

UNHURRIED = settings(max_examples=150, deadline=None)
NEW = [{"type": "text", "text": 'é"\\'}, 7]


@pytest.mark.parametrize(
    ("body", "edits", "expected"),
    [
        (b'{"a": 1 , "b":2}', [Edit(("a",), (9,))], b'{"a": 9 , "b":2}'),
        (b'{"a":{"b":[1,{"c":2}]}}', [Edit(("a", "b", 1, "c"), ("x",))], b'{"a":{"b":[1,{"c":"x"}]}}'),
        (b"[1, 2 ,3]", [Edit((0,))], b"[2 ,3]"),
        (b"[1, 2 ,3]", [Edit((1,))], b"[1, 3]"),
        (b"[1, 2 ,3 ]", [Edit((2,))], b"[1, 2 ]"),
        (b"[1,2,3,4]", [Edit((1,)), Edit((2,))], b"[1,4]"),
        (b"[1,2,3,4]", [Edit((0,)), Edit((1,))], b"[3,4]"),
        (b"[1,2,3,4]", [Edit((2,)), Edit((3,))], b"[1,2]"),
        (b"[1,2,3,4]", [Edit((0,)), Edit((3,))], b"[2,3]"),
        (b"[ 1 , 2 ]", [Edit((0,)), Edit((1,))], b"[  ]"),
        (b"[1]", [Edit((0,))], b"[]"),
        (b"[1,2,3]", [Edit((0,), (8, 9)), Edit((2,))], b"[8,9,2]"),
        (b"{ }", [Edit(("a",), (1,))], b'{ "a":1}'),
        (b'{"a":1 }', [Edit(("b",), (1,)), Edit(("c",), (2,))], b'{"a":1 ,"b":1,"c":2}'),
        (b'{"a":1}', [Edit(("a",)), Edit(("b",), (2,))], b'{"b":2}'),
        (b'{"a":1,"b":2}', [Edit(("b",)), Edit(("c",), (3,))], b'{"a":1,"c":3}'),
        (b'{"a":{}}', [Edit(("a", "b"), (1,))], b'{"a":{"b":1}}'),
        (b'{"a":1}', [Edit(("b",))], b'{"a":1}'),
        (b'{"a":1}', [Edit(("b", "c"), (1,))], b'{"a":1}'),
        (b'{"a":"deep"}', [Edit(("a", "b"), (1,))], b'{"a":"deep"}'),
        (b"[1]", [Edit((5,), (1,))], b"[1]"),
    ],
)
def test_edits_change_these_bytes_and_no_others(body: bytes, edits: list[Edit], expected: bytes) -> None:
    assert splice(body, edits) == expected


@pytest.mark.parametrize(
    "value",
    [b"1E+2", b"-0.0", b"1e400", b'"\\u00e9\\/"', b'"\\\\\\""', b'"]}"', b'"\\\\"', b"[ ]", b'{"x":[1 ,{ }]}', b"null"],
)
def test_spelling_around_an_edit_survives(value: bytes) -> None:
    body = b'{\r\n\t"keep": %b ,"go":[%b, 0,%b] }\n' % (value, value, value)
    expected = b'{\r\n\t"keep": %b ,"go":[%b, "new",%b] }\n' % (value, value, value)
    assert splice(body, [Edit(("go", 1), ("new",))]) == expected


def test_a_body_without_edits_is_the_same_object() -> None:
    body = b'{"a": 1}'
    assert splice(body, []) is body


def test_an_escaped_key_is_found() -> None:
    assert splice(b'{"m\\u006fdel":1}', [Edit(("model",), (2,))]) == b'{"m\\u006fdel":2}'


def test_a_key_given_twice_elsewhere_stays_twice() -> None:
    assert splice(b'{"x":{"d":1,"d":2},"a":1}', [Edit(("a",), (5,))]) == b'{"x":{"d":1,"d":2},"a":5}'


def test_a_field_given_twice_is_removed_twice() -> None:
    assert splice(b'{"t":1,"a":2,"t":3}', [Edit(("t",))]) == b'{"a":2}'


def test_an_object_and_an_array_under_one_key_stay_valid_json() -> None:
    assert splice(b'{"m":{},"m":[1,2]}', [Edit(("m", 1), (3,))]) == b'{"m":{},"m":[1,3]}'


def test_many_removed_fields_take_linear_time() -> None:
    names = [f"token0_{number}" for number in range(20_000)]
    body = json.dumps(dict.fromkeys(names, 1)).encode()
    assert splice(body, [Edit((name,)) for name in names]) == b"{}"


def test_megabytes_in_a_string_are_copied_whole() -> None:
    image = b"A" * 3_000_000
    body = b'{"image":"%b","keep":"%b"}' % (image, image)
    assert splice(body, [Edit(("image",), ("small",))]) == b'{"image":"small","keep":"%b"}' % image


# Property: any document, spelled in any way, with any edits, becomes the edited document.

KEYS = st.text(st.sampled_from('ab"\\é\n😀/'), max_size=3)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
TOPS = st.lists(DOCUMENTS, min_size=1, max_size=5) | st.dictionaries(KEYS, DOCUMENTS, min_size=1, max_size=5)
SPACE = st.text(" \t\r\n", max_size=2)


def spell(draw: Any, value: Any) -> str:
    """`value` as JSON with odd white space and escapes."""
    if isinstance(value, dict):
        members = [f"{gap(draw)}{spell(draw, key)}{gap(draw)}:{spell(draw, each)}" for key, each in value.items()]
        return f"{gap(draw)}{{{','.join(members)}{gap(draw)}}}{gap(draw)}"
    if isinstance(value, list):
        return f"{gap(draw)}[{','.join(spell(draw, each) for each in value)}{gap(draw)}]{gap(draw)}"
    return f"{gap(draw)}{json.dumps(value, ensure_ascii=draw(st.booleans()))}{gap(draw)}"


def gap(draw: Any) -> str:
    return str(draw(SPACE))


def paths(value: Any, at: Path = ()) -> list[Path]:
    """The way to every value inside."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, inner in pairs for each in ((*at, key), *paths(inner, (*at, key)))]


def edited(document: Any, edits: list[Edit]) -> Any:
    """What the edits mean, done to the decoded document. Later indexes first, so that earlier ones stay true."""
    document = copy.deepcopy(document)
    for edit in sorted(edits, key=lambda each: [(isinstance(step, int), step) for step in each.path], reverse=True):
        holder = document
        for step in edit.path[:-1]:
            holder = holder[step]
        last = edit.path[-1]
        if isinstance(holder, list):
            holder[last : last + 1] = edit.values
        elif edit.values:
            holder[last] = edit.values[0]
        else:
            del holder[last]
    return document


@st.composite
def cases(draw: Any) -> tuple[bytes, Any, list[Edit]]:
    document = draw(TOPS)
    chosen: list[Edit] = []
    for path in draw(st.lists(st.sampled_from(paths(document)), unique=True, max_size=4)):
        if any(path[: len(each.path)] == each.path or each.path[: len(path)] == path for each in chosen):
            continue
        many = NEW if isinstance(path[-1], int) else NEW[:1]
        chosen.append(Edit(path, tuple(draw(st.sampled_from([[], NEW[:1], many])))))
    return spell(draw, document).encode("utf-8"), document, chosen


@given(cases())
@UNHURRIED
def test_any_edited_body_is_the_edited_document(case: tuple[bytes, Any, list[Edit]]) -> None:
    body, document, edits = case
    assert json.loads(splice(body, edits)) == edited(document, edits)


@st.composite
def replacements(draw: Any) -> tuple[bytes, list[Edit], bytes]:
    """A body, edits that replace values, and the body with exactly those bytes exchanged."""
    document = draw(TOPS)
    path = draw(st.sampled_from(paths(document)))
    text = spell(draw, edited(document, [Edit(path, ("<the place>",))]))
    old = spell(draw, lookup(document, path)).strip()
    before, after = text.split('"<the place>"')
    return f"{before}{old}{after}".encode(), [Edit(path, ("new",))], f'{before}"new"{after}'.encode()


@given(replacements())
@UNHURRIED
def test_a_replaced_value_moves_no_byte_around_it(case: tuple[bytes, list[Edit], bytes]) -> None:
    body, edits, expected = case
    assert splice(body, edits) == expected
