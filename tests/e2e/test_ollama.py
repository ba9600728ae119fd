"""Ollama's own client against a gateway before a fake Ollama."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import ollama
import pytest
from fakes.ollama import FakeOllama
from fakes.ollama_behind import GREY, GREY64, HELLO, WEATHER, gateway, size_sent

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
def native(start: Callable[..., str]) -> Iterator[ollama.Client]:
    with ollama.Client(host=start(), trust_env=False) as client:
        yield client


def test_a_chat_is_answered(native: ollama.Client) -> None:
    answer = native.chat(model="llava:7b", messages=[HELLO])
    assert (answer.message.content, answer.prompt_eval_count) == ("Grüße aus dem Bild .", 2)


def test_a_chat_streams_word_by_word(native: ollama.Client) -> None:
    lines = list(native.chat(model="llava:7b", messages=[HELLO], stream=True))
    assert [line.message.content for line in lines] == ["Grüße", " aus", " dem", " Bild", " .", ""]
    assert (lines[-1].done, lines[-1].done_reason, lines[-1].eval_count) == (True, "stop", 5)


@pytest.mark.parametrize(
    ("model", "tokens"), [("llava:7b", 576), ("minicpm-v:8b", 198), ("qwen2.5vl", 1082), ("llama4", 256)]
)
def test_an_image_costs_what_its_model_asks(native: ollama.Client, model: str, tokens: int) -> None:
    # minicpm-v: an overview and two slices of 66; qwen2.5vl: enlarged to 40 x 27 cells, and two marks.
    answer = native.chat(model=model, messages=[{"role": "user", "content": "what?", "images": [GREY]}])
    assert answer.prompt_eval_count == 1 + tokens


def test_a_conversation_keeps_its_turns(native: ollama.Client, fake: FakeOllama) -> None:
    turns = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "first", "images": [GREY]},
        {"role": "assistant", "content": "grey"},
        {"role": "user", "content": "second", "images": [GREY, GREY]},
    ]
    native.chat(model="llava:7b", messages=turns)
    sent = fake.received[-1].json["messages"]
    assert [(turn["role"], len(turn.get("images", ()))) for turn in sent] == [
        ("system", 0), ("user", 1), ("assistant", 0), ("user", 2),
    ]  # fmt: skip


def test_a_prompt_with_an_image_is_answered(native: ollama.Client) -> None:
    answer = native.generate(model="llava:7b", prompt="what is it?", images=[GREY])
    assert (answer.response, answer.prompt_eval_count) == ("Grüße aus dem Bild .", 3 + 576)


def test_a_prompt_streams(native: ollama.Client) -> None:
    lines = list(native.generate(model="llava:7b", prompt="hi", stream=True))
    assert "".join(line.response for line in lines) == "Grüße aus dem Bild ."
    assert lines[-1].done


def test_tools_go_round(native: ollama.Client, fake: FakeOllama) -> None:
    messages: list[Any] = [{"role": "user", "content": "weather?"}]
    answer = native.chat(model="llava:7b", messages=messages, tools=[WEATHER])
    assert [call.function.arguments["city"] for call in answer.message.tool_calls or ()] == ["Rome", "Oslo"]
    messages += [
        answer.message,
        *({"role": "tool", "tool_name": "weather", "content": each} for each in ("sun", "ice")),
    ]
    assert native.chat(model="llava:7b", messages=messages, tools=[WEATHER]).message.content == "It is sun and ice."


def test_thinking_is_kept(native: ollama.Client) -> None:
    answer = native.chat(model="qwen3:8b", messages=[HELLO], think=True)
    assert answer.message.thinking == "Hmm, clear."


def test_models_are_listed(native: ollama.Client, fake: FakeOllama) -> None:
    assert [model.model for model in native.list().models] == list(fake.models)


def test_a_model_is_shown(native: ollama.Client) -> None:
    assert native.show("llava:7b").capabilities == ["completion", "vision", "tools"]


def test_the_version_is_told(native: ollama.Client) -> None:
    assert native._client.get("/api/version").json() == {"version": "0.33.0"}


def test_the_command_line_finds_a_server(native: ollama.Client) -> None:
    assert native._client.head("/").status_code == 200


@pytest.mark.parametrize(
    ("model", "status", "message"),
    [
        ("llava:99b", 404, "model 'llava:99b' not found"),
        ("busy:1", 429, "too many requests"),
        ("down:1", 503, "server busy"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_raises_what_ollama_raises(
    native: ollama.Client, model: str, status: int, message: str, *, stream: bool
) -> None:
    with pytest.raises(ollama.ResponseError, match=message) as caught:
        list(native.chat(model=model, messages=[HELLO], stream=stream))
    assert caught.value.status_code == status


def test_a_model_nobody_has_is_an_error_in_ollamas_shape(native: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="internvl3") as caught:
        native.chat(model="internvl3", messages=[HELLO])
    assert caught.value.status_code == 404


def test_a_model_of_another_vendor_is_not_sent_there(native: ollama.Client, fake: FakeOllama) -> None:
    with pytest.raises(ollama.ResponseError, match="openai does not speak ollama") as caught:
        native.chat(model="gpt-4o", messages=[HELLO])
    assert (caught.value.status_code, fake.received) == (400, [])


@pytest.mark.parametrize("step", [None, "halve"])
@pytest.mark.parametrize("model", ["llava:breaks", "llava:cut"])
def test_a_stream_that_breaks_raises_after_what_came(start: Callable[..., str], model: str, step: str | None) -> None:
    came: list[Any] = []
    with ollama.Client(host=start(step), trust_env=False) as client:
        lines = client.chat(model=model, messages=[{**HELLO, "images": [GREY]}], stream=True)
        with pytest.raises(ollama.ResponseError):
            came.extend(line.message.content for line in lines)
    assert came == ["Grüße", " aus"]


def test_retry_after_is_kept(native: ollama.Client) -> None:
    answer = native._client.post("/api/chat", json={"model": "busy:1", "messages": [HELLO]})
    assert answer.headers["Retry-After"] == "7"


def test_ollama_without_a_key_gets_none(native: ollama.Client, fake: FakeOllama) -> None:
    native.chat(model="llava:7b", messages=[HELLO])
    assert "authorization" not in fake.received[-1].headers


def test_images_reach_the_pipeline_in_both_forms(start: Callable[..., str], fake: FakeOllama) -> None:
    with ollama.Client(host=start("halve"), trust_env=False) as client:
        client.chat(model="minicpm-v:8b", messages=[{"role": "user", "content": "a", "images": [GREY]}])
        client.generate(model="minicpm-v:8b", prompt="a", images=[GREY])
    chat, generate = (received.json for received in fake.received)
    assert size_sent(chat["messages"][0]["images"][0]) == size_sent(generate["images"][0]) == (300, 200)


def test_an_image_that_became_text_is_in_the_content(start: Callable[..., str], fake: FakeOllama) -> None:
    with ollama.Client(host=start("tell"), trust_env=False) as client:
        answer = client.chat(model="llava:7b", messages=[{"role": "user", "content": "what?", "images": [GREY]}])
    assert fake.received[-1].json["messages"] == [{"role": "user", "content": "what?\ngrey, 600 by 400", "images": []}]
    assert answer.prompt_eval_count == 5


@pytest.mark.parametrize("stream", [False, True])
def test_the_report_joins_the_answer(start: Callable[..., str], *, stream: bool) -> None:
    message = {"role": "user", "content": "a", "images": [GREY64]}
    body = {"model": "minicpm-v:8b", "messages": [message], "stream": stream}
    lines = httpx.post(f"{start('halve')}/api/chat", json=body, trust_env=False).text.splitlines()
    last = json.loads(lines[-1])
    # 198 tokens for 600 x 400, 66 for 300 x 200, and one word.
    assert (last["done"], last["token0"]["tokens_saved"], last["token0"]["billed_prompt_tokens"]) == (True, 132, 67)
    assert all("token0" not in line for line in lines[:-1])
