"""A cheaper model for simple requests: official prices and image rules, every dialect, and it is announced."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from token0.testing import png

PICTURE = base64.b64encode(png(600, 600)).decode()
MODELS = {
    "gpt-4o": "gpt-4o-mini",
    "gpt-4.1": "gpt-4.1-nano",
    "claude-opus-*": "claude-haiku-4-5",
    "gemini-3-pro-preview": "gemini-3-flash-preview",
}
HEADERS = {"Authorization": "Bearer sk", "x-api-key": "sk", "anthropic-version": "2023-06-01", "x-goog-api-key": "k"}


class Upstream:
    """Every provider at once: records the path and body of what it receives, and answers with an empty object."""

    def __init__(self) -> None:
        self.path = ""
        self.body: dict[str, Any] = {}
        self.app = web.Application()
        self.app.router.add_route("*", "/{path:.*}", self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        self.path, self.body = request.path, await request.json()
        return web.json_response({})


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def ask(loop: Any, upstream: Upstream, tmp_path: Path) -> Callable[..., httpx.Response]:
    """Asks a gateway whose YAML has a cascade."""
    url = loop.serve(upstream.app)
    providers = {
        "openai": {"base_url": f"{url}/v1"},
        "anthropic": {"base_url": f"{url}/v1"},
        "google": {"base_url": url},
    }
    settings = {"providers": providers, "selector": {"use": "cascade", "models": MODELS}}
    (tmp_path / "token0.yaml").write_text(json.dumps(settings))
    address = loop.gateway(str(tmp_path / "token0.yaml"))
    return lambda path, body: httpx.post(address + path, json=body, headers=HEADERS, trust_env=False, timeout=20)


def chat(model: str, *parts: Any, **fields: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": "What is this?"}, *parts]
    return {"model": model, "messages": [{"role": "user", "content": content}], **fields}


def picture(**fields: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}", **fields}}


def test_a_simple_question_goes_to_the_cheaper_model_and_the_answer_says_so(
    ask: Callable[..., httpx.Response], upstream: Upstream
) -> None:
    answer = ask("/v1/chat/completions", chat("gpt-4o"))
    assert upstream.body == chat("gpt-4o-mini")
    assert answer.headers["x-token0-model"] == "gpt-4o-mini"
    told = answer.json()["token0"]
    assert (told["model_requested"], told["model"]) == ("gpt-4o", "gpt-4o-mini")
    assert told["warnings"][0].startswith("the model gpt-4o-mini was chosen instead of gpt-4o: a simple request")


def test_a_picture_is_dearer_on_the_cheaper_model_and_stays(
    ask: Callable[..., httpx.Response], upstream: Upstream
) -> None:
    answer = ask("/v1/chat/completions", chat("gpt-4o", picture()))
    assert upstream.body["model"] == "gpt-4o"
    assert "x-token0-model" not in answer.headers


def test_a_picture_goes_where_it_is_cheaper(ask: Callable[..., httpx.Response], upstream: Upstream) -> None:
    ask("/v1/chat/completions", chat("gpt-4.1", picture()))
    assert upstream.body["model"] == "gpt-4.1-nano"


@pytest.mark.parametrize(
    ("path", "body", "model"),
    [
        ("/v1/responses", {"model": "gpt-4o", "input": "Hello?"}, "gpt-4o-mini"),
        (
            "/v1/messages",
            {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello?"}]},
            "claude-haiku-4-5",
        ),
    ],
    ids=["responses", "messages"],
)
def test_other_dialects_name_the_cheaper_model_in_their_body(
    ask: Callable[..., httpx.Response], upstream: Upstream, path: str, body: dict[str, Any], model: str
) -> None:
    ask(path, body)
    assert upstream.body == {**body, "model": model}


def test_gemini_names_the_cheaper_model_in_its_path(ask: Callable[..., httpx.Response], upstream: Upstream) -> None:
    body = {"contents": [{"parts": [{"text": "Hello?"}]}]}
    ask("/v1beta/models/gemini-3-pro-preview:generateContent", body)
    assert (upstream.path, upstream.body) == ("/v1beta/models/gemini-3-flash-preview:generateContent", body)


def test_a_request_in_another_dialect_is_translated_for_the_cheaper_model(
    ask: Callable[..., httpx.Response], upstream: Upstream
) -> None:
    ask("/v1/chat/completions", chat("claude-opus-5-5"))
    assert (upstream.path, upstream.body["model"]) == ("/v1/messages", "claude-haiku-4-5")


@pytest.mark.parametrize(
    "fields", [{"token0_enable_cascade": False}, {"tools": [{"type": "function", "function": {"name": "f"}}]}]
)
def test_who_does_not_want_it_and_who_does_not_ask_simply_keeps_the_model(
    ask: Callable[..., httpx.Response], upstream: Upstream, fields: dict[str, Any]
) -> None:
    answer = ask("/v1/chat/completions", chat("gpt-4o", **fields))
    assert upstream.body["model"] == "gpt-4o"
    assert "token0" not in answer.json()


def test_an_estimate_is_of_the_cheaper_model(ask: Callable[..., httpx.Response]) -> None:
    told = ask("/v1/estimate", chat("gpt-4.1", picture())).json()
    assert (told["model_requested"], told["model"], told["price"]["input"]) == ("gpt-4.1", "gpt-4.1-nano", 0.1)


def test_counting_tokens_counts_for_the_model_that_was_named(
    ask: Callable[..., httpx.Response], upstream: Upstream
) -> None:
    ask("/v1/messages/count_tokens", {"model": "claude-opus-5-5", "messages": [{"role": "user", "content": "Hi"}]})
    assert upstream.body["model"] == "claude-opus-5-5"
