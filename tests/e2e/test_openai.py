"""OpenAI's own client, chat completions and the rest of /v1, against a gateway before a fake OpenAI."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import openai
import pytest
from fakes.openai_behind import CITY, HALF, MODEL, URL, address, client, fake, gateway, knobs, open_client, part, user

from token0.testing import png

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.openai import FakeOpenAI

__all__ = ["address", "client", "fake"]

TOOLS: Any = [{"type": "function", "function": {"name": name, "parameters": CITY}} for name in ("weather", "clock")]
SAID = "Grüezi 🖼 0 image tokens"


def ask(client: openai.OpenAI, *messages: Any, knob: str = "", **fields: Any) -> Any:
    return client.chat.completions.create(
        **{"model": MODEL, "messages": list(messages) or [user("hi")], "extra_headers": knobs(knob), **fields}
    )


def test_a_question_is_answered(client: openai.OpenAI) -> None:
    answer = ask(client)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (SAID, "stop")


def test_an_answer_without_images_carries_no_report(client: openai.OpenAI) -> None:
    assert "token0" not in ask(client).model_extra


def test_an_image_is_made_cheap_and_the_report_says_so(client: openai.OpenAI) -> None:
    answer = ask(client, user("what?", part()))
    assert answer.usage.prompt_tokens_details.image_tokens == 255
    assert answer.token0["tokens_saved"] == 510
    assert answer.token0["billed_prompt_tokens"] == answer.usage.prompt_tokens
    assert answer.token0["optimizations_applied"] == ["halve"]


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-6-astra"])
@pytest.mark.parametrize("detail", [None, "low", "high"])
@pytest.mark.parametrize("size", [(100, 100), (1024, 1024), (1400, 3000)])
def test_the_estimate_is_what_is_billed(
    client: openai.OpenAI, model: str, detail: str | None, size: tuple[int, int]
) -> None:
    image = "data:image/png;base64," + base64.b64encode(png(*size)).decode()
    fields = {} if detail is None else {"detail": detail}
    answer = ask(client, user(part(image, **fields)), model=model)
    assert answer.token0["images"][0]["after"]["tokens"] == answer.usage.prompt_tokens_details.image_tokens


def test_an_image_that_openai_would_refuse_goes_through(client: openai.OpenAI) -> None:
    # 250 x 125 patches, of which 30,000 are allowed.
    image = "data:image/png;base64," + base64.b64encode(png(8000, 4000)).decode()
    assert ask(client, user(part(image)), model="gpt-6-astra").token0["tokens_saved"] > 0


def test_images_of_all_turns_are_made_cheap(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    ask(client, user("one", part()), {"role": "assistant", "content": "ok"}, user("two", part(detail="high"), part()))
    sent = [turn["content"] for turn in fake.last.json["messages"]]
    assert [[each["image_url"]["url"] for each in turn[1:]] for turn in (sent[0], sent[2])] == [[HALF], [HALF, HALF]]


def test_a_turn_is_sent_the_same_way_every_time(client: openai.OpenAI, fake: FakeOpenAI) -> None:
    first = user("one", part())
    ask(client, first)
    ask(client, first, {"role": "assistant", "content": "ok"}, user("two", part()))
    assert fake.received[0].json["messages"][0] == fake.received[1].json["messages"][0]


def test_tools_make_their_round_trip(client: openai.OpenAI) -> None:
    question = user("How is it?", part())
    called = ask(client, question, tools=TOOLS, knob="tools").choices[0]
    assert called.finish_reason == "tool_calls"
    assert [call.function.name for call in called.message.tool_calls] == ["weather", "clock"]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "fine"} for call in called.message.tool_calls]
    answer = ask(client, question, called.message.to_dict(), *results, tools=TOOLS)
    assert answer.choices[0].message.content == "Grüezi 🖼 255 image tokens"


def test_a_refusal_is_a_refusal(client: openai.OpenAI) -> None:
    assert ask(client, knob="refusal").choices[0].message.refusal == SAID


def test_several_choices_arrive(client: openai.OpenAI) -> None:
    assert [choice.index for choice in ask(client, user(part()), n=2).choices] == [0, 1]


def test_switches_in_the_body_reach_the_gateway_alone(client: openai.OpenAI) -> None:
    # The fake refuses fields it does not know, as OpenAI does.
    answer = ask(client, user(part()), extra_body={"token0_optimize": False, "token0_enable_cache": True})
    assert answer.usage.prompt_tokens_details.image_tokens == 765


def test_a_detail_can_be_demanded_of_the_gateway(client: openai.OpenAI) -> None:
    answer = ask(client, user(part()), extra_body={"token0_detail_override": "low"})
    assert answer.usage.prompt_tokens_details.image_tokens == 85


def test_without_report_the_answer_has_no_unknown_field(client: openai.OpenAI) -> None:
    answer = ask(client, user(part()), extra_headers={"X-Token0-Report": "off"})
    assert (answer.usage.prompt_tokens_details.image_tokens, "token0" in answer.model_extra) == (255, False)


def words(stream: Any, index: int = 0) -> str:
    return "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices if choice.index == index)


@pytest.mark.parametrize("knob", ["", "crlf", "comments", "split", "obfuscation", "gzip"])
def test_a_stream_is_read(client: openai.OpenAI, knob: str) -> None:
    assert words(ask(client, stream=True, knob=knob)) == SAID + " "


@pytest.mark.parametrize("knob", ["", "crlf", "comments", "split", "obfuscation", "gzip"])
def test_a_stream_with_images_is_read_and_its_last_chunk_carries_the_report(client: openai.OpenAI, knob: str) -> None:
    chunks = list(ask(client, user("what?", part()), stream=True, knob=knob))
    assert words(chunks) == "Grüezi 🖼 255 image tokens "
    assert [chunk.token0["tokens_saved"] for chunk in chunks if "token0" in chunk.model_extra] == [510]
    assert chunks[-1].token0["billed_prompt_tokens"] == 256
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("content", [["what?"], ["what?", part()]], ids=["text", "image"])
def test_the_usage_of_a_stream_comes_where_it_was_asked_for(client: openai.OpenAI, content: list[Any]) -> None:
    chunks = list(ask(client, user(*content), stream=True, stream_options={"include_usage": True}))
    assert [bool(chunk.usage) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].choices == []


@pytest.mark.parametrize("content", [["what?"], ["what?", part()]], ids=["text", "image"])
def test_no_usage_of_a_stream_comes_unasked(client: openai.OpenAI, content: list[Any]) -> None:
    chunks = list(ask(client, user(*content), stream=True))
    assert not any(chunk.usage for chunk in chunks)
    assert all(chunk.choices for chunk in chunks)


def test_every_choice_of_a_stream_arrives_whole(client: openai.OpenAI) -> None:
    chunks = list(ask(client, user("what?", part()), stream=True, n=2))
    assert [words(chunks, index) for index in (0, 1)] == ["Grüezi 🖼 255 image tokens "] * 2
    assert ["token0" in chunk.model_extra for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


@pytest.mark.parametrize("content", [["what?"], ["what?", part()]], ids=["text", "image"])
def test_tool_calls_of_a_stream_are_put_together(client: openai.OpenAI, content: list[Any]) -> None:
    with client.chat.completions.stream(
        model=MODEL, messages=[user(*content)], tools=TOOLS, extra_headers=knobs("tools")
    ) as stream:
        calls = stream.until_done().get_final_completion().choices[0].message.tool_calls
    assert calls is not None
    assert [call.function.arguments for call in calls] == ['{"city":"Zürich"}', '{"zone":"CET"}']


def test_the_refusal_of_a_stream_is_put_together(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model=MODEL, messages=[user(part())], extra_headers=knobs("refusal")) as stream:
        assert stream.until_done().get_final_completion().choices[0].message.refusal == "Grüezi 🖼 255 image tokens "


def test_the_asynchronous_client_is_served(address: str) -> None:
    async def run() -> str:
        async with openai.AsyncOpenAI(base_url=address + "/v1", api_key="sk-test", max_retries=0) as client:
            stream = await client.chat.completions.create(model=MODEL, messages=[user("hi", part())], stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(run()) == "Grüezi 🖼 255 image tokens "


ERRORS = {
    "rate-limit": (openai.RateLimitError, 429, "rate_limit_exceeded"),
    "quota": (openai.RateLimitError, 429, "insufficient_quota"),
    "overloaded": (openai.InternalServerError, 503, None),
    "broken": (openai.InternalServerError, 500, None),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("content", [["what?"], ["what?", part()]], ids=["text", "image"])
@pytest.mark.parametrize(("knob", "error", "status", "code"), [(knob, *row) for knob, row in ERRORS.items()])
def test_an_error_of_openai_is_the_exception_of_its_class(
    client: openai.OpenAI, content: list[Any], stream: bool, knob: str, error: Any, status: int, code: str | None
) -> None:  # fmt: skip
    with pytest.raises(error) as caught:
        ask(client, user(*content), stream=stream, knob=knob)
    assert (caught.value.status_code, caught.value.code) == (status, code)


def test_what_an_error_says_of_retries_is_kept(client: openai.OpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client, knob="rate-limit")
    headers = caught.value.response.headers
    assert (headers["retry-after"], headers["retry-after-ms"], headers["x-should-retry"]) == ("7", "7000", "true")
    assert caught.value.request_id == "req_1"


@pytest.mark.parametrize(("knob", "times"), [("overloaded", 3), ("quota", 1)])
def test_the_client_retries_as_it_would_without_gateway(
    client: openai.OpenAI, fake: FakeOpenAI, knob: str, times: int
) -> None:
    with pytest.raises(openai.APIStatusError):
        ask(client.with_options(max_retries=2), knob=knob)
    assert len(fake.received) == times


def test_a_wrong_key_is_an_authentication_error(client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        ask(client.with_options(api_key="wrong"))


MISTAKES: dict[str, tuple[dict[str, Any], Any]] = {
    "a model openai does not have": ({"model": "gpt-4-nothing"}, openai.NotFoundError),
    "a model of nobody": ({"model": "nothing"}, openai.NotFoundError),
    "a field openai does not know": ({"extra_body": {"topk": 4}}, openai.BadRequestError),
    "messages that are none": ({"messages": "hi"}, openai.BadRequestError),
    "base64 that is none": ({"messages": [user(part("data:image/png;base64,@"))]}, openai.BadRequestError),
    "an image that is none": ({"messages": [user(part("data:image/png;base64,aGVsbG8="))]}, openai.BadRequestError),
    "an image of the system": ({"messages": [{**user(part()), "role": "system"}]}, openai.BadRequestError),
    "an image of the wrong type": (
        {"messages": [user(part(URL.replace("png", "jpeg")))], "extra_headers": {"X-Token0": "off"}},
        openai.BadRequestError,
    ),
}


@pytest.mark.parametrize(("fields", "error"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_the_exception_of_its_class(client: openai.OpenAI, fields: dict[str, Any], error: Any) -> None:
    with pytest.raises(error):
        ask(client, **fields)


@pytest.mark.parametrize("content", [["what?"], ["what?", part()]], ids=["text", "image"])
@pytest.mark.parametrize("knob", ["error", "cut"])
def test_a_stream_that_fails_is_an_error_and_no_end(client: openai.OpenAI, content: list[Any], knob: str) -> None:
    got = []
    with pytest.raises(openai.APIError):
        got.extend(ask(client, user(*content), stream=True, knob=knob))
    assert not any(chunk.choices[0].finish_reason for chunk in got)


@pytest.mark.parametrize("content", [["what?"], ["what?", part()]], ids=["text", "image"])
def test_an_answer_that_breaks_off_is_an_error(client: openai.OpenAI, content: list[Any]) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client, user(*content), knob="cut")
    assert caught.value.status_code == 502


def test_a_provider_that_thinks_too_long_is_a_timeout(loop: Any, fake: FakeOpenAI, tmp_path: Path) -> None:
    address = gateway(loop, tmp_path, loop.serve(fake.app), first_byte_seconds=0.2)
    with (
        open_client(address) as client,
        pytest.raises(openai.InternalServerError) as caught,
    ):
        ask(client, knob="think")
    assert (caught.value.status_code, caught.value.type) == (504, "timeout_error")


@pytest.mark.parametrize("content", [["what?"], ["what?", part()]], ids=["text", "image"])
def test_a_client_that_gives_up_stops_the_provider(client: openai.OpenAI, fake: FakeOpenAI, content: list[Any]) -> None:
    with pytest.raises(openai.APITimeoutError):
        ask(client.with_options(timeout=0.3), user(*content), knob="think")
    assert fake.gone.wait(10)


@pytest.mark.parametrize("content", [["what?"], ["what?", part()]], ids=["text", "image"])
def test_a_client_that_closes_its_stream_stops_the_provider(
    client: openai.OpenAI, fake: FakeOpenAI, content: list[Any]
) -> None:
    stream = ask(client, user(*content), stream=True, knob="hang")
    next(iter(stream))
    assert fake.waiting.wait(10)
    stream.close()
    assert fake.gone.wait(10)


@pytest.mark.parametrize("content", [["what?"], ["what?", part()]], ids=["text", "image"])
def test_a_provider_that_waits_for_the_reader_never_waits_in_vain(
    client: openai.OpenAI, fake: FakeOpenAI, content: list[Any]
) -> None:
    for _ in ask(client, user(*content), stream=True, knob="ack"):
        fake.acknowledged += 1
    assert fake.acknowledged == 7


def test_headers_of_openai_and_of_the_gateway_arrive(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=[user("what?", part())])
    expected = {
        "x-request-id": "req_1",
        "openai-processing-ms": "12",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-reset-tokens": "6ms",
        "x-token0-saved": "510",
    }
    assert {name: raw.headers[name] for name in expected} == expected
    assert len(raw.headers["x-token0-request-id"]) == 32
    assert raw.parse()._request_id == "req_1"


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["gpt-4o", "gpt-6-astra"]


def test_embeddings_are_made(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input="hi", encoding_format="float")
    assert answer.data[0].embedding == [0.25, -1.0]


def test_files_go_up_and_come_down_as_they_are(client: openai.OpenAI) -> None:
    data = bytes(range(256)) * 4000
    uploaded = client.files.create(file=("all.bin", data), purpose="user_data")
    assert client.files.content(uploaded.id).read() == data


def test_speech_is_transcribed(client: openai.OpenAI) -> None:
    answer = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"\0" * 1000))
    assert answer.text == "1000 bytes of whisper-1"


def test_a_file_that_is_not_there_is_a_404(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.files.content("file-none")
