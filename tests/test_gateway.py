"""Requests on their way in: what is refused and how, what is passed on, and to whom."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import json
import struct
import types
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import pytest
from aiohttp import web
from fakes import lab
from fakes.serving import chat, data_url, gateway
from yarl import URL

from token0 import hookimpl, plugins
from token0.config import Config, Step
from token0.engine import Engine
from token0.gateway import Gateway
from token0.interfaces import NoConfig
from token0.server import runner_of
from token0.testing import png

if TYPE_CHECKING:
    from pathlib import Path

    from multidict import CIMultiDictProxy

    from token0.testing import Upstream

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
KEY = {"Authorization": "Bearer sk-client"}


class Got(NamedTuple):
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        return json.loads(self.body)["error"]


async def send(url: str, body: Any = b"", *, method: str = "POST", headers: dict[str, str] | None = None) -> Got:
    body = json.dumps(body).encode() if isinstance(body, dict) else body
    body = io.BytesIO(body) if isinstance(body, bytes) else body
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.request(method, URL(url, encoded=True), data=body, headers={**KEY, **(headers or {})}) as answer,
    ):
        return Got(answer.status, answer.headers, await answer.read())


@pytest.fixture
async def address(tmp_path: Path, upstream: Upstream) -> AsyncIterator[str]:
    async with gateway(tmp_path, upstream.url) as running:
        yield running


def image_chat(url: Any) -> dict[str, Any]:
    part = {"type": "image_url", "image_url": {"url": url}}
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": [part]}]}


def image_response(url: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]}


def dumped(document: Any) -> bytes:
    return json.dumps(document).encode()


MALFORMED = {
    "nothing": b"",
    "half an object": b'{"model":',
    "an array": b"[]",
    "a string": b'"hello"',
    "NaN": b'{"model":"gpt-4o","messages":[],"temperature":NaN}',
    "a byte order mark": b"\xef\xbb\xbf" + dumped(chat("x")),
    "Latin-1": '{"model":"gpt-4o","messages":[{"role":"user","content":"é"}]}'.encode("latin-1"),
    "a lone surrogate": rb'{"model":"gpt-4o","messages":[{"role":"user","content":"\ud83d"}]}',
    "a lone surrogate in a key": rb'{"model":"gpt-4o","messages":[],"\ud83d":1}',
    "100,000 brackets": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "a number beyond all": b'{"model":"gpt-4o","messages":[],"seed":' + b"9" * 5000 + b"}",
    "the bytes of an image": png(8, 8),
}

CHAT_MISTAKES: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "no model": ({"messages": []}, "model", "missing_required_parameter"),
    "a model that is a number": ({"model": 4, "messages": []}, "model", "invalid_type"),
    "a model that is null": ({"model": None, "messages": []}, "model", "invalid_type"),
    "no messages": ({"model": "gpt-4o"}, "messages", "missing_required_parameter"),
    "messages in a string": ({"model": "gpt-4o", "messages": "hi"}, "messages", "invalid_type"),
    "a message in a string": ({"model": "gpt-4o", "messages": ["hi"]}, "messages[0]", "invalid_type"),
    "content that is a number": (
        {"model": "gpt-4o", "messages": [{"role": "user", "content": 4}]}, "messages[0].content", "invalid_type",
    ),
    "a part in a string": (
        {"model": "gpt-4o", "messages": [{"role": "user", "content": ["hi"]}]},
        "messages[0].content[0]", "invalid_type",
    ),
    "stream in a string": ({"model": "gpt-4o", "messages": [], "stream": "yes"}, "stream", "invalid_type"),
    "an image without address": (
        image_chat(None), "messages[0].content[0].image_url.url", "invalid_type",
    ),
    "an image with a number": (image_chat(4), "messages[0].content[0].image_url.url", "invalid_type"),
    "data without base64": (
        image_chat("data:image/png,abc"), "messages[0].content[0].image_url.url", "invalid_image_url",
    ),
    "undecodable base64": (image_chat("data:image/png;base64,@@@"), "messages[0].content[0]", "invalid_base64"),
    "base64 with an umlaut": (image_chat("data:image/png;base64,ä"), "messages[0].content[0]", "invalid_base64"),
    "a switch that is no switch": (chat("x", token0_optimize="no"), "token0_optimize", "invalid_type"),
    "a detail nobody knows": (chat("x", token0_detail_override="huge"), "token0_detail_override", "invalid_value"),
}  # fmt: skip

RESPONSES_MISTAKES: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "no model": ({"input": "hi"}, "model", "missing_required_parameter"),
    "input that is a number": ({"model": "gpt-4o", "input": 4}, "input", "invalid_type"),
    "an item in a string": ({"model": "gpt-4o", "input": ["hi"]}, "input[0]", "invalid_type"),
    "content that is a number": ({"model": "gpt-4o", "input": [{"content": 4}]}, "input[0].content", "invalid_type"),
    "a part in a string": (
        {"model": "gpt-4o", "input": [{"content": ["hi"]}]}, "input[0].content[0]", "invalid_type",
    ),
    "an image without address": (image_response(None), "input[0].content[0].image_url", "invalid_type"),
    "undecodable base64": (image_response("data:image/png;base64,@@@"), "input[0].content[0]", "invalid_base64"),
}  # fmt: skip


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_a_body_that_is_no_json_object_is_a_400(address: str, path: str, body: bytes) -> None:
    got = await send(address + path, body)
    assert (got.status, got.error["code"]) == (400, "invalid_json")


@pytest.mark.parametrize(("body", "param", "code"), CHAT_MISTAKES.values(), ids=CHAT_MISTAKES)
async def test_a_mistake_in_a_chat_is_a_400_that_names_the_part(
    address: str, body: dict[str, Any], param: str, code: str
) -> None:
    got = await send(address + CHAT, body)
    assert (got.status, got.error["param"], got.error["code"]) == (400, param, code)


@pytest.mark.parametrize(("body", "param", "code"), RESPONSES_MISTAKES.values(), ids=RESPONSES_MISTAKES)
async def test_a_mistake_in_a_response_request_is_a_400_that_names_the_part(
    address: str, body: dict[str, Any], param: str, code: str
) -> None:
    got = await send(address + RESPONSES, body)
    assert (got.status, got.error["param"], got.error["code"]) == (400, param, code)


async def test_a_refused_request_never_reaches_the_provider(address: str, upstream: Upstream) -> None:
    await send(address + CHAT, image_chat("data:image/png;base64,@@@"))
    assert upstream.received == []


async def test_an_error_has_the_shape_openai_clients_parse(address: str) -> None:
    got = await send(address + CHAT, b"{")
    assert got.error.keys() == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({}, chat("x", model="nobody-knows-me"), 404, "model_not_found"),
        ({}, chat("x", model="gpt-oss:20b"), 404, "model_not_found"),
        ({"X-Token0-Provider": "nowhere"}, chat("x"), 400, "unknown_provider"),
    ],
)
async def test_a_model_that_nobody_owns_goes_nowhere(
    address: str, upstream: Upstream, headers: dict[str, str], body: dict[str, Any], status: int, code: str
) -> None:
    got = await send(address + CHAT, body, headers=headers)
    assert (got.status, got.error["code"], upstream.received) == (status, code, [])


def truncated_png() -> bytes:
    return png(600, 600)[:80]


def huge_png() -> bytes:
    data = bytearray(png(1, 1))
    data[16:24] = struct.pack(">II", 50_000, 50_000)
    return bytes(data)


UNHARMED = {
    "a truncated PNG": truncated_png(),
    "a truncated JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08\x02",
    "a header of 50000 x 50000": huge_png(),
    "bytes of no image": b"hello world, hello",
    "no bytes": b"",
    "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}


@pytest.mark.parametrize("data", UNHARMED.values(), ids=UNHARMED)
@pytest.mark.parametrize("path", [CHAT, RESPONSES])
async def test_an_image_that_cannot_be_worked_on_is_sent_as_it_came(
    tmp_path: Path, upstream: Upstream, path: str, data: bytes
) -> None:
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    body = dumped(image_chat(url) if path == CHAT else image_response(url))
    async with gateway(tmp_path, upstream.url, step="stumble") as address:
        got = await send(address + path, body)
    assert (got.status, upstream.received[0].body) == (200, body)


@pytest.mark.parametrize("url", ["https://example.com/a.png", "http://127.0.0.1:1/a.png", "file-abc", ""])
async def test_a_remote_image_is_left_to_the_provider(address: str, upstream: Upstream, url: str) -> None:
    body = dumped(image_chat(url))
    await send(address + CHAT, body)
    assert upstream.received[0].body == body


async def test_tools_nested_hundreds_of_times_are_no_trouble(address: str) -> None:
    tool: dict[str, Any] = {"name": "a"}
    for _ in range(300):
        tool = {"functionDeclarations": [tool]}
    got = await send(address + CHAT, {**image_chat(data_url()), "tools": [tool]})
    assert got.status == 200


@pytest.mark.parametrize("value", [["input_image"], {"a": 1}, 4, None])
async def test_a_type_of_any_type_is_no_trouble(address: str, value: Any) -> None:
    items = [{"type": value, "content": "x"}, {"content": [{"type": value}]}]
    got = await send(address + RESPONSES, {**image_response(data_url()), "input": items})
    assert got.status == 200


async def test_a_body_of_20_megabytes_is_accepted(address: str, upstream: Upstream) -> None:
    body = dumped(chat("x" * 20_000_000))
    await send(address + CHAT, body)
    assert upstream.received[0].body == body


async def chunked(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


@pytest.mark.parametrize("way", ["declared", "chunked", "compressed"])
async def test_a_body_beyond_the_limit_is_a_413(tmp_path: Path, upstream: Upstream, way: str) -> None:
    large = b" " * 3_000_000
    body = {"declared": large, "chunked": chunked(large), "compressed": gzip.compress(large)}[way]
    headers = {"Content-Encoding": "gzip"} if way == "compressed" else {}
    async with gateway(tmp_path, upstream.url, server={"max_body_bytes": 2_000_000}) as address:
        got = await send(address + CHAT, body, headers=headers)
    assert (got.status, got.error["code"]) == (413, "request_too_large")


async def test_a_compressed_request_without_images_arrives_as_it_was_sent(address: str, upstream: Upstream) -> None:
    packed = gzip.compress(dumped(chat("x")))
    await send(address + CHAT, packed, headers={"Content-Encoding": "gzip"})
    received = upstream.received[0]
    assert (received.body, received.headers.get("content-encoding")) == (packed, "gzip")


async def test_a_compressed_request_that_had_to_change_is_sent_plain(address: str, upstream: Upstream) -> None:
    packed = gzip.compress(dumped({**chat("x"), "token0_optimize": True}))
    await send(address + CHAT, packed, headers={"Content-Encoding": "gzip"})
    received = upstream.received[0]
    assert (received.json(), received.headers.get("content-encoding")) == (chat("x"), None)


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", b"no gzip at all", 400),
        ("gzip", gzip.compress(dumped(chat("x")))[:-12], 400),
        ("deflate", b"\x00\x01", 400),
        ("br", b"\x0b\x02\x80", 415),
        ("compress", b"x", 415),
    ],
)
async def test_a_body_that_cannot_be_decompressed_is_refused(
    address: str, encoding: str, body: bytes, status: int
) -> None:
    got = await send(address + CHAT, body, headers={"Content-Encoding": encoding})
    assert (got.status, got.error["type"]) == (status, "invalid_request_error")


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("POST", CHAT, dumped(chat("x")), {}, 200),
        ("POST", CHAT, b"{", {}, 400),
        ("POST", CHAT, dumped(chat("x", model="who")), {}, 404),
        ("POST", CHAT, dumped(chat("x")), {"X-Token0-Provider": "who"}, 400),
        ("POST", RESPONSES, dumped({"model": "gpt-4o", "input": "x"}), {}, 200),
        ("GET", "/v1/models", b"", {}, 200),
        ("GET", "/v1/models", b"", {"X-Token0-Provider": "who"}, 400),
        ("GET", "/elsewhere", b"", {}, 404),
    ],
)
async def test_every_answer_carries_the_savings_and_an_id(
    address: str, method: str, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    got = await send(address + path, body, method=method, headers=headers)
    assert (got.status, got.headers["x-token0-saved"], len(got.headers["x-token0-request-id"])) == (status, "0", 32)


async def test_the_savings_are_in_a_header(address: str) -> None:
    got = await send(address + CHAT, chat(data_url(600, 600)))
    # 85 + 4 * 170 before, 85 + 170 after.
    assert got.headers["x-token0-saved"] == "510"


@pytest.mark.parametrize(
    ("headers", "fields"),
    [({"X-Token0": "off"}, {}), ({"X-Token0": "OFF"}, {}), ({}, {"token0_optimize": False})],
)
async def test_optimization_can_be_switched_off_for_a_request(
    address: str, upstream: Upstream, headers: dict[str, str], fields: dict[str, bool]
) -> None:
    body = chat("what is this", data_url())
    await send(address + CHAT, {**body, **fields}, headers=headers)
    assert upstream.received[0].json() == body


@pytest.mark.parametrize(
    "field", ["token0_optimize", "token0_enable_cache", "token0_enable_cascade", "token0_something"]
)
async def test_fields_for_the_gateway_are_not_forwarded(address: str, upstream: Upstream, field: str) -> None:
    await send(address + CHAT, chat("x", **{field: True}))
    assert upstream.received[0].json() == chat("x")


async def test_the_detail_can_be_overridden(address: str, upstream: Upstream) -> None:
    await send(address + CHAT, chat(data_url(40, 40), token0_detail_override="low"))
    part = upstream.received[0].json()["messages"][0]["content"][0]
    assert part["image_url"]["detail"] == "low"


async def test_headers_for_the_gateway_are_not_forwarded(address: str, upstream: Upstream) -> None:
    headers = {"X-Token0": "off", "X-Token0-Report": "off", "X-Token0-Provider": "openai", "Cookie": "a=b"}
    await send(address + CHAT, chat("x"), headers=headers)
    assert not {"x-token0", "x-token0-report", "x-token0-provider", "cookie"} & upstream.received[0].headers.keys()


async def test_other_headers_are_forwarded(address: str, upstream: Upstream) -> None:
    headers = {"OpenAI-Project": "p1", "X-Stainless-Lang": "python", "User-Agent": "me/1"}
    await send(address + CHAT, chat("x"), headers=headers)
    received = upstream.received[0].headers
    assert [received[name.lower()] for name in headers] == ["p1", "python", "me/1"]


@pytest.mark.parametrize(
    ("settings", "headers", "sent"),
    [
        ({}, {}, "Bearer sk-client"),
        ({}, {"X-Provider-Key": "sk-other"}, "Bearer sk-other"),
        ({"credentials": "configured", "api_key": "sk-ours"}, {}, "Bearer sk-ours"),
        ({"credentials": "configured", "api_key": "sk-ours"}, {"X-Provider-Key": "sk-other"}, "Bearer sk-other"),
    ],
)
async def test_one_key_goes_to_the_provider(
    tmp_path: Path, upstream: Upstream, settings: dict[str, str], headers: dict[str, str], sent: str
) -> None:
    async with gateway(tmp_path, upstream.url, openai=settings) as address:
        await send(address + CHAT, chat("x"), headers=headers)
    assert upstream.received[0].headers["authorization"] == sent


async def test_the_model_can_be_named_with_its_provider(address: str, upstream: Upstream) -> None:
    await send(address + CHAT, chat("x", model="openai/gpt-4o"))
    assert upstream.received[0].json() == chat("x")


async def test_a_stored_prompt_may_stand_for_the_model(address: str, upstream: Upstream) -> None:
    body = dumped({"prompt": {"id": "pmpt_1"}, "input": "x"})
    await send(address + RESPONSES, body)
    assert upstream.received[0].body == body


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models",
        "/v1/files/a%20b%2Fc%3Fd/content?x=%26&y=a+b",
        "/v1/files/%0d%0aX-Evil:%20y",
        "/v1/responses/resp_1/input_items?limit=2",
    ],
)
async def test_the_path_of_a_relayed_request_stays_as_it_was_sent(address: str, upstream: Upstream, path: str) -> None:
    await send(address + path, method="GET")
    assert upstream.received[0].path == path


@pytest.mark.parametrize(("encoding", "body"), [("identity", bytes(range(256)) * 2000), ("gzip", gzip.compress(b"{}"))])
async def test_a_relayed_body_stays_as_it_was_sent(
    address: str, upstream: Upstream, encoding: str, body: bytes
) -> None:
    await send(address + "/v1/files", body, headers={"Content-Encoding": encoding})
    received = upstream.received[0]
    assert (received.body, received.headers["content-length"]) == (body, str(len(body)))


# swap


class Served(NamedTuple):
    """A gateway of the plugin `fakes.lab`. `closed` are the engines that were closed."""

    gateway: Gateway
    url: str
    closed: list[Engine]
    make: Callable[..., Engine]


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    closed: list[Engine] = []
    watcher = types.ModuleType("watcher")
    watcher.token0_shutdown = hookimpl(lambda engine: closed.append(engine))  # type: ignore[attr-defined]
    registry = plugins.load([], [lab, watcher])

    def make(*steps: str) -> Engine:
        pipeline = tuple(Step(step, NoConfig()) for step in steps)
        config = Config(pipeline=pipeline, providers={"lab": lab.LabProvider.Config()})
        return Engine(config, registry, in_process=True)

    gateway = Gateway(make())
    runner = runner_of(gateway, 0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Served(gateway, f"http://127.0.0.1:{runner.addresses[0][1]}/lab", closed, make)
    await runner.cleanup()
    await gateway.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /lab HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-private\x01\r\n\r\n",
        b"GET /lab?key=sk-private\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_logged_without_a_word_of_it(
    served: Served, caplog: pytest.LogCaptureFixture, head: bytes
) -> None:
    address = URL(served.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(head)
    assert b" 400 " in await reader.readline()
    writer.close()
    assert "Error handling request from 127.0.0.1" in caplog.text
    assert "sk-private" not in caplog.text


IMAGE = {"model": "lab", "image": base64.b64encode(png(128, 128)).decode()}


async def test_requests_after_a_swap_are_served_by_the_new_engine(served: Served) -> None:
    assert (await send(served.url, IMAGE)).headers["x-token0-saved"] == "0"
    served.gateway.swap(served.make("act"))
    assert (await send(served.url, IMAGE)).headers["x-token0-saved"] == "12"


async def test_estimates_after_a_swap_are_made_by_the_new_engine(served: Served) -> None:
    served.gateway.swap(served.make("act"))
    got = await send(served.url.replace("/lab", "/v1/estimate?dialect=lab"), IMAGE)
    assert json.loads(got.body)["tokens"]["saved"] == 12


async def test_an_engine_without_requests_is_closed_at_the_swap(served: Served) -> None:
    before, after = served.gateway.engine, served.make()
    served.gateway.swap(after)
    await lab.until(lambda: bool(served.closed))
    assert served.closed == [before]


async def test_an_engine_with_a_request_is_closed_when_that_is_done(served: Served, tmp_path: Path) -> None:
    before = served.gateway.engine
    held = {"model": "lab", "hold": str(tmp_path / "go"), "stream": True}
    async with aiohttp.ClientSession() as session, session.post(served.url, json=held) as stream:
        assert await stream.content.readany() == b"data: first\n\n"
        served.gateway.swap(served.make())
        await send(served.url, IMAGE)
        assert served.closed == []
        (tmp_path / "go").touch()
        assert await stream.content.read() == b"data: last\n\n"
    await lab.until(lambda: bool(served.closed))
    assert served.closed == [before]


async def test_an_engine_whose_client_left_is_closed_too(served: Served, tmp_path: Path) -> None:
    before = served.gateway.engine
    held = {"model": "lab", "hold": str(tmp_path / "never"), "stream": True}
    async with aiohttp.ClientSession() as session, session.post(served.url, json=held) as stream:
        assert await stream.content.readany() == b"data: first\n\n"
        served.gateway.swap(served.make())
        stream.close()
        await lab.until(lambda: bool(served.closed))
    assert served.closed == [before]


async def test_of_three_engines_each_is_closed_once(served: Served) -> None:
    engines = [served.gateway.engine, served.make(), served.make()]
    for engine in engines[1:]:
        served.gateway.swap(engine)
    await served.gateway.close()
    assert sorted(map(id, served.closed)) == sorted(map(id, engines))


async def test_an_engine_that_cannot_be_closed_is_told_of(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def close() -> None:
        raise ValueError("stuck")

    monkeypatch.setattr(served.gateway.engine, "close", close)
    served.gateway.swap(served.make())
    await lab.until(lambda: "could not be closed" in caplog.text)
    assert (await send(served.url, IMAGE)).status == 200
