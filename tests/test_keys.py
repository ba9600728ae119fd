"""token0.keys: one key for one answer of one tenant, and nothing to be read from it."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from fakes.serving import chat, data_url
from hypothesis import given
from hypothesis import strategies as st

from token0.config import Config, Server, Step, Workers
from token0.interfaces import NoConfig
from token0.keys import Unkeyed, answer_key, caller, fingerprint
from token0.routing import Route
from token0.types import Price, Request
from token0.wire import Endpoint
from token0_anthropic.messages import Messages
from token0_openai.chat import Chat

SETTINGS = fingerprint(Config())
MINE = {"Authorization": "Bearer sk-mine"}


def route(name: str = "openai", model: str = "gpt-4o", base_url: str = "https://api") -> Route:
    provider: Any = SimpleNamespace(name=name, config={"base_url": base_url})
    return Route(provider, model)


def read(document: Any) -> Request:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Chat().read(body, Endpoint(kind="generate", path="/chat/completions"))


def key(document: Any, headers: dict[str, str] = MINE, place: str = "/chat/completions?", **kind: Any) -> str:
    settings, dialect = kind.pop("settings", SETTINGS), kind.pop("dialect", "openai-chat")
    return answer_key(read(document), route(**kind), dialect, place, headers.items(), settings)


HERE = chat("hi", temperature=0)


def test_a_key_is_a_digest_in_hex() -> None:
    assert len(bytes.fromhex(key(HERE))) == 32


def test_the_same_request_has_the_same_key_in_whatever_order_and_with_whatever_blanks() -> None:
    spread = json.dumps(dict(reversed(HERE.items())), indent=3).encode()
    assert key(spread) == key(HERE)


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": True},
        {"stream": False},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"token0_enable_cache": True},
        {"token0_optimize": True},
    ],
)
def test_the_form_of_the_answer_and_what_is_said_to_the_gateway_alone_change_no_key(fields: dict[str, Any]) -> None:
    assert key({**HERE, **fields}) == key(HERE)


IMAGES = chat("hi", data_url(8, 8), data_url(9, 9))
OTHERS: dict[str, dict[str, Any]] = {
    "another prompt": chat("ho", temperature=0),
    "a prompt with a colon": chat("hi:", temperature=0),
    "two parts of text": chat("h", "i", temperature=0),
    "another temperature": chat("hi", temperature=0.5),
    "a temperature that is no number": chat("hi", temperature="0"),
    "no temperature": chat("hi"),
    "a seed": chat("hi", temperature=0, seed=1),
    "tools": chat("hi", temperature=0, tools=[{"type": "function", "function": {"name": "f"}}]),
    "other tools": chat("hi", temperature=0, tools=[{"type": "function", "function": {"name": "g"}}]),
    "a field nobody knows": chat("hi", temperature=0, x=None),
    "no optimization": chat("hi", temperature=0, token0_optimize=False),
    "another detail": chat("hi", temperature=0, token0_detail_override="low"),
    "a system prompt": {
        **HERE, "messages": [{"role": "system", "content": "Be brief."}, *HERE["messages"]],
    },
    "images": IMAGES,
    "another second image": chat("hi", data_url(8, 8), data_url(9, 10)),
    "images in another order": chat("hi", data_url(9, 9), data_url(8, 8)),
    "one image fewer": chat("hi", data_url(8, 8)),
}  # fmt: skip


def test_whatever_may_change_the_answer_changes_the_key() -> None:
    assert len({key(each) for each in [HERE, *OTHERS.values()]}) == 1 + len(OTHERS)


@pytest.mark.parametrize(
    "other",
    [
        {"name": "azure"},
        {"model": "gpt-4o-mini"},
        {"base_url": "https://elsewhere"},
        {"dialect": "openai-responses"},
        {"place": "/chat/completions?x=1"},
        {"settings": fingerprint(Config(quality="thrifty"))},
        {"headers": {"Authorization": "Bearer sk-theirs"}},
        {"headers": {"x-api-key": "sk-mine"}},
        {"headers": {**MINE, "X-Provider-Key": "sk-other"}},
        {"headers": {**MINE, "OpenAI-Organization": "org-1"}},
        {"headers": {**MINE, "anthropic-beta": "long"}},
        {"headers": {**MINE, "Helicone-Auth": "1"}},
        {"headers": {**MINE, "Cf-Access-Jwt-Assertion": "1"}},
        {"headers": {**MINE, "X-Amzn-Oidc-Identity": "1"}},
        {"headers": {**MINE, "X-MS-Client-Principal-Name": "1"}},
        {"headers": {}},
    ],
)
def test_another_caller_place_or_configuration_has_another_key(other: dict[str, Any]) -> None:
    assert key(HERE, **other) != key(HERE)


@pytest.mark.parametrize(
    "header", ["User-Agent", "traceparent", "X-Request-Id", "x-stainless-retry-count", "Idempotency-Key", "X-Token0"]
)
def test_a_header_that_changes_no_answer_changes_no_key(header: str) -> None:
    assert key(HERE, {**MINE, header: "1"}) == key(HERE)


def test_header_names_have_no_case() -> None:
    assert key(HERE, {"AUTHORIZATION": "Bearer sk-mine"}) == key(HERE)


def test_an_alias_has_the_key_of_what_it_stands_for() -> None:
    assert key({**HERE, "model": "my-model"}) == key(HERE)


def test_an_image_is_its_bytes_however_its_base64_is_broken_into_lines() -> None:
    url = data_url(40, 40)
    assert key(chat(url[:60] + "\n" + url[60:])) == key(chat(url))


def test_an_image_is_not_the_same_as_what_could_stand_for_it() -> None:
    picture = chat(data_url(40, 40))
    text = json.dumps(picture).replace('"type": "image_url"', '"type": "image_link"')
    assert key(text.encode()) != key(picture)


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"gpt-4o","messages":[],"temperature":0,"temperature":1}',
        b'{"model":"gpt-4o","messages":[{"role":"user","content":"a","content":"b"}]}',
        b'{"model":"gpt-4o","messages":[],"\\u0078":1,"x":1}',
        b'{"model":"gpt-4o","messages":[],"seed":' + b"9" * 30 + b"}",
    ],
)
def test_what_two_readers_may_read_differently_has_no_key(body: bytes) -> None:
    with pytest.raises(Unkeyed):
        key(body)


def test_a_key_named_twice_is_found_beside_large_images() -> None:
    picture = "data:image/png;base64," + base64.b64encode(os.urandom(30_000)).decode()
    body = json.dumps(chat(picture, picture, picture)).encode()
    assert key(body)
    with pytest.raises(Unkeyed):
        key(body[:-1] + b',"messages":[]}')


def test_a_quote_in_what_should_be_base64_hides_nothing() -> None:
    odd = "data:image/png;base64,data:" + '","messages":[],"x":"' + "A" * 150 + ","
    assert json.loads(json.dumps(chat(odd)))
    hidden = json.dumps({**chat(odd), "x": "A"}).encode()[:-1] + b',"messages":[],"x":"' + b"A" * 150 + b',"}'
    with pytest.raises(Unkeyed):
        key(hidden)


def test_broken_base64_has_no_key() -> None:
    with pytest.raises(Unkeyed):
        key(chat("data:image/png;base64," + "@" * 80))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([0.0, 0.5, -1.0])
    | st.text(":,\"'[]{}ab\0", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(":ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)
REQUESTS = st.builds(
    lambda prompt, system, extra: {
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt}],
        "x": extra,
    },
    st.text(":ab", max_size=3),
    st.text(":ab", max_size=3),
    VALUES,
)
KEYS = st.sampled_from(["", "a", "b", "a:", "ab"])


@given(REQUESTS, REQUESTS, KEYS, KEYS)
def test_two_requests_share_a_key_only_if_all_of_them_is_the_same(one: Any, other: Any, mine: str, theirs: str) -> None:
    same = json.dumps([one, mine], sort_keys=True) == json.dumps([other, theirs], sort_keys=True)
    assert (key(one, {"x-api-key": mine}) == key(other, {"x-api-key": theirs})) is same


@pytest.mark.parametrize(
    ("changed", "matters"),
    [
        (Config(quality="lossless"), True),
        (Config(pipeline=(Step("resize", NoConfig()),)), True),
        (Config(conversation=(Step("repeats", NoConfig()),)), True),
        (Config(workers=Workers(max_pixels=5)), True),
        (Config(prices={"m": Price(input=1.0)}), True),
        (Config(workers=Workers(processes=5)), False),
        (Config(server=Server(port=1)), False),
        (Config(path="elsewhere"), False),
    ],
)
def test_the_configuration_counts_as_far_as_it_can_change_what_is_sent(changed: Config, matters: bool) -> None:
    assert (fingerprint(changed) != SETTINGS) is matters


def pictured(document: Any, *pictures: bytes) -> str:
    """The key when the images of the request are these pictures."""
    known = dict(enumerate(pictures))
    return answer_key(read(document), route(), "openai-chat", "/chat/completions?", MINE.items(), SETTINGS, known)


def test_a_picture_is_the_same_in_whatever_bytes_and_format() -> None:
    first, other = data_url(8, 8), data_url(9, 9).replace("image/png", "image/jpeg")
    assert pictured(chat("hi", first), b"p") == pictured(chat("hi", other), b"p")
    assert pictured(chat("hi", first), b"p") != pictured(chat("hi", first), b"q")
    assert pictured(chat("hi", first), b"p") != pictured(chat("hi", first))


def test_an_image_that_is_no_known_picture_is_still_its_bytes() -> None:
    assert pictured(IMAGES, b"p") != pictured(chat("hi", data_url(8, 8), data_url(9, 10)), b"p")


def test_what_stands_beside_a_picture_still_counts() -> None:
    def asking(detail: str) -> Any:
        image = {"type": "image_url", "image_url": {"url": data_url(8, 8), "detail": detail}}
        return {"model": "gpt-4o", "messages": [{"role": "user", "content": [image]}]}

    assert pictured(asking("low"), b"p") != pictured(asking("high"), b"p")


def test_a_media_type_beside_the_image_is_no_part_of_the_picture() -> None:
    def asked(width: int, media_type: str) -> str:
        source = {"type": "base64", "media_type": media_type, "data": data_url(width, 8).partition(",")[2]}
        content = [{"type": "image", "source": source}]
        document = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": content}]}
        request = Messages().read(json.dumps(document).encode(), Endpoint(kind="generate", path="/messages"))
        return answer_key(request, route(), "anthropic-messages", "/messages?", MINE.items(), SETTINGS, {0: b"p"})

    assert asked(8, "image/png") == asked(9, "image/jpeg")


def test_a_caller_is_told_from_another_and_not_named() -> None:
    assert caller(MINE.items()) == caller({**MINE, "User-Agent": "x"}.items())
    assert caller(MINE.items()) != caller({"Authorization": "Bearer sk-yours"}.items())
    assert b"sk-mine" not in caller(MINE.items())


def test_settings_of_a_plugin_that_are_no_plain_values_count_too() -> None:
    class Odd(msgspec.Struct, frozen=True):
        where: Any

    one, same, other = (fingerprint(Config(pipeline=(Step("odd", Odd(Path(name))),))) for name in ("a", "a", "b"))
    assert (one == same, one == other) == (True, False)
