"""The two OpenAI doors, byte for byte: what the provider gets of a request, and the client of an answer."""

from __future__ import annotations

import gzip
import http.client
import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes.openai_behind import HALF, MODEL, URL, address, fake, part, seen, turn, user

if TYPE_CHECKING:
    from fakes.openai import FakeOpenAI

__all__ = ["address", "fake"]

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
DOORS = pytest.mark.parametrize("path", [CHAT, RESPONSES])


def post(address: str, path: str, body: bytes, *knobs: str, **headers: str) -> bytes:
    """The body of the answer as it came over the wire."""
    given = {"Authorization": "Bearer sk-1", "Content-Type": "application/json", "X-Fake": ",".join(knobs), **headers}
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    try:
        connection.request("POST", path, body, given)
        return connection.getresponse().read()
    finally:
        connection.close()


def request(path: str, *, image: bool = False, stream: bool = False) -> bytes:
    content = ([part()] if path == CHAT else [seen()]) if image else []
    turns = [user("Grüezi", *content)] if path == CHAT else [turn("Grüezi", *content)]
    given = {"messages" if path == CHAT else "input": turns, "model": MODEL, "stream": stream}
    # As no client of Python writes it.
    return json.dumps(given, indent=3, ensure_ascii=stream).replace("/", r"\/").encode() + b"\r\n"


@DOORS
@pytest.mark.parametrize("stream", [False, True])
def test_a_text_request_reaches_the_provider_as_it_was_sent(
    address: str, fake: FakeOpenAI, path: str, stream: bool
) -> None:  # fmt: skip
    post(address, path, request(path, stream=stream))
    assert fake.last.body == request(path, stream=stream)


@DOORS
def test_a_request_with_an_image_changes_in_the_image_alone(address: str, fake: FakeOpenAI, path: str) -> None:
    post(address, path, request(path, image=True))
    assert fake.last.body == request(path, image=True).replace(URL.replace("/", r"\/").encode(), HALF.encode())


@DOORS
def test_with_the_optimization_off_a_request_with_an_image_is_the_identical_bytes(
    address: str, fake: FakeOpenAI, path: str
) -> None:
    headers = {"X-Token0": "off"}
    post(address, path, request(path, image=True), **headers)
    assert fake.last.body == request(path, image=True)


@DOORS
@pytest.mark.parametrize(
    "knobs",
    [(), ("comments",), ("crlf",), ("split",), ("obfuscation",), ("gzip",), ("crlf", "comments", "split", "gzip")],
    ids="+".join,
)
def test_the_stream_of_a_text_request_is_the_identical_bytes(
    address: str, fake: FakeOpenAI, path: str, knobs: tuple[str, ...]
) -> None:
    headers = {"Accept-Encoding": "gzip"}
    assert post(address, path, request(path, stream=True), *knobs, **headers) == fake.sent[-1]


@DOORS
@pytest.mark.parametrize("knobs", [(), ("tools",), ("refusal",), ("gzip",), ("rate-limit",), ("rate-limit", "gzip")])
def test_the_answer_to_a_text_request_is_the_identical_bytes(
    address: str, fake: FakeOpenAI, path: str, knobs: tuple[str, ...]
) -> None:
    headers = {"Accept-Encoding": "gzip"}
    assert post(address, path, request(path), *knobs, **headers) == fake.sent[-1]


def without_report(answer: bytes) -> bytes:
    at = answer.index(b',"token0":')
    document, length = json.JSONDecoder().raw_decode(answer[at + len(b',"token0":') :].decode())
    assert document["tokens_saved"] == 510
    return answer[:at] + answer[at:].decode()[len(',"token0":') + length :].encode()


@DOORS
@pytest.mark.parametrize("knobs", [(), ("tools",), ("gzip",)])
def test_an_answer_to_a_request_with_an_image_gains_the_report_alone(
    address: str, fake: FakeOpenAI, path: str, knobs: tuple[str, ...]
) -> None:
    headers = {"Accept-Encoding": "gzip"}
    got = post(address, path, request(path, image=True), *knobs, **headers)
    assert json.loads(without_report(got)) == json.loads(fake.sent[-1])
    assert without_report(got).rstrip(b"}\n ") == fake.sent[-1].rstrip(b"}\n ")


@pytest.mark.parametrize(
    "knobs", [(), ("comments",), ("crlf",), ("split",), ("tools",), ("obfuscation",)], ids="+".join
)
def test_a_stream_of_responses_with_an_image_gains_the_report_alone(
    address: str, fake: FakeOpenAI, knobs: tuple[str, ...]
) -> None:
    got = post(address, RESPONSES, request(RESPONSES, image=True, stream=True), *knobs)
    assert without_report(got) == fake.sent[-1]


@pytest.mark.parametrize(
    "knobs", [(), ("comments",), ("crlf",), ("split",), ("tools",), ("obfuscation",)], ids="+".join
)
def test_a_stream_of_chat_with_an_image_is_untouched_up_to_the_finishing_chunk(
    address: str, fake: FakeOpenAI, knobs: tuple[str, ...]
) -> None:
    got = post(address, CHAT, request(CHAT, image=True, stream=True), *knobs)
    before = fake.sent[-1].rindex(b"data:", 0, fake.sent[-1].index(b'"finish_reason":"'))
    assert got[:before] == fake.sent[-1][:before]
    end = b"data: [DONE]\r\n\r\n" if "crlf" in knobs else b"data: [DONE]\n\n"
    assert got.endswith(end)


def test_a_compressed_request_is_understood(address: str, fake: FakeOpenAI) -> None:
    headers: Any = {"Content-Encoding": "gzip"}
    post(address, CHAT, gzip.compress(request(CHAT)), **headers)
    assert fake.last.body == request(CHAT)
