"""The vendors' own clients read the streams that dialects make of whole answers, and the bodies made of streams."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anthropic
import google.genai
import httpx
import httpx2
import ollama
import openai
from google.genai.types import HttpOptions

from token0 import plugins
from token0.wire import Endpoint

if TYPE_CHECKING:
    from token0.wire import Dialect

DIALECTS: dict[str, Dialect] = {name: dialect() for name, dialect in plugins.load().dialects.items()}
CALLS = [
    {"id": "a", "type": "function", "function": {"name": "read", "arguments": "{}"}},
    {"id": "b", "type": "function", "function": {"name": "sum", "arguments": '{"x": [1, 2]}'}},
]
TOKEN = {"token": "42 €", "logprob": -0.5, "bytes": None, "top_logprobs": []}
CHAT = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 7, "model": "gpt-4o", "system_fingerprint": "fp",
    "choices": [
        {
            "index": 0, "finish_reason": "tool_calls", "logprobs": {"content": [TOKEN], "refusal": None},
            "message": {"role": "assistant", "content": "42 €", "refusal": None, "tool_calls": CALLS},
        },
        {
            "index": 1, "finish_reason": "stop", "logprobs": None,
            "message": {"role": "assistant", "content": None, "refusal": "No."},
        },
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
}  # fmt: skip
RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 7, "status": "completed", "model": "gpt-5.4", "error": None,
    "incomplete_details": None, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "metadata": {},
    "output": [
        {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Add."}]},
        {
            "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "42 €", "annotations": [], "logprobs": []}],
        },
        {
            "id": "fc_1", "type": "function_call", "call_id": "c", "name": "sum", "arguments": '{"x":1}',
            "status": "completed",
        },
    ],
    "usage": {
        "input_tokens": 9, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 13,
    },
}  # fmt: skip
MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5", "stop_reason": "tool_use",
    "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 7, "cache_read_input_tokens": 5},
    "content": [
        {"type": "thinking", "thinking": "40+2", "signature": "c2ln"},
        {
            "type": "text", "text": "42 €",
            "citations": [{
                "type": "char_location", "cited_text": "42", "document_index": 0, "document_title": None,
                "start_char_index": 0, "end_char_index": 2, "file_id": None,
            }],
        },
        {"type": "tool_use", "id": "a", "name": "read", "input": {}},
        {"type": "tool_use", "id": "b", "name": "sum", "input": {"x": [1, 2]}},
    ],
}  # fmt: skip
GEMINI = {
    "candidates": [{
        "index": 0, "finishReason": "STOP",
        "content": {"role": "model", "parts": [
            {"text": "40+2", "thought": True}, {"text": "42 €"},
            {"functionCall": {"name": "sum", "args": {"x": 1}}, "thoughtSignature": "c2ln"},
        ]},
    }],
    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13},
    "modelVersion": "gemini-3.8-flash", "responseId": "r1",
}  # fmt: skip
OLLAMA = {
    "model": "llava:7b", "created_at": "2026-11-25T10:00:00Z", "done": True, "done_reason": "stop",
    "prompt_eval_count": 9, "eval_count": 4,
    "message": {
        "role": "assistant", "content": "42 €", "thinking": "40+2",
        "tool_calls": [{"function": {"name": "sum", "arguments": {"x": 1}}}],
    },
}  # fmt: skip
BODIES = {
    "openai-chat": CHAT,
    "openai-responses": RESPONSE,
    "anthropic-messages": MESSAGE,
    "gemini": GEMINI,
    "ollama": OLLAMA,
}


def server(name: str, *, whole: bool = False, by: Any = httpx) -> Any:
    """Answers each request with the stream made of the dialect's body, or with the body made of that stream."""

    def answer(http: Any) -> Any:
        dialect = DIALECTS[name]
        path = "/v1beta/models/{model}:streamGenerateContent"
        request = dialect.read(http.content, Endpoint(kind="generate", path=path, model="m"))
        request = type(request)(body=b"", document=request.document, model="m", query=http.url.query.decode())
        events = dialect.events(json.dumps(BODIES[name]).encode(), request)
        assert events is not None
        if not whole:
            return by.Response(200, content=b"".join(events), headers={"Content-Type": dialect.stream_type(request)})
        return by.Response(200, content=dialect.whole(events), headers={"Content-Type": "application/json"})

    return by.MockTransport(answer)


def by_openai(transport: Any) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", base_url="http://x/v1", http_client=httpx.Client(transport=transport))


def asked(transport: Any, **options: Any) -> Any:
    completions = by_openai(transport).chat.completions
    return completions.stream(model="gpt-4o", messages=[], n=2, **options)


def test_openai_reads_a_completion_from_its_stream() -> None:
    with asked(server("openai-chat"), stream_options={"include_usage": True}) as stream:
        read = stream.get_final_completion().to_dict()
    assert meaning(read) == meaning(CHAT)


def test_openai_reads_no_usage_it_did_not_ask_for() -> None:
    with asked(server("openai-chat")) as stream:
        chunks = [event.chunk for event in stream if event.type == "chunk"]
    assert all(chunk.choices for chunk in chunks)
    assert {chunk.usage for chunk in chunks} == {None}


def test_openai_reads_a_completion_made_of_a_stream() -> None:
    client = by_openai(server("openai-chat", whole=True))
    options: Any = {"stream_options": {"include_usage": True}}
    assert client.chat.completions.create(model="gpt-4o", messages=[], **options).to_dict() == CHAT


def test_openai_reads_a_response_from_its_stream() -> None:
    with by_openai(server("openai-responses")).responses.stream(model="gpt-5.4", input="?") as stream:
        events = list(stream)
        read = stream.get_final_response()
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "42 €"
    assert read.output_text == "42 €"
    assert meaning(read.to_dict()) == meaning(RESPONSE)


def test_openai_reads_a_response_made_of_a_stream() -> None:
    read = by_openai(server("openai-responses", whole=True)).responses.create(model="gpt-5.4", input="?")
    assert read.to_dict() == RESPONSE


def by_anthropic(transport: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="k", base_url="http://x", http_client=httpx2.Client(transport=transport))


def test_anthropic_reads_a_message_from_its_stream() -> None:
    client = by_anthropic(server("anthropic-messages", by=httpx2))
    with client.messages.stream(model="claude-opus-5-5", max_tokens=9, messages=[]) as stream:
        read = stream.get_final_message().to_dict()
    assert meaning(read) == meaning(MESSAGE)


def test_anthropic_reads_a_message_made_of_a_stream() -> None:
    client = by_anthropic(server("anthropic-messages", whole=True, by=httpx2))
    assert client.messages.create(model="claude-opus-5-5", max_tokens=9, messages=[]).to_dict() == MESSAGE


def by_google(transport: Any) -> google.genai.Client:
    options = HttpOptions(base_url="http://x", httpx_client=httpx.Client(transport=transport))
    return google.genai.Client(api_key="k", http_options=options)


def test_google_reads_an_answer_from_its_stream() -> None:
    chunks = list(by_google(server("gemini")).models.generate_content_stream(model="m", contents="?"))
    assert [said(chunk) for chunk in chunks] == [("42 €", [("sum", {"x": 1})], "STOP", 13)]


def test_google_reads_an_answer_made_of_a_stream() -> None:
    read = by_google(server("gemini", whole=True)).models.generate_content(model="m", contents="?")
    assert said(read) == ("42 €", [("sum", {"x": 1})], "STOP", 13)


def said(answer: Any) -> tuple[str, list[tuple[str, Any]], str, int]:
    parts = answer.candidates[0].content.parts
    assert parts[-1].thought_signature == b"sig"
    text = "".join(part.text for part in parts if part.text and not part.thought)
    calls = [(call.name, call.args) for call in answer.function_calls]
    return text, calls, answer.candidates[0].finish_reason.value, answer.usage_metadata.total_token_count


def test_ollama_reads_an_answer_from_its_stream() -> None:
    first, last = ollama.Client("http://x", transport=server("ollama")).chat("m", [], stream=True)
    assert last.message.content == ""
    assert meaning({**last.model_dump(), "message": first.message.model_dump()}) == meaning(OLLAMA)


def test_ollama_reads_an_answer_made_of_a_stream() -> None:
    read = ollama.Client("http://x", transport=server("ollama", whole=True)).chat("m", [])
    assert meaning(read.model_dump()) == meaning(OLLAMA)


def meaning(value: Any) -> Any:
    """Without the nulls, and without what clients add: parsed arguments and the index of a call."""
    if isinstance(value, list):
        return [meaning(each) for each in value]
    if not isinstance(value, dict):
        return value
    added = {"parsed", "parsed_arguments", "parsed_output"} | ({"index"} if "function" in value else set())
    return {key: meaning(each) for key, each in value.items() if each is not None and key not in added}
