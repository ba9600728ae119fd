"""OpenAI's own client reaches Claude by its name: a gateway translates for a fake Anthropic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
import pytest
from fakes import anthropic_behind as behind
from fakes.anthropic import FakeAnthropic
from fakes.anthropic_behind import NEW, OLD, SCHEMA, URL_PART, fake, sent, side, user

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS: Any = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in ("weather", "clock")]
SAID = "Grüezi 🖼 0 image tokens"
CALLS = [("toolu_01weather", "weather", '{"city":"Zürich"}'), ("toolu_02clock", "clock", "{}")]


@pytest.fixture
def server() -> FakeAnthropic:
    return FakeAnthropic()


@pytest.fixture
def address(loop: Any, server: FakeAnthropic, tmp_path: Path) -> str:
    return behind.gateway(loop, tmp_path, server.app)


@pytest.fixture
def client(address: str) -> Iterator[openai.OpenAI]:
    with behind.foreign(address) as client:
        yield client


def ask(client: openai.OpenAI, *messages: Any, knobs: tuple[str, ...] = (), **fields: Any) -> Any:
    given = {"model": OLD, "messages": messages or [user("hi")], **fields}
    return client.chat.completions.create(extra_headers=fake(*knobs), **given)


def test_a_question_is_answered(client: openai.OpenAI, server: FakeAnthropic) -> None:
    answer = ask(client)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (SAID, "stop")
    assert (answer.model, answer.object, answer.usage.prompt_tokens) == (OLD, "chat.completion", 1)
    assert server.last.headers["anthropic-version"] == "2023-06-01"
    assert server.last.headers["x-api-key"] == "sk-ant-1"


def test_the_key_travels_in_one_header_only(client: openai.OpenAI, server: FakeAnthropic) -> None:
    ask(client)
    assert "authorization" not in server.last.headers


def test_an_image_is_made_cheap_and_the_report_says_so(client: openai.OpenAI, server: FakeAnthropic) -> None:
    answer = ask(client, user("what?", URL_PART))
    assert answer.usage.prompt_tokens == 1 + 100
    assert (answer.token0["tokens_saved"], answer.token0["billed_prompt_tokens"]) == (300, 101)
    assert side(sent(server)[0]["content"][1]["source"]) == 280


def test_what_the_cache_read_is_told(client: openai.OpenAI) -> None:
    usage = ask(client, user("what?", URL_PART), knobs=("cached",)).usage
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.total_tokens) == (101, 90, 108)


def test_a_conversation_keeps_its_turns_and_its_thoughts(client: openai.OpenAI, server: FakeAnthropic) -> None:
    system: Any = {"role": "system", "content": "Be brief."}
    first = ask(client, system, user("first"), knobs=("thinking",)).choices[0].message
    assert first.reasoning_content == "First, I look. Then I count."
    ask(client, system, user("first"), first.model_dump(), user("second"))
    assert server.last.json["system"] == [{"type": "text", "text": "Be brief."}]
    assert [turn["role"] for turn in sent(server)] == ["user", "assistant", "user"]
    assert [block["type"] for block in sent(server)[1]["content"]] == ["thinking", "redacted_thinking", "text"]


def test_tools_make_a_round_trip(client: openai.OpenAI, server: FakeAnthropic) -> None:
    asked = ask(client, user("Weather and time?"), tools=TOOLS, knobs=("tools",)).choices[0]
    assert asked.finish_reason == "tool_calls"
    assert [(call.id, call.function.name, call.function.arguments) for call in asked.message.tool_calls] == CALLS
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"result of {call.function.name}"}
        for call in asked.message.tool_calls
    ]
    assert ask(client, user("?"), asked.message.model_dump(), *results, tools=TOOLS).usage.prompt_tokens == 3
    assert [block["tool_use_id"] for block in sent(server)[2]["content"]] == [call[0] for call in CALLS]


def test_a_picture_in_a_result_is_made_cheap(client: openai.OpenAI, server: FakeAnthropic) -> None:
    asked = ask(client, user("?"), tools=TOOLS, knobs=("tools",)).choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id, "content": [URL_PART]} for call in asked.tool_calls]
    ask(client, user("?"), asked.model_dump(), *results, tools=TOOLS)
    assert [side(block["content"][0]["source"]) for block in sent(server)[2]["content"]] == [280, 280]


def test_an_answer_streams_with_the_role_first_and_the_usage_last(client: openai.OpenAI) -> None:
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == SAID + " "
    assert (chunks[-2].choices[0].finish_reason, chunks[-1].choices) == ("stop", [])
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (1, 7)
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1


@pytest.mark.parametrize("wanted", [True, False])
def test_the_report_joins_a_chunk_that_is_there_anyway(client: openai.OpenAI, wanted: bool) -> None:
    options: Any = {"stream_options": {"include_usage": True}} if wanted else {}
    chunks = list(ask(client, user(URL_PART), stream=True, **options))
    reports = [chunk.token0 for chunk in chunks if hasattr(chunk, "token0")]
    assert [(report["tokens_saved"], report["billed_prompt_tokens"]) for report in reports] == [(300, 101)]
    assert bool(chunks[-1].choices) is not wanted


def test_streamed_calls_are_collected_by_the_helper(client: openai.OpenAI) -> None:
    knobs = fake("tools", "thinking")
    asked: Any = {"model": OLD, "messages": [user("?")], "tools": TOOLS}
    with client.chat.completions.stream(extra_headers=knobs, **asked) as stream:
        message = stream.get_final_completion().choices[0].message
    calls = [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    assert calls == [(CALLS[0][0], "weather", '{"city": "Zürich"}'), CALLS[1]]


def test_streamed_thoughts_can_be_sent_back(client: openai.OpenAI, server: FakeAnthropic) -> None:
    deltas = [chunk.choices[0].delta for chunk in ask(client, stream=True, knobs=("thinking",))]
    thoughts = [block for delta in deltas for block in getattr(delta, "thinking_blocks", ())]
    said = "".join(delta.content or "" for delta in deltas)
    ask(client, user("a"), {"role": "assistant", "content": said, "thinking_blocks": thoughts}, user("b"))
    assert [block["type"] for block in sent(server)[1]["content"]] == ["thinking", "redacted_thinking", "text"]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refusal_is_one(client: openai.OpenAI, streamed: bool) -> None:
    answer = ask(client, stream=streamed, knobs=("refusal",))
    choices = [each.choices[0] for each in answer] if streamed else answer.choices
    said = [getattr(choice, "delta" if streamed else "message").refusal for choice in choices]
    assert [words for words in said if words] == ["That would be harmful."]
    assert choices[-1].finish_reason == "content_filter"


def test_an_answer_cut_at_its_limit_says_so(client: openai.OpenAI) -> None:
    assert ask(client, max_tokens=7, knobs=("long",)).choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("knob", "raised", "status", "kind"),
    [
        ("rate-limit", openai.RateLimitError, 429, "rate_limit_error"),
        ("overloaded", openai.InternalServerError, 529, "overloaded_error"),
        ("broken", openai.InternalServerError, 500, "api_error"),
        ("page", openai.InternalServerError, 503, "api_error"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_errors_are_of_their_class(
    client: openai.OpenAI, knob: str, raised: type[openai.APIStatusError], status: int, kind: str, streamed: bool
) -> None:
    with pytest.raises(raised) as caught:
        ask(client, stream=streamed, knobs=(knob,))
    assert (caught.value.status_code, caught.value.type) == (status, kind)


def test_retry_after_and_the_ids_of_the_provider_are_kept(client: openai.OpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client, knobs=("rate-limit",))
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.response.headers["request-id"] == "req_1"
    assert caught.value.request_id == "req_1"


def test_what_the_provider_refuses_is_told_in_its_words(client: openai.OpenAI) -> None:
    result: Any = {"role": "tool", "tool_call_id": "nobodys", "content": "x"}
    with pytest.raises(openai.BadRequestError, match="tool_use"):
        ask(client, user("?"), {"role": "assistant", "content": "x"}, result)


def test_a_wrong_key_stays_a_wrong_key(address: str) -> None:
    with behind.foreign(address, api_key="wrong") as client, pytest.raises(openai.AuthenticationError):
        ask(client)


def test_a_field_without_a_counterpart_is_refused_by_name(client: openai.OpenAI, server: FakeAnthropic) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, seed=7)
    assert (caught.value.param, caught.value.code) == ("seed", "unsupported_parameter")
    assert server.received == []


def test_or_dropped_with_a_warning_in_the_report(loop: Any, tmp_path: Path, server: FakeAnthropic) -> None:
    address = behind.gateway(loop, tmp_path, server.app, routing={"drop_untranslatable": True})
    with behind.foreign(address) as client:
        answer = ask(client, user(URL_PART), seed=7)
    assert answer.token0["warnings"] == ["seed was dropped for anthropic: it has no counterpart"]


def test_settings_arrive(client: openai.OpenAI, server: FakeAnthropic) -> None:
    shape: Any = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True}}
    ask(client, model=NEW, reasoning_effort="low", response_format=shape, stop=["END"], max_completion_tokens=99)
    body = server.last.json
    assert body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}}
    assert (body["stop_sequences"], body["max_tokens"]) == (["END"], 99)


@pytest.mark.parametrize("knob", ["error", "cut", "short"])
@pytest.mark.parametrize("content", ["hi", URL_PART])
def test_a_stream_that_breaks_raises(client: openai.OpenAI, knob: str, content: Any) -> None:
    with pytest.raises(openai.APIError) as caught:
        list(ask(client, user(content), stream=True, knobs=(knob,)))
    assert "Overloaded" in str(caught.value) or knob != "error"


def test_an_answer_that_breaks_off_is_an_error(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(client, knobs=("cut",))
    assert caught.value.status_code == 502


def test_a_prefix_names_the_provider(client: openai.OpenAI, server: FakeAnthropic) -> None:
    ask(client, model="anthropic/claude-of-tomorrow")
    assert server.last.json["model"] == "claude-of-tomorrow"
