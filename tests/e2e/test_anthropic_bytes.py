"""The very bytes and moments of requests and answers through Anthropic's door."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes import anthropic_behind as behind
from fakes.anthropic import FakeAnthropic
from fakes.anthropic_behind import GREY, IMAGE, OLD, URL_PART, fake, user

HEADERS = {"x-api-key": "sk-ant-1", "anthropic-version": "2023-06-01", "content-type": "application/json"}
ODD = b'{ "max_tokens":9 ,"model":"%s",\r\n "messages" : [{"content":[%s{"text":"Gr\\u00fcezi \xf0\x9f\x96\xbc","type":"text"}],\t"role":"user"}],"temperature":1.0e0 }'  # noqa: E501
PICTURE = b'{"cache_control": {"type":"ephemeral"},"source":{"data" : "%s","type":"base64", "media_type":"image/png"},"type":"image"} ,'  # noqa: E501


def odd(picture: str = "") -> bytes:
    return ODD % (OLD.encode(), PICTURE % picture.encode() if picture else b"")


@pytest.fixture
def server() -> FakeAnthropic:
    return FakeAnthropic()


@pytest.fixture
def address(loop: Any, server: FakeAnthropic, tmp_path: Path) -> str:
    return behind.gateway(loop, tmp_path, server.app)


def post(address: str, body: bytes, *knobs: str, path: str = "/v1/messages", **headers: str) -> tuple[Any, bytes]:
    """The answer's head, and its bytes as they came over the wire."""
    given = {**HEADERS, **fake(*knobs), **headers}
    with httpx.stream("POST", address + path, content=body, headers=given, trust_env=False, timeout=20) as answer:
        return answer, b"".join(answer.iter_raw())


def streamed(*content: Any) -> bytes:
    return json.dumps({"model": OLD, "max_tokens": 9, "stream": True, "messages": [user(*content)]}).encode()


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/batches"])
def test_a_request_without_images_goes_out_as_it_came(address: str, server: FakeAnthropic, path: str) -> None:
    body = odd() if path == "/v1/messages" else b'{"requests" :[ ]}'
    post(address, body, path=path)
    assert server.last.body == body


def test_only_the_data_of_an_image_differs_in_a_request(address: str, server: FakeAnthropic) -> None:
    post(address, odd(GREY))
    before, after = odd("|").split(b"|")
    assert server.last.body.startswith(before)
    assert server.last.body.endswith(after)
    assert GREY.encode() not in server.last.body


def test_a_request_goes_out_as_it_came_where_the_gateway_is_off(address: str, server: FakeAnthropic) -> None:
    post(address, odd(GREY), **{"X-Token0": "off"})
    assert server.last.body == odd(GREY)


def test_the_same_request_goes_out_as_the_same_bytes(address: str, server: FakeAnthropic) -> None:
    post(address, odd(GREY))
    post(address, odd(GREY))
    assert server.received[0].body == server.received[1].body


@pytest.mark.parametrize("knobs", [(), ("crlf",), ("comments",), ("split",), ("thinking", "tools", "split")])
def test_a_stream_without_images_passes_untouched(address: str, server: FakeAnthropic, knobs: tuple[str, ...]) -> None:
    _, told = post(address, streamed("hi"), *knobs)
    assert told == server.sent[0]


@pytest.mark.parametrize("body", [odd(), streamed("hi")], ids=["whole", "streamed"])
def test_a_compressed_answer_passes_compressed(address: str, server: FakeAnthropic, body: bytes) -> None:
    answer, told = post(address, body, "gzip", **{"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert told == server.sent[0]
    assert b"Gr" in zlib.decompress(told, wbits=47)


@pytest.mark.parametrize("knobs", [(), ("crlf",), ("comments", "split")])
def test_the_report_is_all_that_joins_a_stream(address: str, server: FakeAnthropic, knobs: tuple[str, ...]) -> None:
    _, told = post(address, streamed(IMAGE), *knobs)
    kept, _, rest = told.partition(b',"token0":')
    report, end = json.JSONDecoder().raw_decode(rest.decode())
    assert kept + rest[end:] == server.sent[0]
    assert report["tokens_saved"] == 300


def test_the_report_is_all_that_joins_an_answer(address: str, server: FakeAnthropic) -> None:
    _, told = post(address, odd(GREY))
    kept, _, report = told.partition(b',"token0":')
    assert kept + b"}\n" == server.sent[0]
    assert json.loads(report.strip().removesuffix(b"}"))["images"][0]["at"] == "messages[0].content[0]"


@pytest.mark.parametrize("body", [odd(GREY), streamed(IMAGE)], ids=["whole", "streamed"])
def test_nothing_joins_where_no_report_is_wanted(address: str, server: FakeAnthropic, body: bytes) -> None:
    answer, told = post(address, body, **{"X-Token0-Report": "off"})
    assert told == server.sent[0]
    assert answer.headers["x-token0-saved"] == "300"


@pytest.mark.parametrize("knob", ["rate-limit", "overloaded", "page"])
@pytest.mark.parametrize("body", [odd(), odd(GREY)], ids=["text", "image"])
def test_an_error_passes_untouched(address: str, server: FakeAnthropic, knob: str, body: bytes) -> None:
    _, told = post(address, body, knob)
    assert told == (b"<html>no server is available</html>" if knob == "page" else server.sent[0])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/v1/messages", user("hi")),
        ("/v1/messages", user(IMAGE)),
        ("/v1/chat/completions", user("hi")),
        ("/v1/chat/completions", user(URL_PART)),
    ],
    ids=["native", "native with report", "translated", "translated with report"],
)
def test_every_event_comes_when_it_was_sent(address: str, server: FakeAnthropic, path: str, message: Any) -> None:
    body = {"model": OLD, "max_tokens": 9, "stream": True, "messages": [message]}
    headers = {**HEADERS, **fake("ack", "thinking")}
    words = []
    with httpx.stream("POST", address + path, json=body, headers=headers, trust_env=False, timeout=20) as answer:
        for line in answer.iter_lines():
            # Texts and thoughts, as either side calls them; thoughts come again, whole and signed, at the end.
            said = re.search(r'"(?:text|thinking|content|reasoning_content)": ?"([^"]+)"', line)
            if said and "signature" not in line:
                words.append(said[1])
                server.acknowledged = len(words)
    assert [word for word in words if not word.strip().isdigit()] == [
        "First, I look.", " Then I count.", "Grüezi ", "🖼 ", "image ", "tokens ",
    ]  # fmt: skip
