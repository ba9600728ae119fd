"""PDF documents at every door: what the provider receives of them, with and without the step `pdf`."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aiohttp import web
from fakes.ollama import FakeOllama

from token0.sniff import sniff
from token0_pdf.testing import image, paragraphs, pdf, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BILL = pdf(text(*paragraphs(20), "Total due: 12.50 EUR"))
SCAN = pdf(text("first page"), image(0, 0, 612, 792))
SAYS = {"type": "text", "text": "What is the total?"}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def file(data: bytes) -> dict[str, Any]:
    return {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{encoded(data)}"}}


def chat(part: Any, model: str = "gpt-4o", **fields: Any) -> tuple[str, dict[str, Any]]:
    return "/v1/chat/completions", {"model": model, "messages": [{"role": "user", "content": [SAYS, part]}], **fields}


def responses(part: Any) -> tuple[str, dict[str, Any]]:
    content = [{"type": "input_text", "text": SAYS["text"]}, part]
    return "/v1/responses", {"model": "gpt-4o", "input": [{"role": "user", "content": content}]}


def anthropic(part: Any) -> tuple[str, dict[str, Any]]:
    message = {"role": "user", "content": [SAYS, part]}
    return "/v1/messages", {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [message]}


def gemini(part: Any) -> tuple[str, dict[str, Any]]:
    return "/v1beta/models/gemini-2.5-flash:generateContent", {"contents": [{"parts": [{"text": SAYS["text"]}, part]}]}


DOCUMENT = {
    "type": "document",
    "source": {"type": "base64", "media_type": "application/pdf", "data": encoded(BILL)},
    "cache_control": {"type": "ephemeral"},
}
RECEIPT = pdf(text("Total due: 12.50 EUR"))
DOORS = {
    "chat": chat(file(BILL)),
    "chat, as an image": chat({"type": "image_url", "image_url": {"url": file(BILL)["file"]["file_data"]}}),
    "responses": responses({"type": "input_file", "file_data": file(BILL)["file"]["file_data"]}),
    "anthropic": anthropic(DOCUMENT),
    "anthropic, from a tool": anthropic({"type": "tool_result", "tool_use_id": "t", "content": [DOCUMENT]}),
    "gemini": gemini({"inlineData": {"mimeType": "application/pdf", "data": encoded(RECEIPT)}}),
}


class Recorder:
    """A provider that answers `{}` to everything."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.app = web.Application(client_max_size=1 << 30)
        self.app.router.add_route("*", "/{path:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return web.json_response({})


@pytest.fixture
def provider() -> Recorder:
    return Recorder()


@pytest.fixture
def ollama() -> FakeOllama:
    return FakeOllama()


@pytest.fixture
def ask(
    loop: Any, provider: Recorder, ollama: FakeOllama, tmp_path: Path
) -> Callable[[tuple[str, dict[str, Any]], list[str]], httpx.Response]:
    """Posts to a gateway with these steps, which works in processes of its own."""

    def post(request: tuple[str, dict[str, Any]], steps: list[str]) -> httpx.Response:
        base = loop.serve(provider.app)
        providers = {
            "openai": {"base_url": f"{base}/v1"},
            "anthropic": {"base_url": f"{base}/v1"},
            "google": {"base_url": base},
            "ollama": {"base_url": loop.serve(ollama.app())},
        }
        (tmp_path / "token0.yaml").write_text(json.dumps({"providers": providers, "pipeline": steps}))
        address = loop.gateway(str(tmp_path / "token0.yaml"))
        headers = {"Authorization": "Bearer k", "anthropic-version": "2023-06-01"}
        with httpx.Client(trust_env=False, timeout=60) as client:
            return client.post(address + request[0], content=json.dumps(request[1]), headers=headers)

    return post


@pytest.mark.parametrize("door", DOORS)
def test_without_the_step_a_document_passes_as_the_same_bytes(ask: Any, provider: Recorder, door: str) -> None:
    assert ask(DOORS[door], []).status_code == 200
    assert provider.bodies == [json.dumps(DOORS[door][1]).encode()]


@pytest.mark.parametrize("door", DOORS)
def test_the_provider_receives_the_text_of_a_document(ask: Any, provider: Recorder, door: str) -> None:
    answer = ask(DOORS[door], ["pdf", "resize"])
    (body,) = provider.bodies
    assert b"Total due: 12.50 EUR" in body
    assert b"JVBERi0" not in body
    assert answer.json()["token0"]["optimizations_applied"] == ["pdf"]
    assert answer.json()["token0"]["tokens_saved"] > 0


def test_the_cache_marker_of_a_document_stays(ask: Any, provider: Recorder) -> None:
    ask(DOORS["anthropic"], ["pdf"])
    block = json.loads(provider.bodies[0])["messages"][0]["content"][1]
    assert (block["type"], block["cache_control"]) == ("text", {"type": "ephemeral"})


def test_a_document_that_cannot_be_read_passes(ask: Any, provider: Recorder) -> None:
    answer = ask(chat(file(b"%PDF-1.4 broken")), ["pdf"])
    assert provider.bodies == [json.dumps(chat(file(b"%PDF-1.4 broken"))[1]).encode()]
    assert answer.json()["token0"]["images"][0]["steps"][0]["why"] == "the document is damaged"


def test_a_wished_detail_is_no_matter_of_documents(ask: Any, provider: Recorder) -> None:
    ask(chat(file(BILL), token0_detail_override="low"), [])
    assert json.loads(provider.bodies[0]) == chat(file(BILL))[1]


def test_a_local_model_receives_pages_instead_of_a_document(ask: Any, ollama: FakeOllama) -> None:
    answer = ask(chat(file(SCAN), "llava:7b"), ["pdf"])
    assert answer.status_code == 200
    (message,) = ollama.received[-1].json["messages"]
    assert "first page" in message["content"]
    (page,) = message["images"]
    header = sniff(base64.b64decode(page))
    assert header
    assert (header.width, header.height) == (1236, 1600)


def test_a_local_model_receives_no_document_that_cannot_be_read(ask: Any, ollama: FakeOllama) -> None:
    answer = ask(chat(file(b"%PDF-1.4 broken"), "llava:7b"), ["pdf"])
    assert (answer.status_code, ollama.received) == (400, [])
    assert "the document is damaged, and the provider takes no documents" in answer.json()["error"]["message"]
    assert answer.json()["error"]["param"] == "messages[0].content[1]"
