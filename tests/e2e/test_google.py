"""Google's own client against a gateway before a fake Gemini API."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fakes.google import FakeGoogle
from fakes.google_behind import FLASH, GREY, GREY64, INLINE, KEY, gateway, size_of
from fakes.google_rules import camel
from google import genai
from google.genai import errors, types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PICTURE = types.Part.from_bytes(data=GREY, mime_type="image/png")
# 600 by 400 at 1,120 tokens: 40 across, 27 down. At 280: 20 and 13.
WHOLE, LOW = 1080, 260


@pytest.fixture
def fake() -> FakeGoogle:
    return FakeGoogle()


@pytest.fixture
def start(loop: Any, fake: FakeGoogle, tmp_path: Path) -> Callable[..., str]:
    """Starts the fake and a gateway before it; `step` is run on every image. Returns the gateway's address."""

    def serve(step: str | None = None, **settings: Any) -> str:
        return gateway(loop, tmp_path, fake, step, **settings)[0]

    return serve


def sdk(address: str, **options: Any) -> genai.Client:
    return genai.Client(api_key=options.pop("key", KEY), http_options={"base_url": address, **options})


@pytest.fixture
def client(start: Callable[..., str]) -> Iterator[genai.Client]:
    with sdk(start()) as client:
        yield client


def knob(*names: str, **options: Any) -> types.GenerateContentConfig:
    http = types.HttpOptions(headers={"X-Fake": ",".join(names)}, extra_body=options.pop("extra_body", None))
    return types.GenerateContentConfig(http_options=http, **options)


def test_a_question_is_answered(client: genai.Client) -> None:
    answer = client.models.generate_content(model=FLASH, contents="hello there")
    assert (answer.text, answer.usage_metadata.prompt_token_count) == ("Grüezi 🖼 0 image tokens", 2)


def test_a_stream_comes_word_by_word(client: genai.Client) -> None:
    chunks = list(client.models.generate_content_stream(model=FLASH, contents="hello there"))
    assert [chunk.text for chunk in chunks] == ["Grüezi ", "🖼 ", "0 ", "image ", "tokens"]


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
def test_the_asynchronous_client_streams(start: Callable[..., str]) -> None:
    async def words() -> list[str | None]:
        client = sdk(start())
        stream = await client.aio.models.generate_content_stream(model=FLASH, contents=[PICTURE, "what?"])
        said = [chunk.text async for chunk in stream]
        await client.aio.aclose()
        client.close()
        return said

    assert asyncio.run(words()) == ["Grüezi ", "🖼 ", f"{WHOLE} ", "image ", "tokens"]


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_the_version_of_the_client_is_kept(start: Callable[..., str], fake: FakeGoogle, version: str) -> None:
    with sdk(start(), api_version=version) as client:
        client.models.generate_content(model=FLASH, contents="hello")
    assert fake.last.path == f"/{version}/models/{FLASH}:generateContent"


@pytest.mark.parametrize("name", [f"google/{FLASH}", f"gemini/{FLASH}", f"models/{FLASH}"])
def test_a_name_with_a_prefix_reaches_the_model(start: Callable[..., str], fake: FakeGoogle, name: str) -> None:
    with httpx.Client(base_url=start(), trust_env=False) as http:
        path = f"/v1beta/models/{name.replace('/', '%2F')}:generateContent"
        http.post(path, json={"contents": {"parts": {"text": "hi"}}}, headers={"x-goog-api-key": KEY})
    assert fake.last.path == f"/v1beta/models/{FLASH}:generateContent"


@pytest.mark.parametrize(("model", "tokens"), [(FLASH, WHOLE), ("gemini-2.5-flash", 258 * 3 * 2)])
def test_an_image_costs_what_its_model_asks(client: genai.Client, model: str, tokens: int) -> None:
    # The older model crops by 400 / 1.5 = 266 px: 3 by 2.
    answer = client.models.generate_content(model=model, contents=[PICTURE, "what?"])
    assert answer.usage_metadata.prompt_token_count == 1 + tokens


def test_a_conversation_keeps_its_turns(client: genai.Client, fake: FakeGoogle) -> None:
    chat = client.chats.create(model=FLASH, config=types.GenerateContentConfig(system_instruction="be brief"))
    chat.send_message([PICTURE, "first"])
    chat.send_message("second")
    assert [content["role"] for content in fake.last.json["contents"]] == ["user", "model", "user"]


def test_the_chat_calls_functions_and_tells_their_results(client: genai.Client, fake: FakeGoogle) -> None:
    def weather(city: str, days: int) -> str:
        """The weather in a city."""
        return f"{days} sunny days in {city}"

    def clock(zone: str) -> str:
        """The time in a zone."""
        return f"noon in {zone}"

    config = knob("tools", tools=[weather, clock])
    config.automatic_function_calling = types.AutomaticFunctionCallingConfig(maximum_remote_calls=2)
    chat = client.chats.create(model=FLASH, config=config)
    chat.send_message("What is the weather in Bern, and the time?")
    results = [part["functionResponse"]["response"] for part in fake.received[1].json["contents"][2]["parts"]]
    assert results == [{"result": "2 sunny days in Bern"}, {"result": "noon in CET"}]


def test_a_signature_comes_back_as_it_was(client: genai.Client, fake: FakeGoogle) -> None:
    tool = types.Tool(function_declarations=[types.FunctionDeclaration(name=name) for name in ("weather", "clock")])
    first = client.models.generate_content(model=FLASH, contents="weather?", config=knob("tools", tools=[tool]))
    asked = types.UserContent("weather?")
    told = [types.Part.from_function_response(name=name, response={"a": 1}) for name in ("weather", "clock")]
    told.append(PICTURE)
    turns = [asked, first.candidates[0].content, types.UserContent(told)]
    client.models.generate_content(
        model=FLASH, contents=turns, config=knob(extra_body={"token0_detail_override": "low"})
    )
    assert fake.last.json["contents"][1]["parts"][1]["thoughtSignature"] == "c2lnbmVk"


def test_thoughts_are_told(client: genai.Client) -> None:
    answer = client.models.generate_content(model=FLASH, contents="why?", config=knob("thoughts"))
    assert answer.candidates[0].content.parts[0].thought is True


def test_a_refused_prompt_is_told(client: genai.Client) -> None:
    answer = client.models.generate_content(model=FLASH, contents="no", config=knob("blocked"))
    assert answer.prompt_feedback.block_reason == "PROHIBITED_CONTENT"


def test_tokens_are_counted(client: genai.Client) -> None:
    assert client.models.count_tokens(model=FLASH, contents=[PICTURE, "what?"]).total_tokens == 1 + WHOLE


def test_a_count_is_of_the_request_that_would_be_sent(start: Callable[..., str], fake: FakeGoogle) -> None:
    with sdk(start("tell")) as client:
        assert client.models.count_tokens(model=FLASH, contents=[PICTURE, "what?"]).total_tokens == 1 + 4
    assert b"token0" not in fake.sent[-1]


def test_a_smaller_resolution_is_written_beside_the_image(client: genai.Client, fake: FakeGoogle) -> None:
    config = knob(extra_body={"token0_detail_override": "low"})
    answer = client.models.generate_content(model=FLASH, contents=[PICTURE, "what?"], config=config)
    part = fake.last.json["contents"][0]["parts"][0]
    assert part["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}
    assert answer.usage_metadata.prompt_token_count == 1 + LOW


def test_a_smaller_resolution_of_an_older_model_is_that_of_the_request(client: genai.Client, fake: FakeGoogle) -> None:
    config = knob(extra_body={"token0_detail_override": "low"}, temperature=0.5)
    client.models.generate_content(model="gemini-2.5-flash", contents=[PICTURE, "what?"], config=config)
    assert fake.last.json["generationConfig"] == {"temperature": 0.5, "mediaResolution": "MEDIA_RESOLUTION_LOW"}


def test_an_image_is_made_cheap(start: Callable[..., str], fake: FakeGoogle) -> None:
    with sdk(start("halve")) as client:
        answer = client.models.generate_content(model="gemini-2.5-flash", contents=[PICTURE, "what?"])
    assert size_of(fake.last.json["contents"][0]["parts"][0]) == (300, 200)
    assert answer.usage_metadata.prompt_token_count == 1 + 258


def test_an_image_in_the_result_of_a_function_is_made_cheap(start: Callable[..., str], fake: FakeGoogle) -> None:
    blob = types.FunctionResponseBlob(mime_type="image/png", data=GREY, display_name="shot")
    shot = types.FunctionResponse(
        id="1", name="look", response={"image": {"$ref": "shot"}}, parts=[types.FunctionResponsePart(inline_data=blob)]
    )
    call = types.Part(function_call=types.FunctionCall(id="1", name="look", args={}), thought_signature=b"signed")
    turns = [types.UserContent("look"), types.ModelContent(call), types.UserContent(types.Part(function_response=shot))]
    with sdk(start("tell")) as client:
        client.models.generate_content(model=FLASH, contents=turns)
    sent = camel(fake.last.json)["contents"][2]["parts"][0]["functionResponse"]["parts"][0]["inlineData"]
    assert sent == {"mimeType": "text/plain", "data": "Z3JleSwgNjAwIGJ5IDQwMA==", "displayName": "shot"}


def test_the_report_comes_with_the_answer(start: Callable[..., str]) -> None:
    with httpx.Client(base_url=start("tell"), trust_env=False, headers={"x-goog-api-key": KEY}) as http:
        body = {"contents": [{"parts": [INLINE, {"text": "what?"}]}]}
        answer = http.post(f"/v1/models/{FLASH}:generateContent", json=body)
    # "grey, 600 by 400" in tokens of four bytes.
    assert answer.json()["token0"]["tokens_saved"] == WHOLE - 4
    assert answer.headers["x-token0-saved"] == str(WHOLE - 4)


@pytest.mark.parametrize("query", ["?alt=sse", ""], ids=["events", "array"])
def test_the_report_comes_in_the_last_chunk(start: Callable[..., str], query: str) -> None:
    with httpx.Client(base_url=start("tell"), trust_env=False, headers={"x-goog-api-key": KEY}) as http:
        body = {"contents": [{"parts": [INLINE, {"text": "what?"}]}]}
        answer = http.post(f"/v1/models/{FLASH}:streamGenerateContent{query}", json=body)
    chunks = [line[6:] for line in answer.text.split("\r\n\r\n") if line]
    told = httpx.Response(200, text=chunks[-1] if query else answer.text).json()
    last = told if query else told[-1]
    assert (last["token0"]["billed_prompt_tokens"], answer.text.count('"token0"')) == (5, 1)


def test_the_client_does_not_mind_the_report(start: Callable[..., str]) -> None:
    with sdk(start("tell")) as client:
        chunks = list(client.models.generate_content_stream(model=FLASH, contents=[PICTURE, "what?"]))
    assert "".join(chunk.text for chunk in chunks) == "Grüezi 🖼 0 image tokens"


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("rate-limit", errors.ClientError, 429),
        ("overloaded", errors.ServerError, 503),
        ("broken", errors.ServerError, 500),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_an_error_is_the_right_exception(
    client: genai.Client, fault: str, kind: type[Exception], code: int, streamed: bool
) -> None:
    method = client.models.generate_content_stream if streamed else client.models.generate_content
    with pytest.raises(kind) as raised:
        list(method(model=FLASH, contents="hello", config=knob(fault)))
    assert raised.value.code == code


def test_retry_after_and_the_headers_of_the_provider_are_kept(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(model=FLASH, contents="hello", config=knob("rate-limit"))
    headers = raised.value.response.headers
    assert (headers["retry-after"], headers["x-goog-request-id"]) == ("7", "req-7")


def test_an_error_in_a_stream_is_raised(client: genai.Client) -> None:
    with pytest.raises(errors.ServerError, match="overloaded"):
        list(client.models.generate_content_stream(model=FLASH, contents=[PICTURE, "hi"], config=knob("error")))


def test_a_stream_that_was_cut_does_not_end_quietly(client: genai.Client) -> None:
    with pytest.raises(errors.ServerError, match="broke off"):
        list(client.models.generate_content_stream(model=FLASH, contents="hi", config=knob("cut")))


def test_an_unknown_model_is_named_in_googles_words(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(model="parrot", contents="hi")
    assert (raised.value.code, raised.value.status) == (404, "NOT_FOUND")


def test_a_broken_image_is_named(start: Callable[..., str]) -> None:
    with httpx.Client(base_url=start(), trust_env=False, headers={"x-goog-api-key": KEY}) as http:
        body = {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "?"}}]}]}
        answer = http.post(f"/v1/models/{FLASH}:generateContent", json=body)
    violation = answer.json()["error"]["details"][0]["fieldViolations"][0]
    assert (answer.status_code, violation["field"]) == (400, "contents[0].parts[0]")


def test_a_door_to_a_provider_without_a_translator_is_closed_in_googles_words(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(model="models/openai/gpt-4o", contents="hi")
    assert (raised.value.code, raised.value.status) == (400, "INVALID_ARGUMENT")


def test_the_clients_list_of_models_is_googles(client: genai.Client) -> None:
    assert FLASH in [(model.name or "").removeprefix("models/") for model in client.models.list()]


def test_a_key_in_the_address_is_enough(start: Callable[..., str], fake: FakeGoogle) -> None:
    with httpx.Client(base_url=start(), trust_env=False) as http:
        body = {"contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": GREY64}}]}]}
        answer = http.post(f"/v1beta/models/{FLASH}:generateContent?key={KEY}", json=body)
    assert (answer.status_code, fake.last.path) == (200, f"/v1beta/models/{FLASH}:generateContent?key={KEY}")


def test_a_configured_key_replaces_the_callers(start: Callable[..., str], fake: FakeGoogle) -> None:
    configured = {"credentials": "configured", "api_key": "AIza-of-the-operator"}
    with httpx.Client(base_url=start(google=configured), trust_env=False) as http:
        body = {"contents": [{"parts": [{"text": "hi"}]}]}
        http.post(f"/v1beta/models/{FLASH}:generateContent?key=mine&alt=json", json=body)
    assert fake.last.path.endswith("?alt=json")
    assert fake.last.headers["x-goog-api-key"] == "AIza-of-the-operator"
