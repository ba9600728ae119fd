"""What leaves the gateway is what came in, byte for byte, but for the images that were changed."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from fakes.serving import data_url, engine
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from token0.engine import Engine
    from token0.report import Report

# 4 tiles of gpt-4o, and 1.
BEFORE, AFTER = data_url(520, 520), data_url(260, 260)

IMAGE = "\x00"
"""Stands in a generated body for the string with an image's address; JSON text cannot hold it."""

PART = "\x01[^\x02]*\x02"
"""A part that holds an image, in a generated body."""

SPACE = st.text(" \t\r\n", max_size=2)
NUMBERS = ["0", "-0", "1e5", "1E+05", "1.0", "-1.50e-7", "123456789012345678901234567890", "0.1000"]
ESCAPES = [r"\/", r"\u00e9", r"\ud83d\ude00", r"\"", r"\\", r"\\\"", r"\n", r"\u0000", "é", "🖼", "\u2028"]
SCALARS = st.sampled_from([*NUMBERS, "true", "false", "null"])
STRINGS = st.lists(
    st.one_of(
        st.sampled_from(ESCAPES),
        st.text(st.characters(codec="utf-8", exclude_characters='"\\', exclude_categories=("Cc", "Cs")), max_size=5),
    ),
    max_size=4,
).map(lambda pieces: '"' + "".join(pieces) + '"')
# The key of a field that no dialect knows.
UNKNOWN = STRINGS.map(lambda string: '"x_' + string[1:])


@st.composite
def joined(draw: st.DrawFn, opening: str, items: list[str], closing: str) -> str:
    """The items with commas and odd white space between them."""
    spaced = [draw(SPACE) + item + draw(SPACE) for item in items]
    return opening + (",".join(spaced) or draw(SPACE)) + closing


@st.composite
def objects(draw: st.DrawFn, members: dict[str, str], extras: Any) -> str:
    """An object with these members and some unknown ones, in any order."""
    spelled = {draw(spellings(key)): value for key, value in members.items()}
    pairs = [*spelled.items(), *draw(st.lists(st.tuples(UNKNOWN, extras), max_size=2))]
    colons = [key + draw(SPACE) + ":" + draw(SPACE) + value for key, value in draw(st.permutations(pairs))]
    return draw(joined("{", colons, "}"))


def spellings(key: str) -> st.SearchStrategy[str]:
    """A key as most write it, and as nobody does."""
    return st.sampled_from([f'"{key}"', f'"\\u{ord(key[0]):04x}{key[1:]}"'])


VALUES = st.recursive(
    st.one_of(SCALARS, STRINGS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).flatmap(lambda items: joined("[", items, "]")),
        inner.flatmap(lambda value: objects({"y": value}, inner)),
    ),
    max_leaves=6,
)


@st.composite
def chat_parts(draw: st.DrawFn, *, images: bool) -> str:
    if images and draw(st.booleans()):
        address = draw(objects({"url": IMAGE, **draw(details())}, VALUES))
        return "\x01" + draw(objects({"type": '"image_url"', "image_url": address}, VALUES)) + "\x02"
    return draw(objects({"type": '"text"', "text": draw(STRINGS)}, VALUES))


@st.composite
def response_parts(draw: st.DrawFn, *, images: bool) -> str:
    if images and draw(st.booleans()):
        part = draw(objects({"type": '"input_image"', "image_url": IMAGE, **draw(details())}, VALUES))
        return "\x01" + part + "\x02"
    return draw(objects({"type": '"input_text"', "text": draw(STRINGS)}, VALUES))


def details() -> st.SearchStrategy[dict[str, str]]:
    return st.sampled_from([{}, {"detail": '"high"'}, {"detail": '"auto"'}])


@st.composite
def turns(draw: st.DrawFn, parts: Any) -> str:
    content = draw(STRINGS) if draw(st.booleans()) else draw(joined("[", draw(st.lists(parts, max_size=3)), "]"))
    return draw(objects({"role": '"user"', "content": content}, VALUES))


@st.composite
def bodies(draw: st.DrawFn, dialect: str, *, images: bool, **members: str) -> str:
    """A request of `dialect`, with `IMAGE` where an image stands."""
    chat = dialect == "openai-chat"
    parts = chat_parts(images=images) if chat else response_parts(images=images)
    listed = draw(joined("[", draw(st.lists(turns(parts), max_size=3)), "]"))
    known = {"model": '"gpt-4o"', "messages" if chat else "input": listed, **members}
    return draw(SPACE) + draw(objects(known, VALUES)) + draw(SPACE)


DIALECTS = st.sampled_from(["openai-chat", "openai-responses"])
ADDRESSES = st.sampled_from([BEFORE, BEFORE.replace("/", r"\/"), BEFORE.replace("image/png", "IMAGE/PNG")])


def filled(body: str, address: str) -> bytes:
    return body.replace(IMAGE, f'"{address}"').replace("\x01", "").replace("\x02", "").encode()


def exact(body: bytes) -> Any:
    """The document with every spelling and every key, in order, also where a key comes twice."""
    return json.loads(body, object_pairs_hook=list, parse_float=str, parse_int=str)


@pytest.fixture(scope="module")
def halving(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return engine(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return engine(tmp_path_factory.mktemp("engine"), step="tell")


def optimized(running: Engine, body: bytes, dialect: str) -> tuple[bytes, Report]:
    return asyncio.run(running.optimize(body, dialect))


@given(data=st.data(), dialect=DIALECTS)
@settings(deadline=None, max_examples=50)
def test_a_request_without_images_is_the_identical_bytes(halving: Engine, data: st.DataObject, dialect: str) -> None:
    body = filled(data.draw(bodies(dialect, images=False)), "")
    assert optimized(halving, body, dialect)[0] is body


@given(data=st.data(), dialect=DIALECTS, address=ADDRESSES)
@settings(deadline=None, max_examples=50)
def test_only_the_images_of_a_request_change(halving: Engine, data: st.DataObject, dialect: str, address: str) -> None:
    body = data.draw(bodies(dialect, images=True))
    assert optimized(halving, filled(body, address), dialect)[0] == filled(body, AFTER)


@given(data=st.data(), dialect=DIALECTS)
@settings(deadline=None, max_examples=50)
def test_a_request_for_a_stream_also_asks_for_usage_where_that_must_be_asked_for(
    halving: Engine, data: st.DataObject, dialect: str
) -> None:
    body = data.draw(bodies(dialect, images=True, stream="true"))
    expected = filled(body, AFTER)
    if dialect == "openai-chat" and IMAGE in body:
        end = expected.rindex(b"}")
        expected = expected[:end] + b',"stream_options":{"include_usage":true}' + expected[end:]
    assert optimized(halving, filled(body, BEFORE), dialect)[0] == expected


@given(data=st.data(), dialect=DIALECTS)
@settings(deadline=None, max_examples=50)
def test_fields_for_the_gateway_leave_nothing_behind(halving: Engine, data: st.DataObject, dialect: str) -> None:
    ours = {"token0_optimize": "false", "token0_enable_cache": "null", "token0_else": data.draw(VALUES)}
    body = filled(data.draw(bodies(dialect, images=True, **ours)), BEFORE)
    kept = [[key, value] for key, value in exact(body) if not key.startswith("token0_")]
    assert [list(pair) for pair in exact(optimized(halving, body, dialect)[0])] == kept


@given(data=st.data(), dialect=DIALECTS)
@settings(deadline=None, max_examples=50)
def test_another_name_of_the_model_changes_nothing_else(halving: Engine, data: st.DataObject, dialect: str) -> None:
    body = data.draw(bodies(dialect, images=False, model=IMAGE))
    assert optimized(halving, filled(body, "openai/gpt-4o"), dialect)[0] == filled(body, "gpt-4o")


@given(data=st.data(), dialect=DIALECTS)
@settings(deadline=None, max_examples=50)
def test_text_in_place_of_an_image_leaves_all_other_parts(telling: Engine, data: st.DataObject, dialect: str) -> None:
    body = data.draw(bodies(dialect, images=True))
    got = optimized(telling, filled(body, BEFORE), dialect)[0].decode()
    others = re.split(PART, body)
    parts = re.fullmatch("([{].*?[}])".join(map(re.escape, others)), got, re.DOTALL)
    assert parts
    assert [json.loads(part)["text"] for part in parts.groups()] == ["grey, 520 by 520"] * (len(others) - 1)


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ('{"include_usage":true,"x":1.0}', '{"include_usage":true,"x":1.0}'),
        ('{ "include_usage" : false }', '{"include_usage":true}'),
        ('{"include_obfuscation":false}', '{"include_obfuscation":false,"include_usage":true}'),
        ("null", '{"include_usage":true}'),
    ],
)
def test_options_of_a_stream_are_extended(halving: Engine, options: str, sent: str) -> None:
    part = f'{{"type":"image_url","image_url":{{"url":{IMAGE}}}}}'
    body = f'{{"stream_options":OPTIONS,"stream":true,"messages":[{{"content":[{part}]}}],"model":"gpt-4o"}}'
    got = optimized(halving, filled(body.replace("OPTIONS", options), BEFORE), "openai-chat")[0]
    assert got == filled(body.replace("OPTIONS", sent), AFTER)


@pytest.mark.parametrize("dialect", ["openai-chat", "openai-responses"])
def test_the_same_request_becomes_the_same_bytes(halving: Engine, dialect: str) -> None:
    part = {
        "openai-chat": {"type": "image_url", "image_url": {"url": BEFORE}},
        "openai-responses": {"type": "input_image", "image_url": BEFORE},
    }[dialect]
    turn = [{"role": "user", "content": [part]}]
    body = json.dumps({"model": "gpt-4o", "messages": turn, "input": turn}).encode()
    assert optimized(halving, body, dialect)[0] == optimized(halving, body, dialect)[0]
