"""token0.keeping: what operator and client allow, and what must never be answered from a cache."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from fakes.serving import chat, data_url
from multidict import CIMultiDict

from token0.config import CacheConfig
from token0.keeping import Wish, beyond, wish
from token0.types import ImagePart, Request
from token0.wire import Endpoint
from token0_anthropic.messages import Messages
from token0_google.gemini import Gemini
from token0_ollama.dialect import Ollama
from token0_openai.chat import Chat
from token0_openai.responses import Responses

ENDPOINT = Endpoint(kind="generate", path="/chat/completions")
COLD = chat("hi", temperature=0)
TOOLS = [{"type": "function", "function": {"name": "f"}}]


def read(document: dict[str, Any], dialect: Any = None) -> Request:
    endpoint = ENDPOINT if not isinstance(dialect, Gemini) else Endpoint(kind="generate", path="", model="gemini-3-pro")
    found: Request = (dialect or Chat()).read(json.dumps(document).encode(), endpoint)
    return found


def wished(document: dict[str, Any], headers: dict[str, str] | None = None, **settings: Any) -> Wish:
    return wish(CacheConfig(**settings), read(document), Chat(), CIMultiDict(headers or {}))


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"temperature": 0}, True),
        ({"temperature": 0.0}, True),
        ({"seed": 7}, True),
        ({"seed": 0, "temperature": 1}, True),
        ({}, False),
        ({"temperature": 0.1}, False),
        ({"temperature": False}, False),
        ({"temperature": None, "seed": None}, False),
        ({"temperature": "0"}, False),
        ({"temperature": 0, "tools": TOOLS}, False),
        ({"temperature": 0, "functions": [{"name": "f"}]}, False),
        ({"temperature": 0, "tools": []}, True),
    ],
)
def test_only_deterministic_requests_without_tools_are_kept_unless_told_otherwise(
    fields: dict[str, Any], kept: bool
) -> None:
    assert (wished(chat("hi", **fields)).status == "on") is kept


@pytest.mark.parametrize(
    ("dialect", "document", "kept"),
    [
        (Responses(), {"model": "gpt-4o", "input": "hi", "temperature": 0}, True),
        (Messages(), {"model": "c", "messages": [], "temperature": 0}, True),
        (Gemini(), {"contents": [], "generationConfig": {"temperature": 0}}, True),
        (Gemini(), {"contents": [], "generation_config": {"seed": 3}}, True),
        (Gemini(), {"contents": [], "temperature": 0}, False),
        (Gemini(), {"contents": [], "generationConfig": "cold"}, False),
        (Ollama(), {"model": "llava", "options": {"temperature": 0}}, True),
        (Ollama(), {"model": "llava", "options": {}}, False),
    ],
)
def test_each_dialect_has_its_own_place_for_the_temperature(dialect: Any, document: Any, kept: bool) -> None:
    assert (wish(CacheConfig(), read(document, dialect), dialect, CIMultiDict()).status == "on") is kept


def test_the_operator_may_keep_everything() -> None:
    assert wished(chat("hi"), answers="always").status == "on"


def test_requests_with_tools_are_kept_where_the_operator_says_so() -> None:
    assert wished({**COLD, "tools": TOOLS}, tools=True).status == "on"
    assert wished({**COLD, "tools": TOOLS}, answers="always").status == "off"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cache-Control": "no-store"}, "off"),
        ({"Cache-Control": "max-age=0, No-Store"}, "off"),
        ({"Cache-Control": "no-cache"}, "refresh"),
        ({"Cache-Control": "max-age=0"}, "refresh"),
        ({"Cache-Control": "max-age=60"}, "on"),
        ({"X-Token0-Cache": "off"}, "off"),
        ({"X-Token0-Cache": "Refresh"}, "refresh"),
        ({"X-Token0-Cache": "on"}, "on"),
        ({"X-Token0-Cache": "on", "Cache-Control": "no-store"}, "off"),
        ({"X-Token0-Cache": "no"}, "off"),
        ({"X-Token0": "off"}, "off"),
    ],
)
def test_a_client_may_do_without_the_cache(headers: dict[str, str], status: str) -> None:
    assert wished(COLD, headers).status == status


def test_every_cache_control_header_counts() -> None:
    headers = CIMultiDict([("Cache-Control", "no-transform"), ("cache-control", "no-store")])
    assert wish(CacheConfig(), read(COLD), Chat(), headers).status == "off"


@pytest.mark.parametrize(
    ("fields", "headers", "status"),
    [
        ({"token0_enable_cache": True}, {}, "on"),
        ({}, {"X-Token0-Cache": "on"}, "on"),
        ({"temperature": 0, "token0_enable_cache": False}, {}, "off"),
        ({"temperature": 0, "token0_enable_cache": False}, {"X-Token0-Cache": "on"}, "off"),
        ({"token0_enable_cache": True, "tools": TOOLS}, {}, "off"),
    ],
)
def test_a_client_may_have_one_request_kept_or_not(
    fields: dict[str, Any], headers: dict[str, str], status: str
) -> None:
    assert wished(chat("hi", **fields), headers).status == status


def test_off_says_why() -> None:
    assert wished(COLD, {"Cache-Control": "no-store"}) == Wish("off", "Cache-Control: no-store")


def test_an_image_that_its_dialect_does_not_find_in_the_request_is_beyond_it() -> None:
    request = read(COLD)
    assert beyond(request, "m") is None
    elsewhere = ImagePart(path=("messages", 0, "held_by_the_provider"))
    assert beyond(msgspec.structs.replace(request, parts=(elsewhere,)), "m") == "an image of it is not in the request"


def response(**fields: Any) -> Request:
    return read({"model": "gpt-4o", "input": "hi", **fields}, Responses())


def items(*inputs: Any) -> Request:
    return response(input=list(inputs))


def claude(*blocks: Any, **fields: Any) -> Request:
    return read({"model": "c", "messages": [{"role": "user", "content": list(blocks)}], **fields}, Messages())


def gemini(*contents: Any, **fields: Any) -> Request:
    return read({"contents": [{"parts": list(contents)}], **fields}, Gemini())


@pytest.mark.parametrize(
    "request_",
    [
        response(previous_response_id="resp_1"),
        response(conversation={"id": "conv_1"}),
        response(background=True),
        response(store=True),
        response(prompt={"id": "pmpt_1"}),
        response(tools=[{"type": "web_search_preview"}]),
        response(tools=[{"type": "file_search", "vector_store_ids": ["vs"]}]),
        response(tools=[{"type": "code_interpreter", "container": {"type": "auto"}}]),
        response(tools=[{"type": "mcp", "server_url": "https://x"}]),
        items({"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]}),
        items({"role": "user", "content": [{"type": "input_image", "image_url": "https://x/y.png"}]}),
        items({"role": "user", "content": [{"type": "input_file", "file_url": "https://x/y.pdf"}]}),
        items({"type": "item_reference", "id": "msg_1"}),
        items({"type": "computer_call_output", "output": {"type": "computer_screenshot", "image_url": "https://x"}}),
        read(chat(web_search_options={"user_location": None})),
        read({"model": "gpt-4o", "messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}),
        read({"model": "gpt-4o", "messages": [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}]}),
        read({"model": "gpt-4o", "messages": [
            {"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]}),
        claude({"type": "image", "source": {"type": "file", "file_id": "f"}}),
        claude({"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}}),
        claude(container="c1"),
        claude(mcp_servers=[{"url": "https://x"}]),
        claude(tools=[{"type": "web_search_20250305", "name": "web_search"}]),
        claude(tools=[{"type": "code_execution_20250825", "name": "code_execution"}]),
        gemini({"fileData": {"fileUri": "files/1"}}),
        gemini({"file_data": {"file_uri": "https://youtu.be/1"}}),
        gemini(cachedContent="cachedContents/1"),
        gemini(tools=[{"googleSearch": {}}]),
        gemini(tools=[{"url_context": {}}]),
        gemini(tools=[{"codeExecution": {}}]),
    ],
)  # fmt: skip
def test_an_answer_that_depends_on_more_than_the_request_is_never_kept(request_: Request) -> None:
    assert beyond(request_, "a-model")


@pytest.mark.parametrize(
    "request_",
    [
        read(COLD),
        read(chat("https://example.com", data_url(8, 8))),
        read(chat("hi", tools=[{"type": "function", "function": {"name": "web_search", "parameters": {
            "properties": {"file_id": {"type": "string"}, "url": {"type": "string"}}}}}])),
        read({"model": "gpt-4o", "messages": [], "audio": {"voice": "alloy", "format": "wav"}}),
        read({"model": "gpt-4o", "messages": [{"role": "user", "content": [
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}}]}]}),
        response(store=False, background=False, previous_response_id=None),
        claude({"type": "text", "text": "hi"}, tools=[{"name": "search", "input_schema": {}}]),
        gemini({"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, tools=[{"functionDeclarations": []}]),
        read({"model": "llava", "prompt": "hi", "context": [1, 2]}, Ollama()),
    ],
)  # fmt: skip
def test_what_is_all_in_the_request_may_be_kept(request_: Request) -> None:
    assert beyond(request_, "a-model") is None


@pytest.mark.parametrize("model", ["gpt-4o-search-preview", "o3-deep-research"])
def test_a_model_that_searches_by_itself_is_never_kept(model: str) -> None:
    assert beyond(read(COLD), model)
