"""token0.http: what a provider receives, whose key it gets, and which error says what was late or broken."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from aiohttp import web
from multidict import CIMultiDict

from token0.errors import UpstreamError
from token0.http import HttpConfig, HttpProvider
from token0.testing import Upstream
from token0.wire import Answer, Call


class Acme(HttpProvider):
    name = "acme"
    dialects = ("d",)


class Keyed(Acme):
    key_header = "x-api-key"


Make = Callable[..., Acme]


@pytest.fixture
async def acme(upstream: Upstream) -> AsyncIterator[Make]:
    """Makes providers at `upstream`, or elsewhere."""
    made: list[Acme] = []

    def make(base_url: str | None = None, kind: type[Acme] = Acme, **settings: Any) -> Acme:
        made.append(kind(HttpConfig(base_url=base_url or upstream.url + "/v1", **settings)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def call(body: bytes | AsyncIterator[bytes] = b"{}", method: str = "POST", path: str = "/x", **headers: str) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(method=method, path=path, headers=CIMultiDict(named), body=body)


async def whole(provider: Acme, request: Call) -> bytes:
    answer = await provider.send(request)
    return b"".join([chunk async for chunk in answer.chunks()])


async def read(answer: Answer, received: list[bytes]) -> None:
    """Keep the chunks, also those before an error."""
    async for chunk in answer.chunks():
        received += [chunk]


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


# Headers


def forwarded(kind: type[Acme] = Acme, settings: dict[str, str] | None = None, **headers: str) -> dict[str, str]:
    provider = kind(HttpConfig(base_url="http://x", **(settings or {})))  # type: ignore[arg-type]
    return dict(provider.headers(call(**headers)))


ENDING_HERE = """
    Host Connection Keep-Alive TE Trailer Transfer-Encoding Upgrade Proxy-Authorization Cookie Content-Length Expect
    X-Token0 X-Token0-Report X-Token0-Provider X-Hop
"""


@pytest.mark.parametrize("name", ENDING_HERE.split())
def test_headers_of_this_hop_and_for_this_gateway_end_here(name: str) -> None:
    assert forwarded(**{"Connection": "close, X-Hop", name: "X-Hop"}) == {}


def test_connection_may_be_given_twice() -> None:
    headers = CIMultiDict([("Connection", "close"), ("Connection", "x-hop"), ("X-Hop", "1")])
    assert not Acme(HttpConfig(base_url="http://x")).headers(Call(method="GET", path="", headers=headers, body=b""))


def test_all_other_headers_go_on_also_when_given_twice() -> None:
    headers = CIMultiDict([("X-A", "1"), ("x-a", "2"), ("Anthropic-Beta", "b"), ("User-Agent", "u"), ("Accept", "*/*")])
    sent = Acme(HttpConfig(base_url="http://x")).headers(Call(method="GET", path="", headers=headers, body=b""))
    assert list(sent.items()) == list(headers.items())


OWN = {"credentials": "configured", "api_key": "own"}
BEARER = {"Authorization": "Bearer theirs"}
ANTHROPIC = {"x-api-key": "theirs"}


@pytest.mark.parametrize(
    ("kind", "settings", "given", "sent"),
    [
        (Acme, {}, {}, {}),
        (Acme, {}, BEARER, {"authorization": "Bearer theirs"}),
        (Acme, {}, ANTHROPIC, {"authorization": "Bearer theirs"}),
        (Keyed, {}, ANTHROPIC, {"x-api-key": "theirs"}),
        (Keyed, {}, BEARER, {"x-api-key": "theirs"}),
        (Keyed, {}, {"Authorization": "bearer theirs"}, {"x-api-key": "theirs"}),
        (Keyed, {}, {"x-goog-api-key": "theirs"}, {"x-api-key": "theirs"}),
        (Keyed, {}, {"Authorization": "Bearer other", **ANTHROPIC}, {"x-api-key": "theirs"}),
        (Acme, OWN, {}, {"authorization": "Bearer own"}),
        (Acme, OWN, {**BEARER, "api-key": "theirs"}, {"authorization": "Bearer own"}),
        (Keyed, OWN, ANTHROPIC, {"x-api-key": "own"}),
        (Acme, {}, {**BEARER, "X-Provider-Key": "first"}, {"authorization": "Bearer first"}),
        (Keyed, OWN, {**BEARER, "X-Provider-Key": "first"}, {"x-api-key": "first"}),
    ],
)
def test_exactly_one_key_is_sent_where_the_provider_reads_it(
    kind: type[Acme], settings: dict[str, str], given: dict[str, str], sent: dict[str, str]
) -> None:
    assert {name.lower(): value for name, value in forwarded(kind, settings, **given).items()} == sent


@pytest.mark.parametrize("settings", [{"credentials": "configured"}, {"api_key": "k"}])
def test_a_key_and_the_wish_to_use_it_go_together(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="go together"):
        HttpConfig(base_url="http://x", **settings)  # type: ignore[arg-type]


# Requests


@pytest.mark.parametrize(
    ("base", "path", "received"),
    [
        ("/v1", "/chat/completions", "/v1/chat/completions"),
        ("/v1/", "/models?after=a%2Fb&x=1+2", "/v1/models?after=a%2Fb&x=1+2"),
        ("", "/api/%C3%A9?q=%20", "/api/%C3%A9?q=%20"),
        ("", "/models/a:generate?alt=sse", "/models/a:generate?alt=sse"),
    ],
)
async def test_requests_go_below_the_base_url_as_they_were_spelled(
    acme: Make, upstream: Upstream, base: str, path: str, received: str
) -> None:
    await whole(acme(upstream.url + base), call(path=path))
    assert upstream.received[0].path == received


async def test_the_provider_receives_what_the_client_sent_and_nothing_of_ours(acme: Make, upstream: Upstream) -> None:
    await whole(acme(), call(b'{"a": 1}', X_A="1"))
    (request,) = upstream.received
    assert (request.method, request.body) == ("POST", b'{"a": 1}')
    assert request.headers.keys() == {"host", "x-a", "content-length"}


@pytest.mark.parametrize(("method", "length"), [("GET", None), ("POST", "0")])
async def test_an_empty_body_is_announced_only_where_one_is_expected(
    acme: Make, upstream: Upstream, method: str, length: str | None
) -> None:
    await whole(acme(), call(b"", method))
    assert upstream.received[0].headers.get("content-length") == length


async def test_a_large_body_arrives_whole_with_its_length(acme: Make, upstream: Upstream) -> None:
    body = bytes(range(256)) * 4000
    await whole(acme(), call(body))
    assert upstream.received[0].body == body
    assert upstream.received[0].headers["content-length"] == "1024000"


async def test_a_streamed_body_keeps_its_length(acme: Make, upstream: Upstream) -> None:
    await whole(acme(), call(pieces(b"abc", b"def"), Content_Length="6"))
    assert upstream.received[0].body == b"abcdef"
    assert upstream.received[0].headers["content-length"] == "6"


async def test_a_streamed_body_of_unknown_length_is_chunked(acme: Make, upstream: Upstream) -> None:
    await whole(acme(), call(pieces(b"abc", b"def")))
    assert upstream.received[0].body == b"abcdef"
    assert upstream.received[0].headers["transfer-encoding"] == "chunked"


async def test_connections_are_kept(acme: Make) -> None:
    ports = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports.append(writer.get_extra_info("peername"))
        while await request(reader):
            writer.write(OK)

    async with server(serve) as url:
        provider = acme(url)
        assert [await whole(provider, call()) for _ in range(3)] == [b"ok"] * 3
    assert len(ports) == 1


# Answers


async def test_an_answer_arrives_as_it_was_sent(acme: Make, upstream: Upstream) -> None:
    body = gzip.compress(b"text")

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=429, body=body, headers={"Content-Encoding": "gzip", "Retry-After": "3"})

    upstream.answer = answer
    received = await acme().send(call())
    assert (received.status, received.headers["Retry-After"]) == (429, "3")
    assert b"".join([chunk async for chunk in received.chunks()]) == body


async def test_a_redirect_is_not_followed(acme: Make, upstream: Upstream) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "http://169.254.169.254/"})

    upstream.answer = answer
    redirected = await acme().send(call())
    redirected.close()
    assert redirected.status == 307
    assert len(upstream.received) == 1


async def test_closing_an_answer_tells_the_provider_at_once(acme: Make, upstream: Upstream) -> None:
    gone = asyncio.Event()
    upstream.answer = endless(gone)
    answer = await acme().send(call())
    await anext(answer.chunks())
    answer.close()
    await asyncio.wait_for(gone.wait(), 20)


# Failures


async def test_a_refused_connection_is_a_502(acme: Make) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(UpstreamError, match="acme could not be reached: ClientConnectorError") as caught:
            await acme(f"http://127.0.0.1:{taken.getsockname()[1]}").send(call())
    assert caught.value.status == 502


async def test_an_address_that_is_none_is_a_502(acme: Make) -> None:
    with pytest.raises(UpstreamError) as caught:
        await acme("nonsense").send(call())
    assert caught.value.status == 502


async def test_a_server_that_does_not_accept_is_a_504_that_says_so(acme: Make) -> None:
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(full.getsockname())
        with pytest.raises(UpstreamError, match="could not be connected in time") as caught:
            await acme(f"http://127.0.0.1:{full.getsockname()[1]}", connect_seconds=0.05).send(call())
    assert caught.value.status == 504


async def test_a_late_answer_is_a_504_and_the_provider_is_told(acme: Make, upstream: Upstream) -> None:
    gone = asyncio.Event()

    async def think(_: web.Request) -> web.Response:
        with noticing(gone):
            await asyncio.sleep(60)
        return web.Response()

    upstream.answer = think
    with pytest.raises(UpstreamError, match=r"did not begin to answer within 1 s") as caught:
        # Long enough for a busy machine to deliver the request first.
        await acme(first_byte_seconds=1).send(call())
    assert caught.value.status == 504
    await asyncio.wait_for(gone.wait(), 20)


async def test_a_stream_that_falls_silent_is_a_504_after_its_chunks(acme: Make, upstream: Upstream) -> None:
    upstream.answer = endless(asyncio.Event())
    answer = await acme(idle_seconds=0.1).send(call())
    received: list[bytes] = []
    with pytest.raises(UpstreamError, match=r"sent nothing for 0\.1 s") as caught:
        await read(answer, received)
    assert (caught.value.status, b"".join(received)) == (504, b"first")
    answer.close()


async def test_an_answer_that_breaks_off_is_an_error_after_its_chunks(acme: Make) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    async with server(serve) as url:
        answer = await acme(url).send(call())
        received: list[bytes] = []
        with pytest.raises(UpstreamError, match="acme broke off its answer: ClientPayloadError"):
            await read(answer, received)
        answer.close()
    assert received == [b"abc"]


async def test_an_answer_that_is_no_http_is_a_502(acme: Make) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(b"SSH-2.0-x\r\n\r\n")

    async with server(serve) as url:
        with pytest.raises(UpstreamError) as caught:
            await acme(url).send(call())
    assert caught.value.status == 502


# Once more


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_a_request_on_a_kept_connection_that_was_just_closed_is_sent_once_more(acme: Make, reset: bool) -> None:
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await request(reader)
        writer.write(OK)
        if len(connections) == 1:
            await request(reader)
            if reset:
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    async with server(serve) as url:
        provider = acme(url)
        assert [await whole(provider, call()) for _ in range(2)] == [b"ok", b"ok"]
    assert len(connections) == 2


async def test_a_request_is_not_sent_a_third_time(acme: Make) -> None:
    requests = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await request(reader))

    async with server(serve) as url:
        with pytest.raises(UpstreamError, match="ServerDisconnectedError"):
            await acme(url).send(call())
    assert len(requests) == 2


async def test_a_streamed_body_is_never_sent_twice(acme: Make) -> None:
    requests = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await request(reader))

    async with server(serve) as url:
        with pytest.raises(UpstreamError, match="ServerDisconnectedError"):
            await acme(url).send(call(pieces(b"{}"), Content_Length="2"))
    assert len(requests) == 1


# Servers that misbehave

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def server(serve: Serving) -> AsyncIterator[str]:
    """The address of a server that closes each connection when `serve` returns."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    running = await asyncio.start_server(closing, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    finally:
        running.close()


async def request(reader: asyncio.StreamReader) -> bytes:
    """One whole request with a body of two bytes; empty when the client closed the connection."""
    try:
        return await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(2)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def endless(gone: asyncio.Event) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Sends one chunk and nothing more; sets `gone` when the client has left."""

    async def answer(http: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(http)
        await response.write(b"first")
        with noticing(gone):
            await asyncio.sleep(60)
        return response

    return answer


@contextlib.contextmanager
def noticing(gone: asyncio.Event) -> Iterator[None]:
    try:
        yield
    except asyncio.CancelledError:
        gone.set()
        raise
