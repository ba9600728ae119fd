"""The very bytes and moments of requests and answers through Ollama's door."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from fakes.ollama import FakeOllama
from fakes.ollama_behind import DATA_URL, GREY64, gateway

LINES = (
    '{ "model":"llava:7b","message":{"role":"assistant","content":"Grüße 🖼"} ,"done":false}\r\n\n'
    '{"done":true, "unknown":[1.0e0],"prompt_eval_count":602,"eval_count":2}\n'
).encode()
ODD = '{ "messages" : [\t{"content":"Gr\\u00fcße","role":"user","new":1.0e0%s}],\r\n"model":"llava:7b"}'


class Recorder:
    """An upstream that keeps what it gets and answers with `pieces`, each on its own."""

    def __init__(self, pieces: list[bytes], **headers: str) -> None:
        self.pieces = pieces
        self.headers = {"Content-Type": "application/x-ndjson", "X-Request-Id": "r-1"} | headers
        self.bodies: list[bytes] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        response = web.StreamResponse(headers=self.headers)
        await response.prepare(request)
        for piece in self.pieces:
            await response.write(piece)
        return response


def exchange(loop: Any, folder: Path, upstream: Recorder, body: str, **headers: str) -> tuple[bytes, httpx.Headers]:
    """The bytes that a gateway with a step for every image gives for `body`, still compressed, and their headers."""
    address, _ = gateway(loop, folder, upstream.app(), "halve")
    url = f"{address}/api/chat"
    with httpx.stream("POST", url, content=body.encode(), headers=headers, trust_env=False) as answer:
        return b"".join(answer.iter_raw()), answer.headers


@pytest.mark.parametrize(
    "pieces",
    [
        [LINES],
        [LINES[i : i + 1] for i in range(len(LINES))],
        [LINES[:62], LINES[62:63], LINES[63:]],
    ],
    ids=["whole", "byte by byte", "cut in a character"],
)
def test_an_answer_without_images_passes_untouched(loop: Any, tmp_path: Path, pieces: list[bytes]) -> None:
    told, headers = exchange(loop, tmp_path, Recorder(pieces), ODD % "")
    assert (told, headers["X-Request-Id"]) == (LINES, "r-1")


def test_a_compressed_answer_passes_compressed(loop: Any, tmp_path: Path) -> None:
    packed = gzip.compress(LINES)
    told, headers = exchange(
        loop, tmp_path, Recorder([packed[:9], packed[9:]], **{"Content-Encoding": "gzip"}), ODD % ""
    )
    assert (told, headers["Content-Encoding"]) == (packed, "gzip")


def test_an_answer_passes_untouched_where_no_report_is_wanted(loop: Any, tmp_path: Path) -> None:
    upstream = Recorder([LINES])
    told, headers = exchange(loop, tmp_path, upstream, ODD % f',"images":["{GREY64}"]', **{"X-Token0-Report": "off"})
    assert told == LINES
    assert int(headers["x-token0-saved"]) == 0
    assert GREY64.encode() not in upstream.bodies[0]


def test_the_report_is_all_that_joins_an_answer(loop: Any, tmp_path: Path) -> None:
    told, _ = exchange(loop, tmp_path, Recorder([LINES[:62], LINES[62:]]), ODD % f',"images":["{GREY64}"]')
    kept, _, report = told.partition(b',"token0":')
    assert kept + b"}\n" == LINES
    assert json.loads(b'{"token0":' + report)["token0"]["images"][0]["at"] == "messages[0].images[0]"


def test_a_request_without_images_goes_out_as_it_came(loop: Any, tmp_path: Path) -> None:
    upstream = Recorder([LINES])
    exchange(loop, tmp_path, upstream, ODD % "")
    assert upstream.bodies == [(ODD % "").encode()]


def test_a_request_goes_out_as_it_came_where_the_gateway_is_off(loop: Any, tmp_path: Path) -> None:
    upstream = Recorder([LINES])
    body = ODD % f',"images":["{GREY64}"]'
    exchange(loop, tmp_path, upstream, body, **{"X-Token0": "off"})
    assert upstream.bodies == [body.encode()]


def test_only_the_image_differs_in_a_request(loop: Any, tmp_path: Path) -> None:
    upstream = Recorder([LINES])
    exchange(loop, tmp_path, upstream, ODD % f',"images":["{GREY64}"]')
    before, after = (ODD % ',"images":["|"]').encode().split(b"|")
    assert upstream.bodies[0].startswith(before)
    assert upstream.bodies[0].endswith(after)


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions"])
@pytest.mark.parametrize("step", [None, "halve"])
def test_every_line_comes_when_it_was_sent(loop: Any, tmp_path: Path, path: str, step: str | None) -> None:
    fake = FakeOllama()
    address, upstream = gateway(loop, tmp_path, fake.app(), step)
    native = {"role": "user", "content": "a", "images": [GREY64]}
    foreign = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": DATA_URL}}]}
    message = native if path == "/api/chat" else foreign
    body = {"model": "llava:lockstep", "messages": [message], "stream": True}
    words = 0
    with httpx.stream("POST", address + path, json=body, trust_env=False, timeout=20) as answer:
        for line in answer.iter_lines():
            if '"content":' in line:
                words += 1
                httpx.post(f"{upstream}/test/ack", trust_env=False)
    assert words >= 5
