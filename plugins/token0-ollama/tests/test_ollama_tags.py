"""Which names are Ollama's: those with a tag, and those its server lists."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from aiohttp import web

from token0.errors import UnknownModel
from token0.plugins import load
from token0.routing import Router
from token0_ollama.provider import OllamaConfig, OllamaServer
from token0_ollama.tags import Tags, names

LISTED = ["gpt-oss:20b", "qwen2.5vl:latest", "mistral-small3.1:latest", "gemma4:latest", "llama4:latest", "llava:7b"]


def listing(*models):
    return json.dumps({"models": [{"name": name, "model": name, "size": 1} for name in models]}).encode()


class Server:
    """Counts how often it is asked; an exception as its answer is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0
        self.now = 0.0
        self.tags = Tags(self.fetch, lambda: self.now)

    async def fetch(self):
        self.asked += 1
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_names_are_listed_with_and_without_latest():
    assert names(listing("llava:latest", "llava:7b")) == {"llava", "llava:latest", "llava:7b"}


@pytest.mark.parametrize("body", [b"{}", b'{"models":null}', b'{"error":"no"}'])
def test_a_listing_may_be_empty(body):
    assert names(body) == frozenset()


async def test_the_list_is_read_once_for_many_requests():
    server = Server(listing("llava"))
    assert await asyncio.gather(*(server.tags.has("llava") for _ in range(9))) == [True] * 9
    assert server.asked == 1


async def test_an_old_list_is_read_again():
    server = Server(listing("llava"), listing())
    await server.tags.has("llava")
    server.now = 31
    assert not await server.tags.has("llava")


async def test_a_missing_name_is_looked_for_again_after_a_moment():
    server = Server(listing(), listing("llava"))
    assert not await server.tags.has("llava")
    assert not await server.tags.has("llava")
    server.now = 4
    assert await server.tags.has("llava")


@pytest.mark.parametrize("failure", [TimeoutError(), OSError(), b"<html>", b"[]"])
async def test_a_server_that_fails_lists_nothing_and_is_left_alone_for_a_moment(failure):
    server = Server(failure, listing("llava"))
    assert not await server.tags.has("llava")
    assert not await server.tags.has("llava")
    assert server.asked == 1
    server.now = 4
    assert await server.tags.has("llava")


@pytest.mark.parametrize(
    "model",
    ["gpt-oss:20b", "llava:7b", "hf.co/bartowski/Qwen2-VL-GGUF:Q4_K_M", "localhost:5000/me/llava:7b", "x:235b-cloud"],
)
async def test_a_tag_means_ollama_without_asking_it(model):
    # Nothing listens there: asking would say no.
    assert await OllamaServer(OllamaConfig(base_url="http://127.0.0.1:1")).lists(model)


@pytest.mark.parametrize(
    "model", ["ft:gpt-4o:acme::id", "ft:gpt-4o", "gpt-4o", "arn:aws:bedrock:us-east-1:1:model/x", "a b", "x:", ":7b"]
)
async def test_other_names_are_not_ollamas_when_it_does_not_answer(model):
    provider = OllamaServer(OllamaConfig(base_url="http://127.0.0.1:1"))
    try:
        assert not await provider.lists(model)
    finally:
        await provider.close()


@pytest.fixture
async def router(upstream):
    async def tags(request):
        assert request.path == "/api/tags"
        return web.Response(body=listing(*LISTED), content_type="application/json")

    upstream.answer = tags
    registry = load()
    settings = {name: msgspec.convert({}, kind.Config) for name, kind in registry.providers.items()}
    settings["ollama"] = OllamaConfig(base_url=upstream.url)
    providers = {name: kind(settings[name]) for name, kind in registry.providers.items()}
    yield Router(providers, {}, None)
    for provider in providers.values():
        await provider.close()


@pytest.mark.parametrize(
    "model",
    ["gpt-oss:20b", "qwen2.5vl", "qwen2.5vl:latest", "mistral-small3.1", "gemma4", "llama4", "llava:7b", "llava:34b"],
)
async def test_a_local_model_goes_to_ollama_and_never_to_openai(router, model):
    route = await router.route(model)
    assert (route.provider.name, route.model) == ("ollama", model)


async def test_a_prefix_says_ollama_too(router):
    route = await router.route("ollama/llava:7b")
    assert (route.provider.name, route.model) == ("ollama", "llava:7b")


async def test_a_name_nobody_has_is_not_guessed(router):
    with pytest.raises(UnknownModel):
        await router.route("internvl3")


async def test_the_list_is_asked_for_without_credentials_of_a_client(router, upstream):
    await router.route("gemma4")
    assert not {"authorization", "x-api-key"} & upstream.received[0].headers.keys()


async def test_a_configured_key_is_sent_for_the_list(upstream):
    provider = OllamaServer(OllamaConfig(base_url=upstream.url, credentials="configured", api_key="k"))
    await provider.lists("gemma4")
    await provider.close()
    assert upstream.received[0].headers["authorization"] == "Bearer k"


@pytest.mark.parametrize("address", ["localhost:11434", "0.0.0.0", ""])
def test_an_address_without_a_scheme_is_a_mistake_in_the_settings(address):
    with pytest.raises(msgspec.ValidationError, match="base_url"):
        msgspec.convert({"base_url": address}, OllamaConfig)


def test_only_what_older_servers_read_and_see_right_is_in_the_limits():
    limits = OllamaServer.limits
    assert limits.formats == {"jpeg", "png"}
    assert (limits.animated, limits.turns, limits.alpha) == (False, False, False)
