"""OpenAI's client against a gateway before a fake Gemini API."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
import pytest
from fakes.google import FakeGoogle
from fakes.google_behind import CLOCK, DATA_URL, FLASH, GREY, GREY64, KEY, WEATHER, gateway, size_of
from fakes.google_rules import camel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HELLO = {"role": "user", "content": "hello there"}
PICTURE = {"type": "image_url", "image_url": {"url": DATA_URL}}
WHAT = {"type": "text", "text": "what?"}
LOOK = {"role": "user", "content": [WHAT, PICTURE]}
WHOLE, LOW, ULTRA = 1080, 260, 57 * 38


@pytest.fixture
def fake() -> FakeGoogle:
    return FakeGoogle()


@pytest.fixture
def start(loop: Any, fake: FakeGoogle, tmp_path: Path) -> Callable[..., openai.OpenAI]:
    """Starts the fake and a gateway before it; returns a client of the gateway."""

    def serve(step: str | None = None, **settings: Any) -> openai.OpenAI:
        address, _ = gateway(loop, tmp_path, fake, step, **settings)
        return openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0)

    return serve


@pytest.fixture
def client(start: Callable[..., openai.OpenAI]) -> Iterator[openai.OpenAI]:
    with start() as client:
        yield client


def ask(client: openai.OpenAI, *messages: Any, knobs: str = "", model: str = FLASH, **fields: Any) -> Any:
    headers = {"X-Fake": knobs} if knobs else {}
    return client.chat.completions.create(
        model=model, messages=list(messages) or [HELLO], extra_headers=headers, **fields
    )


@pytest.mark.parametrize("name", [FLASH, f"google/{FLASH}", f"gemini/{FLASH}", f"models/{FLASH}"])
def test_a_question_reaches_the_model_by_its_name(client: openai.OpenAI, fake: FakeGoogle, name: str) -> None:
    answer = ask(client, model=name)
    assert fake.last.path == f"/v1beta/models/{FLASH}:generateContent"
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Grüezi 🖼 0 image tokens", "stop")


def test_the_key_travels_where_google_reads_it(client: openai.OpenAI, fake: FakeGoogle) -> None:
    ask(client)
    assert (fake.last.headers["x-goog-api-key"], fake.last.headers.get("authorization")) == (KEY, None)


def test_usage_counts_thoughts_as_output_and_tells_cached_tokens(client: openai.OpenAI) -> None:
    usage = ask(client, knobs="thoughts,cached").usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details.cached_tokens) == (2, 26, 2)


@pytest.mark.parametrize(
    ("detail", "tokens"), [(None, WHOLE), ("auto", WHOLE), ("low", LOW), ("high", WHOLE), ("original", ULTRA)]
)
def test_the_detail_of_an_image_is_its_resolution(client: openai.OpenAI, detail: str | None, tokens: int) -> None:
    address = {"url": DATA_URL, **({"detail": detail} if detail else {})}
    answer = ask(client, {"role": "user", "content": [WHAT, {"type": "image_url", "image_url": address}]})
    assert answer.usage.prompt_tokens == 1 + tokens


def test_older_models_get_the_highest_resolution_that_was_asked(client: openai.OpenAI, fake: FakeGoogle) -> None:
    pictures = [{"type": "image_url", "image_url": {"url": DATA_URL, "detail": name}} for name in ("low", "high")]
    ask(client, {"role": "user", "content": pictures}, model="gemini-2.5-flash")
    assert fake.last.json["generationConfig"] == {"mediaResolution": "MEDIA_RESOLUTION_HIGH"}


def test_an_image_is_made_cheap_on_the_way(start: Callable[..., openai.OpenAI], fake: FakeGoogle) -> None:
    with start("halve") as client:
        answer = ask(client, LOOK, model="gemini-2.5-flash")
    assert size_of(fake.last.json["contents"][0]["parts"][1]) == (300, 200)
    assert answer.token0["billed_prompt_tokens"] == answer.usage.prompt_tokens == 1 + 258


def test_a_conversation_keeps_its_turns(client: openai.OpenAI, fake: FakeGoogle) -> None:
    turns = [
        {"role": "system", "content": "be brief"},
        LOOK,
        {"role": "assistant", "content": "grey"},
        {"role": "user", "content": "sure?"},
        {"role": "developer", "content": "be kind"},
        {"role": "user", "content": "really?"},
    ]
    ask(client, *turns)
    sent = fake.last.json
    assert sent["systemInstruction"] == {"parts": [{"text": "be brief"}, {"text": "be kind"}]}
    assert [(turn["role"], len(turn["parts"])) for turn in sent["contents"]] == [("user", 2), ("model", 1), ("user", 2)]


@pytest.mark.parametrize("model", [FLASH, "gemini-2.5-flash"])
def test_parallel_calls_and_their_results_make_the_round(client: openai.OpenAI, fake: FakeGoogle, model: str) -> None:
    tools = [WEATHER, CLOCK]
    first = ask(client, HELLO, model=model, tools=tools, knobs="tools").choices[0]
    assert first.finish_reason == "tool_calls"
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"for": call.function.name})}
        for call in first.message.tool_calls
    ]
    ask(client, HELLO, first.message.model_dump(exclude_none=True), *results, LOOK, model=model, tools=tools)
    calls, told = fake.last.json["contents"][1:3]
    assert [part.get("thoughtSignature") for part in calls["parts"]] == [None, "c2lnbmVk", None]
    assert [part["functionResponse"]["response"] for part in told["parts"]] == [{"for": "weather"}, {"for": "clock"}]


@pytest.mark.parametrize("model", [FLASH, "gemini-2.5-flash"])
def test_calls_of_another_model_and_pictures_in_results_are_taken(
    client: openai.OpenAI, fake: FakeGoogle, model: str
) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bern"}'}}
    result = {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "sunny"}, PICTURE]}
    answer = ask(client, HELLO, {"role": "assistant", "content": None, "tool_calls": [call]}, result, model=model)
    assert answer.usage.prompt_tokens > 250


def test_a_stream_is_openais(client: openai.OpenAI) -> None:
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "Grüezi 🖼 0 image tokens"
    assert (chunks[0].choices[0].delta.role, chunks[-2].choices[0].finish_reason) == ("assistant", "stop")
    assert (chunks[-1].choices, chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == ([], 2, 5)
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1


def test_a_stream_tells_calls_by_their_index(client: openai.OpenAI) -> None:
    deltas = [
        call
        for chunk in ask(client, stream=True, tools=[WEATHER, CLOCK], knobs="tools")
        for call in chunk.choices[0].delta.tool_calls or ()
    ]
    told = [(call.index, call.id, call.function.name, call.function.arguments) for call in deltas]
    assert told == [
        (0, "fc1", "weather", ""),
        (0, None, None, '{"city":"Bern","days":2}'),
        (1, "fc2", "clock", ""),
        (1, None, None, '{"zone":"CET"}'),
    ]
    assert deltas[0].extra_content == {"google": {"thought_signature": "c2lnbmVk"}}


@pytest.mark.parametrize("streamed", [False, True])
def test_thoughts_are_reasoning(client: openai.OpenAI, streamed: bool) -> None:
    answer = ask(client, knobs="thoughts", stream=streamed)
    said = "".join(getattr(chunk.choices[0].delta, "reasoning_content", None) or "" for chunk in answer if streamed)
    assert (said or answer.choices[0].message.reasoning_content) == "Let me look."


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refused_prompt_is_a_refusal(client: openai.OpenAI, streamed: bool) -> None:
    answer = ask(client, knobs="blocked", stream=streamed)
    choices = [chunk.choices[0] for chunk in answer] if streamed else answer.choices
    refusals = [(choice.delta if streamed else choice.message).refusal for choice in choices]
    assert choices[-1].finish_reason == "content_filter"
    assert refusals[0] == "Gemini blocked the prompt: PROHIBITED_CONTENT."


def test_a_filtered_answer_says_so(client: openai.OpenAI) -> None:
    assert ask(client, knobs="safety").choices[0].finish_reason == "content_filter"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("rate-limit", openai.RateLimitError),
        ("quota", openai.RateLimitError),
        ("overloaded", openai.InternalServerError),
        ("broken", openai.InternalServerError),
        ("malformed", openai.InternalServerError),
        ("cut", openai.InternalServerError),
    ],
)
def test_an_error_is_the_right_exception(client: openai.OpenAI, fault: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        ask(client, knobs=fault)


@pytest.mark.parametrize(("fault", "seconds"), [("rate-limit", "7"), ("quota", "35")])
def test_the_client_learns_when_to_try_again(client: openai.OpenAI, fault: str, seconds: str) -> None:
    with pytest.raises(openai.RateLimitError) as raised:
        ask(client, knobs=fault)
    assert (raised.value.response.headers["retry-after"], raised.value.code) == (seconds, "RESOURCE_EXHAUSTED")


@pytest.mark.parametrize("fault", ["error", "cut", "endless", "malformed"])
def test_a_stream_that_failed_does_not_end_quietly(client: openai.OpenAI, fault: str) -> None:
    with pytest.raises(openai.APIError):
        list(ask(client, LOOK, stream=True, knobs=fault))


def test_a_wrong_key_is_told_with_googles_reason(loop: Any, fake: FakeGoogle, tmp_path: Path) -> None:
    address, _ = gateway(loop, tmp_path, fake)
    with (
        openai.OpenAI(base_url=f"{address}/v1", api_key="sk-1", max_retries=0) as client,
        pytest.raises(openai.BadRequestError) as raised,
    ):
        ask(client)
    assert raised.value.code == "API_KEY_INVALID"


def test_an_address_of_an_image_is_refused_by_name(client: openai.OpenAI) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    with pytest.raises(openai.BadRequestError) as raised:
        ask(client, {"role": "user", "content": [WHAT, picture]})
    assert raised.value.param == "messages[0].content[1].image_url.url"


def test_an_image_that_the_gateway_fetched_is_sent(
    start: Callable[..., openai.OpenAI], fake: FakeGoogle, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(_: Any, url: str) -> bytes:
        return GREY

    monkeypatch.setattr("token0.fetch.Fetcher.fetch", fetch)
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a", "detail": "low"}}
    with start(fetch={"images": "needed"}) as client:
        assert ask(client, {"role": "user", "content": [WHAT, picture]}).usage.prompt_tokens == 1 + LOW


def test_a_field_without_counterpart_is_refused_by_name(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        ask(client, logit_bias={"5": 1})
    assert (raised.value.param, raised.value.code) == ("logit_bias", "unsupported_parameter")


def test_a_field_without_counterpart_is_dropped_where_allowed(start: Callable[..., openai.OpenAI]) -> None:
    with start("halve", routing={"drop_untranslatable": True}) as client:
        answer = ask(client, LOOK, model="gemini-2.5-flash", logit_bias={"5": 1})
    assert any(warning.startswith("logit_bias") for warning in answer.token0["warnings"])


def test_several_answers_with_their_probabilities(client: openai.OpenAI) -> None:
    answer = ask(client, n=2, logprobs=True, top_logprobs=1)
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert answer.choices[1].logprobs.content[0].top_logprobs[0].logprob == -0.25


def test_settings_are_googles(client: openai.OpenAI, fake: FakeGoogle) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    ask(
        client,
        max_completion_tokens=50,
        stop="END",
        temperature=0.2,
        top_p=0.9,
        seed=5,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        reasoning_effort="low",
        response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": True}},
        user="me",
        store=False,
    )
    assert fake.last.json["generationConfig"] == {
        "maxOutputTokens": 50,
        "stopSequences": ["END"],
        "temperature": 0.2,
        "topP": 0.9,
        "seed": 5,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "thinkingConfig": {"thinkingLevel": "LOW"},
        "responseMimeType": "application/json",
        "responseJsonSchema": schema,
    }


def test_documents_and_sound_are_inline(client: openai.OpenAI, fake: FakeGoogle) -> None:
    pdf = base64.b64encode(b"%PDF-1.7 of a test").decode()
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{pdf}"}}
    sound = {"type": "input_audio", "input_audio": {"data": GREY64, "format": "wav"}}
    ask(client, {"role": "user", "content": [file, sound]})
    parts = camel(fake.last.json)["contents"][0]["parts"]
    assert [part["inlineData"]["mimeType"] for part in parts] == ["application/pdf", "audio/wav"]


def test_the_clients_query_stays_here(start: Callable[..., openai.OpenAI], fake: FakeGoogle) -> None:
    with start() as client:
        client.with_options(default_query={"api-version": "1"}).chat.completions.create(model=FLASH, messages=[HELLO])
    assert fake.last.path == f"/v1beta/models/{FLASH}:generateContent"
