"""The official clients twice: the second answer comes from the cache, is the same, and costs the provider nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ollama
import openai
import pytest
from fakes import anthropic_behind, google_behind, halving, ollama_behind, openai_behind
from fakes.anthropic import FakeAnthropic
from fakes.google import FakeGoogle
from fakes.ollama import FakeOllama
from fakes.openai import FakeOpenAI
from google import genai
from google.genai import types

CACHE = {"layers": ["memory"], "tools": True}
TOOLS: Any = [
    {"type": "function", "function": {"name": name, "parameters": openai_behind.CITY}} for name in ("weather", "clock")
]
CALLS = openai_behind.knobs("tools")


@pytest.fixture
def fake() -> FakeOpenAI:
    return FakeOpenAI()


@pytest.fixture
def client(loop: Any, fake: FakeOpenAI, tmp_path: Path) -> Any:
    path = tmp_path / "token0.yaml"
    providers = {"openai": {"base_url": loop.serve(fake.app) + "/v1"}}
    path.write_text(json.dumps({"providers": providers, "pipeline": ["halve"], "cache": CACHE}))
    with openai_behind.open_client(loop.gateway(str(path), halving)) as client:
        yield client


def ask(client: openai.OpenAI, *content: Any, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    messages: Any = [openai_behind.user(*(content or ("hi",)))]
    given = {"model": "gpt-4o", "temperature": 0, "messages": messages, **fields}
    return client.chat.completions.create(extra_headers=headers or {}, **given)


def said(answer: Any) -> Any:
    """An answer without what the gateway added."""
    return answer.model_dump(exclude={"token0"})


def test_a_question_is_paid_for_once(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    first, second = ask(client, openai_behind.part()), ask(client, openai_behind.part())
    assert said(first) == said(second)
    assert [each.token0["cache_hit"] for each in (first, second)] == [False, True]
    assert len(fake.received) == 1


def test_headers_tell_a_hit_and_its_age(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response
    given: Any = {"model": "gpt-4o", "seed": 1, "messages": [openai_behind.user("hi")]}
    heads = [raw.create(**given).headers for _ in range(2)]
    assert [(head.get("x-token0-cache"), head.get("age")) for head in heads] == [("miss", None), ("hit", "0")]


@pytest.mark.parametrize("content", [("hi",), ("hi", openai_behind.part())])
@pytest.mark.parametrize("fields", [{}, {"stream_options": {"include_usage": True}}, {"n": 2}])
def test_a_stream_with_tool_calls_is_the_same_event_for_event(
    client: openai.OpenAI, fake: FakeOpenAI, content: Any, fields: Any
) -> None:
    first, second = (
        [said(each) for each in ask(client, *content, headers=CALLS, tools=TOOLS, stream=True, **fields)]
        for _ in range(2)
    )
    assert first == second
    assert {each["choices"][0]["finish_reason"] for each in first if each["choices"]} == {None, "tool_calls"}
    assert len(fake.received) == 1


@pytest.mark.parametrize("knob", ["tools", "refusal", ""])
def test_a_stream_is_told_whole_and_whole_as_a_stream(client: openai.OpenAI, fake: FakeOpenAI, knob: str) -> None:
    def streamed(prompt: str) -> Any:
        fields: Any = {"model": "gpt-4o", "temperature": 0, "stream_options": {"include_usage": True}}
        messages: Any = [openai_behind.user(prompt)]
        headers = openai_behind.knobs(knob)
        with client.chat.completions.stream(messages=messages, extra_headers=headers, **fields) as stream:
            return stream.get_final_completion()

    def whole(prompt: str) -> Any:
        return ask(client, prompt, headers=openai_behind.knobs(knob))

    def meaning(answer: Any) -> Any:
        (choice,) = answer.choices
        calls = [(call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls or ()]
        return choice.message.content, choice.message.refusal, calls, choice.finish_reason, answer.usage.prompt_tokens

    assert meaning(streamed("a")) == meaning(whole("a"))
    assert meaning(whole("b")) == meaning(streamed("b"))
    assert len(fake.received) == 2


def test_a_response_is_the_same_whole_and_streamed(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    def respond(**fields: Any) -> Any:
        return client.responses.create(model="gpt-4o", temperature=0, input="hi", **fields)

    first, second = [said(each) for each in respond(stream=True)], [said(each) for each in respond(stream=True)]
    assert first == second
    assert respond().output_text == "Grüezi 🖼 0 image tokens"
    assert respond().usage.model_dump() == first[-1]["response"]["usage"]
    assert len(fake.received) == 1


@pytest.mark.parametrize("fields", [{"store": True}, {"tools": [{"type": "web_search_preview"}]}])
def test_a_response_that_reaches_beyond_its_request_is_asked_for_anew(
    client: openai.OpenAI, fake: FakeOpenAI, fields: Any
) -> None:
    for _ in range(2):
        client.responses.create(model="gpt-4o", temperature=0, input="hi", **fields)
    assert len(fake.received) == 2


@pytest.mark.parametrize("knob", ["cut", "error"])
def test_a_stream_that_fails_is_asked_for_anew(client: openai.OpenAI, fake: FakeOpenAI, knob: str) -> None:
    with pytest.raises(openai.APIError):
        list(ask(client, stream=True, headers=openai_behind.knobs(knob)))
    assert list(ask(client, stream=True))[-1].choices[0].finish_reason == "stop"
    assert len(fake.received) == 2


def test_claude_is_paid_for_once_whole_or_streamed(loop: Any, tmp_path: Path) -> None:
    server = FakeAnthropic()
    address = anthropic_behind.gateway(loop, tmp_path, server.app, cache=CACHE)
    given: Any = {
        "model": anthropic_behind.OLD,
        "max_tokens": 99,
        "messages": [anthropic_behind.user("what?", anthropic_behind.IMAGE)],
        # Its newest API has no temperature.
        "extra_headers": {"X-Token0-Cache": "on"},
    }
    with anthropic_behind.native(address) as client:
        first = [each.model_dump(exclude={"token0"}) for each in client.messages.create(stream=True, **given)]
        second = [each.model_dump(exclude={"token0"}) for each in client.messages.create(stream=True, **given)]
        whole = client.messages.create(**given)
    assert first == second
    assert (whole.content[0].text.strip(), whole.stop_reason) == ("Grüezi 🖼 100 image tokens", "end_turn")
    assert (whole.token0["cache_hit"], len(server.received)) == (True, 1)


@pytest.mark.parametrize("usage", [True, False])
def test_a_translated_stream_is_told_again_in_the_dialect_of_the_client(loop: Any, tmp_path: Path, usage: bool) -> None:
    server = FakeAnthropic()
    address = anthropic_behind.gateway(loop, tmp_path, server.app, cache=CACHE)
    options: Any = {"stream_options": {"include_usage": True}} if usage else {}
    given: Any = {"model": anthropic_behind.OLD, "temperature": 0, "messages": [anthropic_behind.user("hi")]}
    with anthropic_behind.foreign(address) as client:
        first, second = (
            [said(each) for each in client.chat.completions.create(stream=True, **given, **options)] for _ in range(2)
        )
        whole = client.chat.completions.create(**given)
    assert first == second
    assert bool(first[-1]["usage"]) is usage
    assert (whole.choices[0].message.content.strip(), whole.usage.prompt_tokens) == ("Grüezi 🖼 0 image tokens", 1)
    assert len(server.received) == 1


def test_gemini_is_paid_for_once_whole_or_streamed(loop: Any, tmp_path: Path) -> None:
    fake = FakeGoogle()
    address, _ = google_behind.gateway(loop, tmp_path, fake, cache=CACHE)
    picture = types.Part.from_bytes(data=google_behind.GREY, mime_type="image/png")
    config = types.GenerateContentConfig(temperature=0)
    given: Any = {"model": google_behind.FLASH, "contents": [picture, "what?"], "config": config}
    with genai.Client(api_key=google_behind.KEY, http_options={"base_url": address}) as client:
        first = [each.text for each in client.models.generate_content_stream(**given)]
        second = [each.text for each in client.models.generate_content_stream(**given)]
        whole = client.models.generate_content(**given)
    assert first == second == ["Grüezi ", "🖼 ", "1080 ", "image ", "tokens"]
    assert (whole.text, whole.usage_metadata.prompt_token_count) == ("".join(first), 1081)
    assert len(fake.received) == 1


def test_ollama_is_asked_once_whole_or_streamed(loop: Any, tmp_path: Path) -> None:
    fake = FakeOllama()
    address, _ = ollama_behind.gateway(loop, tmp_path, fake.app(), cache=CACHE)
    given: Any = {"model": "llava", "messages": [ollama_behind.HELLO], "options": {"temperature": 0}}
    with ollama.Client(host=address, trust_env=False) as client:
        first = [each.message.content for each in client.chat(stream=True, **given)]
        second = [each.message.content for each in client.chat(stream=True, **given)]
        whole = client.chat(**given)
    assert first == second
    assert whole.message.content == "".join(each or "" for each in first)
    assert len([each for each in fake.received if each.path == "/api/chat"]) == 1


def test_another_key_is_another_call(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    ask(client)
    ask(client.with_options(api_key="sk-other"))
    assert len(fake.received) == 2
