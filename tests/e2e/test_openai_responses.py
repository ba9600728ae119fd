"""OpenAI's own client, the Responses API, against a gateway before a fake OpenAI."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import openai
import pytest
from fakes.openai_behind import CITY, HALF, MODEL, URL, address, client, fake, knobs, seen, turn

from token0.testing import png

if TYPE_CHECKING:
    from fakes.openai import FakeOpenAI

__all__ = ["address", "client", "fake"]

TOOLS: Any = [{"type": "function", "name": name, "parameters": CITY, "strict": False} for name in ("weather", "clock")]
SAID = "Grüezi 🖼 0 image tokens"
CHEAP = "Grüezi 🖼 255 image tokens"
INPUTS = pytest.mark.parametrize("given", ["what?", [turn("what?", seen())]], ids=["text", "image"])


def ask(client: openai.OpenAI, given: Any = "hi", *, knob: str = "", **fields: Any) -> Any:
    return client.responses.create(**{"model": MODEL, "input": given, "extra_headers": knobs(knob), **fields})


def test_a_question_is_answered(client: openai.OpenAI) -> None:
    answer = ask(client)
    assert (answer.output_text, answer.status, "token0" in answer.model_extra) == (SAID, "completed", False)


def test_a_text_request_is_the_identical_bytes(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    # Without an own field the client writes the same body to any address.
    ask(client, [turn("Grüezi 🖼 \\/ ")], metadata={"a": "1"}, temperature=1.0)
    assert fake.last.json == {
        "input": [turn("Grüezi 🖼 \\/ ")], "model": MODEL, "metadata": {"a": "1"}, "temperature": 1.0,
    }  # fmt: skip


def test_an_image_is_made_cheap_and_the_report_says_so(client: openai.OpenAI) -> None:
    answer = ask(client, [turn("what?", seen())])
    assert (answer.output_text, answer.token0["tokens_saved"]) == (CHEAP, 510)
    assert answer.token0["billed_prompt_tokens"] == answer.usage.input_tokens


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-6-astra"])
@pytest.mark.parametrize("detail", ["auto", "low", "high"])
def test_the_estimate_is_what_is_billed(client: openai.OpenAI, model: str, detail: str) -> None:
    image = "data:image/png;base64," + base64.b64encode(png(1400, 3000)).decode()
    answer = ask(client, [turn(seen(image, detail))], model=model)
    assert answer.token0["images"][0]["after"]["tokens"] == answer.usage.input_tokens


def test_images_are_made_cheap_wherever_they_stand(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    called = [{"type": "function_call", "call_id": f"c{i}", "name": "look", "arguments": "{}"} for i in (1, 2)]
    shown = [
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "a page"}, seen()]},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": [seen()]},
    ]
    ask(client, [turn("look", seen()), *called, *shown])
    sent = fake.last.json["input"]
    places = [sent[0]["content"][1], sent[3]["output"][1], sent[4]["output"][0]]
    assert [place["image_url"] for place in places] == [HALF] * 3


def test_a_screenshot_is_not_touched(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    screenshot = {"type": "computer_screenshot", "image_url": URL}
    called = {
        "type": "computer_call",
        "call_id": "c1",
        "id": "i",
        "action": {"type": "screenshot"},
        "status": "completed",
    }
    tool = {"type": "computer_use_preview", "display_width": 600, "display_height": 600, "environment": "browser"}
    given = [turn("go", seen()), called, {"type": "computer_call_output", "call_id": "c1", "output": screenshot}]
    ask(client, given, tools=[tool])
    assert fake.last.json["input"] == given


def test_a_turn_may_stand_on_the_one_before(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    first = ask(client, [turn("one", seen())])
    ask(client, [turn("two", seen())], previous_response_id=first.id)
    assert fake.last.json["previous_response_id"] == first.id
    with pytest.raises(openai.BadRequestError):
        ask(client, previous_response_id="resp_none")


def test_tools_make_their_round_trip(client: openai.OpenAI) -> None:
    question = turn("How is it?", seen())
    called = ask(client, [question], tools=TOOLS, knob="tools").output
    assert [(call.type, call.name) for call in called] == [("function_call", "weather"), ("function_call", "clock")]
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": [seen()]} for call in called]
    answer = ask(client, [question, *(call.to_dict() for call in called), *results], tools=TOOLS)
    assert answer.output_text == "Grüezi 🖼 765 image tokens"


def test_a_refusal_is_a_refusal(client: openai.OpenAI) -> None:
    assert ask(client, knob="refusal").output[0].content[0].refusal == SAID


def test_switches_in_the_body_reach_the_gateway_alone(client: openai.OpenAI) -> None:
    answer = ask(client, [turn(seen())], extra_body={"token0_optimize": False})
    assert answer.output_text == "Grüezi 🖼 765 image tokens"


def test_the_tokens_of_a_request_are_counted_as_it_will_be_sent(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    counted = client.responses.input_tokens.count(model=MODEL, input=[turn(seen())])
    assert (counted.input_tokens, "token0" in (counted.model_extra or {})) == (255, False)


def test_a_stored_response_is_fetched(client: openai.OpenAI) -> None:
    assert client.responses.retrieve("resp_9").output_text == "stored"


@INPUTS
@pytest.mark.parametrize("knob", ["", "crlf", "comments", "split", "obfuscation", "gzip", "incomplete"])
def test_a_stream_is_read(client: openai.OpenAI, given: Any, knob: str) -> None:
    events = list(ask(client, given, stream=True, knob=knob))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == (SAID if isinstance(given, str) else CHEAP) + " "
    assert [event.sequence_number for event in events] == list(range(13))


@pytest.mark.parametrize("knob", ["", "incomplete"])
def test_the_last_event_of_a_stream_with_images_carries_the_report(client: openai.OpenAI, knob: str) -> None:
    events = list(ask(client, [turn("what?", seen())], stream=True, knob=knob))
    assert ["token0" in event.model_extra for event in events] == [False] * 12 + [True]
    assert (events[-1].token0["tokens_saved"], events[-1].token0["billed_prompt_tokens"]) == (510, 256)


@INPUTS
def test_the_helper_for_streams_is_served(client: openai.OpenAI, given: Any) -> None:
    with client.responses.stream(model=MODEL, input=given) as stream:
        final = stream.until_done().get_final_response()
    assert final.output_text == (SAID if isinstance(given, str) else CHEAP)


@INPUTS
def test_tool_calls_of_a_stream_are_put_together(client: openai.OpenAI, given: Any) -> None:
    with client.responses.stream(model=MODEL, input=given, tools=TOOLS, extra_headers=knobs("tools")) as stream:
        calls: Any = stream.until_done().get_final_response().output
    assert [call.arguments for call in calls] == ['{"city":"Zürich"}', '{"zone":"CET"}']


@INPUTS
@pytest.mark.parametrize(
    ("knob", "error", "status"),
    [
        ("rate-limit", openai.RateLimitError, 429),
        ("quota", openai.RateLimitError, 429),
        ("overloaded", openai.InternalServerError, 503),
    ],
)
def test_an_error_of_openai_is_the_exception_of_its_class(
    client: openai.OpenAI, given: Any, knob: str, error: Any, status: int
) -> None:
    with pytest.raises(error) as caught:
        ask(client, given, knob=knob)
    assert (caught.value.status_code, caught.value.request_id) == (status, "req_1")


MISTAKES: dict[str, tuple[dict[str, Any], Any]] = {
    "a model of nobody": ({"model": "nothing"}, openai.NotFoundError),
    "a field openai does not know": ({"extra_body": {"topk": 4}}, openai.BadRequestError),
    "a part of chat": ({"given": [turn({"type": "text", "text": "x"})]}, openai.BadRequestError),
    "base64 that is none": ({"given": [turn(seen("data:image/png;base64,@"))]}, openai.BadRequestError),
    "an image that is none": ({"given": [turn(seen("data:image/png;base64,aGVsbG8="))]}, openai.BadRequestError),
}


@pytest.mark.parametrize(("fields", "error"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_the_exception_of_its_class(client: openai.OpenAI, fields: dict[str, Any], error: Any) -> None:
    with pytest.raises(error):
        ask(client, **fields)


@INPUTS
def test_an_error_of_openai_within_a_stream_is_an_event(client: openai.OpenAI, given: Any) -> None:
    events = list(ask(client, given, stream=True, knob="error"))
    assert (events[-1].type, events[-1].code) == ("error", "server_error")


@INPUTS
def test_a_stream_that_breaks_off_is_an_event_and_an_error(client: openai.OpenAI, given: Any) -> None:
    events: list[Any] = []
    with pytest.raises(openai.APIConnectionError):
        events.extend(ask(client, given, stream=True, knob="cut"))
    assert "response.completed" not in [event.type for event in events]


@INPUTS
def test_the_event_of_a_stream_that_breaks_off_names_the_cause(client: openai.OpenAI, given: Any) -> None:
    stream = iter(ask(client, given, stream=True, knob="cut"))
    events = [next(stream) for _ in range(5)]
    assert (events[-1].type, events[-1].code) == ("error", "upstream_unreachable")


@INPUTS
def test_a_client_that_closes_its_stream_stops_the_provider(
    client: openai.OpenAI, fake: FakeOpenAI, given: Any
) -> None:
    stream = ask(client, given, stream=True, knob="hang")
    next(iter(stream))
    assert fake.waiting.wait(10)
    stream.close()
    assert fake.gone.wait(10)


@INPUTS
def test_a_provider_that_waits_for_the_reader_never_waits_in_vain(
    client: openai.OpenAI, fake: FakeOpenAI, given: Any
) -> None:
    for _ in ask(client, given, stream=True, knob="ack"):
        fake.acknowledged += 1
    assert fake.acknowledged == 13


def test_headers_of_openai_and_of_the_gateway_arrive(client: openai.OpenAI) -> None:
    raw = client.responses.with_raw_response.create(model=MODEL, input=[turn(seen())])
    expected = {"x-request-id": "req_1", "x-ratelimit-limit-requests": "10000", "x-token0-saved": "510"}
    assert {name: raw.headers[name] for name in expected} == expected
