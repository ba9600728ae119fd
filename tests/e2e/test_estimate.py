"""Estimates for a body of every dialect, with all plugins installed; no provider is there to be asked."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes import halving

from token0.testing import png

NOWHERE = "http://127.0.0.1:1"
GREY64 = base64.b64encode(png(600, 600)).decode()
DATA_URL = f"data:image/png;base64,{GREY64}"
CHAT_PART = {"type": "image_url", "image_url": {"url": DATA_URL}}
BLOCK = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": GREY64}}
BLOB = {"inlineData": {"mimeType": "image/png", "data": GREY64}}


def turn(content: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content, **fields}]}


BODIES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "chat": ({"model": "gpt-4o", **turn([CHAT_PART])}, "openai-chat", "openai", "messages[0].content[0]"),
    "responses": (
        {"model": "gpt-4o", "input": [{"role": "user", "content": [{"type": "input_image", "image_url": DATA_URL}]}]},
        "openai-responses", "openai", "input[0].content[0]",
    ),
    "messages": (
        {"model": "claude-opus-5-5", **turn([BLOCK])}, "anthropic-messages", "anthropic", "messages[0].content[0]",
    ),
    "contents": (
        {"model": "gemini-3-flash-preview", "contents": [{"parts": [BLOB]}]},
        "gemini", "google", "contents[0].parts[0]",
    ),
    "ollama's chat": (
        {"model": "llava:7b", **turn("what?", images=[GREY64])}, "ollama", "ollama", "messages[0].images[0]",
    ),
    "ollama's generate": (
        {"model": "llava:7b", "prompt": "what?", "images": [GREY64]}, "ollama", "ollama", "images[0]",
    ),
    "chat to Claude": (
        {"model": "claude-opus-5-5", **turn([CHAT_PART])}, "openai-chat", "anthropic", "messages[0].content[0]",
    ),
}  # fmt: skip

TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "turns of text": (turn("hi"), "openai-chat"),
    "turns of text parts": (turn([{"type": "text", "text": "hi"}]), "openai-chat"),
    "turns with a system beside them": ({**turn("hi"), "system": "be brief"}, "anthropic-messages"),
    "turns with a tool's result": (
        turn([{"type": "tool_result", "tool_use_id": "t", "content": "4"}]), "anthropic-messages",
    ),
    "input": ({"input": "hi"}, "openai-responses"),
    "contents": ({"contents": [{"parts": [{"text": "hi"}]}]}, "gemini"),
    "contents to be counted": ({"generateContentRequest": {"contents": []}}, "gemini"),
}  # fmt: skip


@pytest.fixture
def client(loop: Any, tmp_path: Path) -> Any:
    """A client of a gateway that halves every image and has no provider to ask."""
    providers = {name: {"base_url": NOWHERE} for name in ("openai", "anthropic", "google", "ollama")}
    (tmp_path / "token0.yaml").write_text(json.dumps({"providers": providers, "pipeline": ["halve"]}))
    address = loop.gateway(str(tmp_path / "token0.yaml"), halving)
    with httpx.Client(base_url=address, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(("body", "dialect", "provider", "at"), BODIES.values(), ids=BODIES)
def test_a_body_of_any_dialect_is_priced(
    client: httpx.Client, body: dict[str, Any], dialect: str, provider: str, at: str
) -> None:
    told = client.post("/v1/estimate", json=body, headers={"X-Token0-Provider": provider}).json()
    assert (told["dialect"], told["provider"], told["images"][0]["at"]) == (dialect, provider, at)
    assert told["images"][0]["steps"][0]["name"] == "halve"
    assert told["price"]["source"]


@pytest.mark.parametrize(("body", "dialect"), TEXTS.values(), ids=TEXTS)
def test_a_body_without_images_is_recognized_too(client: httpx.Client, body: dict[str, Any], dialect: str) -> None:
    headers = {"X-Token0-Provider": "openai"}
    told = client.post("/v1/estimate", json={"model": "gpt-4o", **body}, headers=headers).json()
    assert (told["dialect"], told["images"]) == (dialect, [])


def test_a_body_whose_path_would_name_the_model_is_told_it(client: httpx.Client) -> None:
    body = {"contents": [{"parts": [BLOB]}]}
    assert client.post("/v1/estimate", json=body).json()["error"]["message"] == "Missing required parameter: 'model'."
    told = client.post("/v1/estimate?model=gemini-3-flash-preview", json=body).json()
    assert (told["model"], told["provider"]) == ("gemini-3-flash-preview", "google")


MISTAKES: dict[str, tuple[dict[str, Any], Any]] = {
    "anthropic-messages": (
        {"model": "claude-opus-5-5", **turn([{"type": "image"}])},
        lambda told: told["error"]["message"].startswith("messages.0.content.0.source: "),
    ),
    "gemini": (
        {"model": "gemini-3-flash-preview", "contents": 4},
        lambda told: told["error"]["status"] == "INVALID_ARGUMENT",
    ),
    "ollama": (
        {"model": "llava:7b", "prompt": "what?", "images": [4]},
        lambda told: isinstance(told["error"], str),
    ),
}


@pytest.mark.parametrize(("body", "is_shaped"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_the_shape_of_the_dialect(
    client: httpx.Client, body: dict[str, Any], is_shaped: Any
) -> None:
    answer = client.post("/v1/estimate", json=body)
    assert answer.status_code == 400
    assert is_shaped(answer.json())
