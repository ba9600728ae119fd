"""What passes between Google's clients and Google is the same bytes at the same moment."""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from fakes.google import FakeGoogle
from fakes.google_behind import FLASH, GREY64, INLINE, KEY, gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXT = (
    '{ "contents" : [\r\n {"role":"user", "parts":[{"text":"Gr\\u00fcezi ü"},'
    '\t{"thought":true,"text":"x","thoughtSignature":"c2ln"}]} ], "generationConfig":{"temperature":1.0} }\n'
).encode()
SSE, ARRAY = f"/v1beta/models/{FLASH}:streamGenerateContent?alt=sse", f"/v1/models/{FLASH}:streamGenerateContent"
WHOLE = f"/v1beta/models/{FLASH}:generateContent"


@pytest.fixture
def fake() -> FakeGoogle:
    return FakeGoogle()


@pytest.fixture
def start(loop: Any, fake: FakeGoogle, tmp_path: Path) -> Callable[..., httpx.Client]:
    def serve(step: str | None = None) -> httpx.Client:
        address, _ = gateway(loop, tmp_path, fake, step)
        return httpx.Client(base_url=address, trust_env=False, headers={"x-goog-api-key": KEY}, timeout=20)

    return serve


def with_image(**fields: Any) -> bytes:
    return json.dumps({"contents": [{"role": "user", "parts": [{"text": "what?"}, INLINE]}], **fields}).encode()


def test_a_request_without_images_is_the_same_bytes(start: Callable[..., httpx.Client], fake: FakeGoogle) -> None:
    with start("halve") as http:
        http.post(WHOLE, content=TEXT)
    assert fake.last.body == TEXT


def test_only_the_image_changes(start: Callable[..., httpx.Client], fake: FakeGoogle) -> None:
    image = b'{"inline_data" : {"mime_type":"image/png","data":"' + GREY64.encode() + b'"}}, '
    with start("tell") as http:
        http.post(WHOLE, content=TEXT.replace(b'{"text":"Gr', image + b'{"text":"Gr'))
    assert fake.last.body == TEXT.replace(b'{"text":"Gr', b'{"text":"grey, 600 by 400"}, {"text":"Gr')


def test_a_request_that_nothing_improves_is_the_same_bytes(
    start: Callable[..., httpx.Client], fake: FakeGoogle
) -> None:
    with start() as http:
        http.post(WHOLE, content=with_image())
    assert fake.last.body == with_image()


@pytest.mark.parametrize("knobs", ["", "comments", "split", "comments,split,thoughts", "gzip", "blocked"])
@pytest.mark.parametrize("path", [WHOLE, SSE, ARRAY], ids=["whole", "events", "array"])
def test_an_answer_is_the_same_bytes(
    start: Callable[..., httpx.Client], fake: FakeGoogle, knobs: str, path: str
) -> None:
    headers = {"X-Fake": knobs, "Accept-Encoding": "gzip"}
    with start() as http, http.stream("POST", path, content=TEXT, headers=headers) as answer:
        assert b"".join(answer.iter_raw()) == fake.sent[-1]


@pytest.mark.parametrize("knobs", ["", "comments", "split", "comments,split,thoughts", "blocked"])
@pytest.mark.parametrize("path", [WHOLE, SSE, ARRAY], ids=["whole", "events", "array"])
def test_an_answer_with_the_report_is_else_the_same_bytes(
    start: Callable[..., httpx.Client], fake: FakeGoogle, knobs: str, path: str
) -> None:
    with start("tell") as http:
        got = http.post(path, content=with_image(), headers={"X-Fake": knobs}).content
    before, _, after = got.partition(b',"token0":')
    _, end = json.JSONDecoder().raw_decode(after.decode())
    assert before + after.decode()[end:].encode() == fake.sent[-1]


@pytest.mark.parametrize("image", [False, True])
@pytest.mark.parametrize("path", [SSE, ARRAY], ids=["events", "array"])
def test_each_chunk_comes_at_once(start: Callable[..., httpx.Client], fake: FakeGoogle, path: str, image: bool) -> None:
    # The fake sends chunk k + 2 only after chunk k was acknowledged.
    body = with_image() if image else TEXT
    with start("tell") as http, http.stream("POST", path, content=body, headers={"X-Fake": "ack"}) as answer:
        got = _acknowledged(fake, answer.iter_raw(), b'"modelVersion"')
    assert got.count(b'"modelVersion"') == 5


@pytest.mark.parametrize("image", [False, True])
def test_each_translated_chunk_comes_at_once(start: Callable[..., httpx.Client], fake: FakeGoogle, image: bool) -> None:
    part = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{GREY64}"}}] if image else []
    turn = {"role": "user", "content": [{"type": "text", "text": "what?"}, *part]}
    body = {"model": FLASH, "messages": [turn], "stream": True}
    with (
        start("tell") as http,
        http.stream("POST", "/v1/chat/completions", json=body, headers={"X-Fake": "ack"}) as answer,
    ):
        got = _acknowledged(fake, answer.iter_raw(), b'"content":"')
    assert got.endswith(b"data: [DONE]\n\n")


def _acknowledged(fake: FakeGoogle, chunks: Iterator[bytes], mark: bytes) -> bytes:
    """All bytes; each chunk that holds `mark` is acknowledged as soon as it is here."""
    got = b""
    for chunk in chunks:
        got += chunk
        fake.acknowledged = got.count(mark)
    return got


def test_other_paths_of_google_pass_through(start: Callable[..., httpx.Client], fake: FakeGoogle) -> None:
    with start() as http:
        answers = [http.get(path) for path in ("/v1beta/models?pageSize=5", "/v1/models")]
    assert [answer.content for answer in answers] == fake.sent
    assert [received.path for received in fake.received] == ["/v1beta/models?pageSize=5", "/v1/models"]


def test_googles_imitation_of_openai_gets_its_key_where_it_reads_it(
    start: Callable[..., httpx.Client], fake: FakeGoogle
) -> None:
    with start() as http:
        http.headers.pop("x-goog-api-key")
        http.post("/v1beta/openai/chat/completions", json={}, headers={"Authorization": f"Bearer {KEY}"})
    assert fake.last.headers["authorization"] == f"Bearer {KEY}"


def test_several_clients_are_served_at_once(loop: Any, fake: FakeGoogle, tmp_path: Path) -> None:
    address, _ = gateway(loop, tmp_path, fake, "tell")
    said: list[str | None] = []

    def ask() -> None:
        with openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0) as client:
            answer = client.chat.completions.create(model=FLASH, messages=[{"role": "user", "content": "hi"}])
            said.append(answer.choices[0].message.content)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert said == ["Grüezi 🖼 0 image tokens"] * 4


@pytest.mark.parametrize("knobs", ["", "cut", "broken"])
def test_a_key_in_the_address_is_in_no_log(
    start: Callable[..., httpx.Client], caplog: pytest.LogCaptureFixture, knobs: str
) -> None:
    caplog.set_level("DEBUG")
    with start() as http, contextlib.suppress(httpx.HTTPError):
        http.headers.pop("x-goog-api-key")
        http.post(f"{SSE}&key=AIza-secret", content=TEXT, headers={"X-Fake": knobs})
    # The client of this test logs its own requests.
    told = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert "AIza-secret" not in "\n".join(told)
