"""Anthropic's own client against a gateway before a fake Anthropic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from fakes import anthropic_behind as behind
from fakes.anthropic import FakeAnthropic
from fakes.anthropic_behind import IMAGE, NEW, OLD, SCHEMA, fake, sent, side, user

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOLS: Any = [{"name": name, "input_schema": SCHEMA} for name in ("weather", "clock")]
SAID = "Grüezi 🖼 0 image tokens"


@pytest.fixture
def server() -> FakeAnthropic:
    return FakeAnthropic()


@pytest.fixture
def address(loop: Any, server: FakeAnthropic, tmp_path: Path) -> str:
    return behind.gateway(loop, tmp_path, server.app)


@pytest.fixture
def client(address: str) -> Iterator[anthropic.Anthropic]:
    with behind.native(address) as client:
        yield client


def ask(client: anthropic.Anthropic, *messages: Any, knobs: tuple[str, ...] = (), **fields: Any) -> Any:
    given = {"model": OLD, "max_tokens": 9, "messages": messages or [user("hi")], **fields}
    return client.messages.create(extra_headers=fake(*knobs), **given)


def test_a_question_is_answered(client: anthropic.Anthropic) -> None:
    answer = ask(client)
    assert (answer.content[0].text, answer.stop_reason, answer.usage.input_tokens) == (SAID, "end_turn", 1)


@pytest.mark.parametrize(("model", "tokens"), [(OLD, 100), (NEW, 100)])
def test_an_image_is_made_cheap_and_the_report_says_so(client: anthropic.Anthropic, model: str, tokens: int) -> None:
    answer = ask(client, user("what?", IMAGE), model=model)
    assert answer.usage.input_tokens == 1 + tokens
    assert answer.token0["tokens_saved"] == 300
    assert answer.token0["billed_prompt_tokens"] == 1 + tokens


@pytest.mark.parametrize(
    ("size", "model", "tokens"),
    [((1920, 1080), OLD, 1560), ((1920, 1080), NEW, 2691), ((2000, 1500), OLD, 1564), ((200, 200), NEW, 64)],
)
def test_the_estimate_is_what_is_billed(
    client: anthropic.Anthropic, size: tuple[int, int], model: str, tokens: int
) -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": behind.grey(*size)}}
    # A tool that takes positions, so that no step touches the picture.
    pointing: Any = [{"name": "click", "input_schema": {"type": "object", "properties": {"x": {}, "y": {}}}}]
    answer = ask(client, user(image), model=model, tools=pointing)
    assert (answer.usage.input_tokens - 1, answer.token0["images"][0]["before"]["tokens"]) == (tokens, tokens)


def test_a_conversation_keeps_its_turns_and_its_thoughts(client: anthropic.Anthropic, server: FakeAnthropic) -> None:
    first = ask(client, user("first", IMAGE), knobs=("thinking",))
    answer = ask(client, user("first", IMAGE), {"role": "assistant", "content": first.content}, user("second"))
    assert answer.type == "message"
    assert [turn["role"] for turn in sent(server)] == ["user", "assistant", "user"]
    assert [block["type"] for block in sent(server)[1]["content"]] == ["thinking", "redacted_thinking", "text"]


def test_tools_make_a_round_trip_and_pictures_in_their_results_are_made_cheap(
    client: anthropic.Anthropic, server: FakeAnthropic
) -> None:
    asked = ask(client, user("Weather and time?"), tools=TOOLS, knobs=("tools",))
    calls = [block for block in asked.content if block.type == "tool_use"]
    assert [(call.name, call.input) for call in calls] == [("weather", {"city": "Zürich"}), ("clock", {})]
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": [IMAGE]} for call in calls]
    answer = ask(client, user("x"), {"role": "assistant", "content": asked.content}, user(*results), tools=TOOLS)
    assert answer.usage.input_tokens == 3 + 2 * 100
    assert [side(block["content"][0]["source"]) for block in sent(server)[2]["content"]] == [280, 280]


def test_a_picture_in_a_document_is_made_cheap(client: anthropic.Anthropic, server: FakeAnthropic) -> None:
    document = {"type": "document", "source": {"type": "content", "content": [IMAGE]}, "title": "pages"}
    ask(client, user(document))
    assert side(sent(server)[0]["content"][0]["source"]["content"][0]["source"]) == 280


def test_text_takes_the_place_of_an_image_with_its_mark(loop: Any, tmp_path: Path, server: FakeAnthropic) -> None:
    with behind.native(behind.gateway(loop, tmp_path, server.app, "tell")) as client:
        ask(client, user({**IMAGE, "cache_control": {"type": "ephemeral"}}))
    assert sent(server)[0]["content"] == [
        {"type": "text", "text": "grey, 560 by 560", "cache_control": {"type": "ephemeral"}}
    ]


def test_computer_use_gets_its_screenshots_as_they_are(client: anthropic.Anthropic, server: FakeAnthropic) -> None:
    click: Any = {"name": "click", "input_schema": {"type": "object", "properties": {"x": {}, "y": {}}}}
    ask(client, user("Click on OK", IMAGE), tools=[click])
    assert side(sent(server)[0]["content"][1]["source"]) == 560


def test_an_answer_streams_event_by_event(client: anthropic.Anthropic) -> None:
    events = list(ask(client, stream=True))
    assert [event.type for event in events if event.type != "content_block_delta"] == [
        "message_start",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_the_report_joins_the_last_event_of_a_stream(client: anthropic.Anthropic) -> None:
    *_, last = ask(client, user(IMAGE), stream=True)
    assert (last.type, last.token0["tokens_saved"], last.token0["billed_prompt_tokens"]) == ("message_stop", 300, 101)


def test_the_helper_for_streams_collects_the_message(client: anthropic.Anthropic) -> None:
    knobs = fake("thinking", "tools")
    asked: Any = {"model": OLD, "max_tokens": 9, "messages": [user("?", IMAGE)], "tools": TOOLS}
    with client.messages.stream(extra_headers=knobs, **asked) as stream:
        message = stream.get_final_message()
    kinds = [block.type for block in message.content]
    assert kinds == ["thinking", "redacted_thinking", "text", "tool_use", "tool_use"]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("tool_use", 101, 7)


@pytest.mark.parametrize(
    ("knob", "raised", "status"),
    [
        ("rate-limit", anthropic.RateLimitError, 429),
        ("overloaded", anthropic.InternalServerError, 529),
        ("broken", anthropic.InternalServerError, 500),
        ("page", anthropic.InternalServerError, 503),
    ],
)
def test_errors_are_of_their_class(
    client: anthropic.Anthropic, knob: str, raised: type[anthropic.APIStatusError], status: int
) -> None:
    with pytest.raises(raised) as caught:
        ask(client, knobs=(knob,))
    assert caught.value.status_code == status


def test_retry_after_and_the_ids_of_the_provider_are_kept(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.RateLimitError) as caught:
        ask(client, knobs=("rate-limit",))
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.request_id == "req_1"


def test_limits_and_ids_of_the_provider_come_along(client: anthropic.Anthropic) -> None:
    answer = client.messages.with_raw_response.create(model=OLD, max_tokens=9, messages=[user(IMAGE)])
    assert (answer.headers["request-id"], answer.headers["anthropic-ratelimit-requests-remaining"]) == ("req_1", "49")
    assert answer.headers["x-token0-saved"] == "300"


def test_the_provider_refuses_what_it_always_refused(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="Extra inputs are not permitted"):
        ask(client, extra_body={"invented": 1})


def test_a_wrong_key_stays_a_wrong_key(address: str) -> None:
    with behind.native(address, api_key="wrong") as client, pytest.raises(anthropic.AuthenticationError):
        ask(client)


def test_the_gateway_refuses_in_the_words_of_the_api(client: anthropic.Anthropic) -> None:
    broken = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "?!"}}
    with pytest.raises(anthropic.BadRequestError, match=r"messages\.0\.content\.0: The image is not valid base64"):
        ask(client, user(broken))


def test_a_model_of_nobody_is_not_found(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError, match="No installed provider"):
        ask(client, model="nobodys-model")


def test_an_error_in_a_stream_raises(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        list(ask(client, user(IMAGE), stream=True, knobs=("error",)))


@pytest.mark.parametrize("content", ["hi", IMAGE])
def test_a_stream_that_is_cut_raises(client: anthropic.Anthropic, content: Any) -> None:
    with pytest.raises(anthropic.APIError):
        list(ask(client, user(content), stream=True, knobs=("cut",)))


def test_tokens_are_counted_with_the_images_made_cheap(client: anthropic.Anthropic) -> None:
    counted = client.messages.count_tokens(model=OLD, messages=[user("what?", IMAGE)])
    assert counted.input_tokens == 101


def test_a_token_of_the_caller_stays_a_token(address: str, server: FakeAnthropic) -> None:
    with behind.native(address, api_key=None, auth_token="sk-ant-oat01-1") as client:
        ask(client)
    assert server.last.headers["authorization"] == "Bearer sk-ant-oat01-1"
    assert "x-api-key" not in server.last.headers


def test_betas_are_forwarded(client: anthropic.Anthropic, server: FakeAnthropic) -> None:
    client.beta.messages.create(model=OLD, max_tokens=9, messages=[user("hi")], betas=["context-1m-2025-08-07"])
    assert server.last.headers["anthropic-beta"] == "context-1m-2025-08-07"


def test_other_requests_reach_their_vendor(client: anthropic.Anthropic, server: FakeAnthropic) -> None:
    assert [model.id for model in client.models.list()] == ["claude-opus-5-5"]
    request: Any = {"custom_id": "a", "params": {"model": OLD, "max_tokens": 9, "messages": [user("hi")]}}
    assert client.messages.batches.create(requests=[request]).request_counts.processing == 1
    assert [each.path for each in server.received] == ["/v1/models", "/v1/messages/batches"]


def test_a_prefix_of_the_model_is_taken_off(client: anthropic.Anthropic, server: FakeAnthropic) -> None:
    ask(client, model=f"claude/{OLD}")
    assert server.last.json["model"] == OLD
