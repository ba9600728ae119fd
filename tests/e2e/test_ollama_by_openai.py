"""OpenAI's client reaching a fake Ollama by the name of a local model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from fakes.ollama import FakeOllama
from fakes.ollama_behind import DATA_URL, GREY64, HELLO, WEATHER, gateway, size_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def fake() -> FakeOllama:
    return FakeOllama()


@pytest.fixture
def start(loop: Any, fake: FakeOllama, tmp_path: Path) -> Callable[..., str]:
    """Starts the fake and a gateway before it; `step` is run on every image. Returns the gateway's address."""

    def serve(step: str | None = None, **settings: Any) -> str:
        address, _ = gateway(loop, tmp_path, fake.app(), step, **settings)
        return address

    return serve


@pytest.fixture
def foreign(start: Callable[..., str]) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{start()}/v1", api_key="k", max_retries=0) as client:
        yield client


def user(*contents: str) -> dict[str, Any]:
    """A user turn of OpenAI Chat: `data:` URLs are images."""
    parts = [
        {"type": "image_url", "image_url": {"url": each}}
        if each.startswith(("data:", "http"))
        else {"type": "text", "text": each}
        for each in contents
    ]
    return {"role": "user", "content": parts}


def test_openais_client_reaches_a_local_model_by_name(foreign: openai.OpenAI, fake: FakeOllama) -> None:
    answer = foreign.chat.completions.create(model="llava:7b", messages=[user("what is it?", DATA_URL)])
    assert answer.choices[0].message.content == "Grüße aus dem Bild ."
    assert (answer.model, answer.usage and answer.usage.prompt_tokens) == ("llava:7b", 3 + 576)
    (received,) = fake.received
    assert (received.path, received.json) == (
        "/api/chat",
        {
            "model": "llava:7b",
            "messages": [{"role": "user", "content": "what is it?", "images": [GREY64]}],
            "stream": False,
        },
    )


@pytest.mark.parametrize("model", ["gpt-oss:20b", "qwen2.5vl", "mistral-small3.1", "gemma4", "llama4", "ollama/llava"])
def test_local_models_never_go_to_openai(foreign: openai.OpenAI, fake: FakeOllama, model: str) -> None:
    foreign.chat.completions.create(model=model, messages=[HELLO])
    assert fake.received[-1].json["model"] == model.removeprefix("ollama/")


def test_openais_client_streams(foreign: openai.OpenAI) -> None:
    stream = foreign.chat.completions.create(
        model="llava:7b", messages=[HELLO], stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Grüße aus dem Bild ."
    assert (chunks[0].choices[0].delta.role, chunks[-1].choices[0].finish_reason) == ("assistant", "stop")
    assert (last.choices, last.usage and last.usage.total_tokens) == ([], 7)


@pytest.mark.parametrize("stream", [False, True])
def test_openais_tools_go_round(foreign: openai.OpenAI, fake: FakeOllama, *, stream: bool) -> None:
    messages: list[Any] = [user("weather?", DATA_URL)]
    with foreign.chat.completions.stream(model="llava:7b", messages=messages, tools=[WEATHER]) as events:
        answer = (
            events.get_final_completion()
            if stream
            else foreign.chat.completions.create(model="llava:7b", messages=messages, tools=[WEATHER])
        )
    calls = answer.choices[0].message.tool_calls or []
    assert [json.loads(call.function.arguments) for call in calls] == [
        {"city": "Rome", "done": True}, {"city": "Oslo", "done": True},
    ]  # fmt: skip
    assert answer.choices[0].finish_reason == "tool_calls"
    assert len({call.id for call in calls}) == 2
    told = ("sun", "ice")
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": each} for call, each in zip(calls, told, strict=True)
    ]
    messages += [answer.choices[0].message.model_dump(include={"role", "content", "tool_calls"}), *results]
    answer = foreign.chat.completions.create(model="llava:7b", messages=messages, tools=[WEATHER])
    assert answer.choices[0].message.content == "It is sun and ice."


def test_openais_client_gets_a_schema_kept(foreign: openai.OpenAI, fake: FakeOllama) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}}
    answer = foreign.chat.completions.create(
        model="llava:7b",
        messages=[HELLO],
        response_format={"type": "json_schema", "json_schema": {"name": "ok", "schema": schema}},
    )
    assert (answer.choices[0].message.content, fake.received[-1].json["format"]) == ('{"ok": true}', schema)


def test_options_of_ollama_come_through_openais_client(foreign: openai.OpenAI, fake: FakeOllama) -> None:
    foreign.chat.completions.create(
        model="gpt-oss:20b",
        messages=[HELLO],
        max_tokens=2,
        extra_body={"options": {"num_ctx": 8192}, "keep_alive": "5m", "think": "low"},
    )
    sent = fake.received[-1].json
    assert (sent["options"], sent["keep_alive"], sent["think"]) == ({"num_predict": 2, "num_ctx": 8192}, "5m", "low")


def test_the_context_length_is_left_to_the_server(foreign: openai.OpenAI, fake: FakeOllama) -> None:
    foreign.chat.completions.create(model="llava:7b", messages=[HELLO])
    assert "options" not in fake.received[-1].json


def test_a_cut_answer_says_so(foreign: openai.OpenAI) -> None:
    answer = foreign.chat.completions.create(model="llava:7b", messages=[HELLO], max_tokens=2)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Grüße aus", "length")


def test_reasoning_is_asked_for_and_told(foreign: openai.OpenAI) -> None:
    answer = foreign.chat.completions.create(model="gpt-oss:20b", messages=[HELLO], reasoning_effort="low")
    assert answer.choices[0].message.reasoning_content == "Hmm, clear."  # type: ignore[attr-defined]


def test_log_probabilities_are_told(foreign: openai.OpenAI) -> None:
    answer = foreign.chat.completions.create(model="llava:7b", messages=[HELLO], logprobs=True)
    told = answer.choices[0].logprobs
    assert told is not None
    assert [each.token for each in told.content or ()] == ["Grüße", " aus", " dem", " Bild", " ."]


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        ("llava:99b", openai.NotFoundError, "not found"),
        ("busy:1", openai.RateLimitError, "too many requests"),
        ("down:1", openai.InternalServerError, "server busy"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_raises_what_openai_raises(
    foreign: openai.OpenAI, model: str, error: type[openai.APIStatusError], message: str, *, stream: bool
) -> None:
    with pytest.raises(error, match=message) as caught:
        list(foreign.chat.completions.create(model=model, messages=[HELLO], stream=stream))
    assert caught.value.response.headers.get("Retry-After") == (None if model == "llava:99b" else "7")


@pytest.mark.parametrize(
    ("arguments", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [WEATHER], "tool_choice": "required"}, "tool_choice"),
        ({"messages": [user("a", "http://127.0.0.1/a.png")]}, "messages[0].content[1].image_url.url"),
    ],
)
def test_what_ollama_cannot_do_is_named(
    foreign: openai.OpenAI, fake: FakeOllama, arguments: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        foreign.chat.completions.create(**{"model": "llava:7b", "messages": [HELLO], **arguments})
    assert (caught.value.param, fake.received) == (param, [])


def test_what_ollama_cannot_do_is_dropped_where_allowed(start: Callable[..., str], fake: FakeOllama) -> None:
    address = start("halve", routing={"drop_untranslatable": True})
    body = {"model": "llava:7b", "messages": [user("a", DATA_URL)], "n": 2}
    answer = httpx.post(f"{address}/v1/chat/completions", json=body, trust_env=False).json()
    assert answer["token0"]["warnings"] == ["n: Ollama has no counterpart; it was dropped"]
    assert "n" not in fake.received[-1].json


@pytest.mark.parametrize("model", ["llava:breaks", "llava:cut"])
def test_a_translated_stream_that_breaks_raises_after_what_came(foreign: openai.OpenAI, model: str) -> None:
    came: list[Any] = []
    chunks = foreign.chat.completions.create(model=model, messages=[HELLO], stream=True)
    with pytest.raises(openai.APIError):
        came.extend(chunk.choices[0].delta.content for chunk in chunks)
    assert came == ["Grüße", " aus"]


@pytest.mark.parametrize("stream", [False, True])
def test_openais_images_reach_the_pipeline(start: Callable[..., str], fake: FakeOllama, *, stream: bool) -> None:
    body = {"model": "minicpm-v:8b", "messages": [user("a", DATA_URL)], "stream": stream}
    answer = httpx.post(f"{start('halve')}/v1/chat/completions", json=body, trust_env=False).text
    assert size_sent(fake.received[-1].json["messages"][0]["images"][0]) == (300, 200)
    assert '"tokens_saved":132' in answer
    assert ('"billed_prompt_tokens":67' in answer, '"choices":[]' in answer) == (True, False)


def test_openais_image_that_became_text_is_in_the_content(start: Callable[..., str], fake: FakeOllama) -> None:
    body = {"model": "llava:7b", "messages": [user("what?", DATA_URL)]}
    httpx.post(f"{start('tell')}/v1/chat/completions", json=body, trust_env=False)
    assert fake.received[-1].json["messages"] == [{"role": "user", "content": "what?\ngrey, 600 by 400"}]


def test_openais_other_paths_are_ollamas_own_when_it_is_named(start: Callable[..., str], fake: FakeOllama) -> None:
    with openai.OpenAI(
        base_url=f"{start()}/v1", api_key="k", default_headers={"X-Token0-Provider": "ollama"}
    ) as client:
        assert [model.id for model in client.models.list()] == list(fake.models)
    assert fake.received[-1].path == "/v1/models"


def test_responses_are_ollamas_own(foreign: openai.OpenAI, fake: FakeOllama) -> None:
    image = {"type": "input_image", "image_url": DATA_URL, "detail": "auto"}
    answer = foreign.responses.create(model="llava:7b", input=[{"role": "user", "content": [image]}])  # type: ignore[list-item,misc]
    assert (answer.output_text, fake.received[-1].path) == ("Grüße", "/v1/responses")


def test_who_pays_openai_is_told_to_nobody_else(start: Callable[..., str], fake: FakeOllama) -> None:
    with openai.OpenAI(base_url=f"{start()}/v1", api_key="k", organization="org-1", project="p1") as client:
        client.responses.create(model="llava:7b", input="hello")
    assert not {name for name in fake.received[-1].headers if name.lower().startswith("openai-")}


def test_nor_is_it_by_a_request_that_just_passes(start: Callable[..., str], fake: FakeOllama) -> None:
    headers = {"X-Token0-Provider": "ollama", "OpenAI-Organization": "org-1"}
    httpx.get(f"{start()}/v1/models", headers=headers)
    assert not {name for name in fake.received[-1].headers if name.lower().startswith("openai-")}
