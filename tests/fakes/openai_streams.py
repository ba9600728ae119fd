"""Answers of OpenAI's servers, whole and in events, in the documented order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

CALLS = (("call_1", "weather", '{"city":"Zürich"}'), ("call_2", "clock", '{"zone":"CET"}'))


def words(text: str) -> list[str]:
    return [word + " " for word in text.split(" ")]


def chat_usage(text: int, images: int) -> dict[str, Any]:
    details = {"cached_tokens": 0, "image_tokens": images, "text_tokens": text}
    total = text + images
    return {
        "prompt_tokens": total,
        "completion_tokens": 7,
        "total_tokens": total + 7,
        "prompt_tokens_details": details,
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def chat_answer(document: dict[str, Any], said: str, usage: dict[str, Any], knobs: set[str]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said, "refusal": None}
    finish = "stop"
    if "refusal" in knobs:
        message |= {"content": None, "refusal": said}
    if "tools" in knobs:
        calls = [
            {"id": i, "type": "function", "function": {"name": name, "arguments": words}} for i, name, words in CALLS
        ]
        message |= {"content": None, "tool_calls": calls}
        finish = "tool_calls"
    choices = [
        {"index": i, "message": message, "logprobs": None, "finish_reason": finish}
        for i in range(document.get("n") or 1)
    ]
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000, "model": document["model"]}
    return {**head, "choices": choices, "usage": usage, "service_tier": "default", "system_fingerprint": "fp_1"}


def chat_events(document: dict[str, Any], said: str, usage: dict[str, Any], knobs: set[str]) -> Iterator[bytes]:
    streaming = document.get("stream_options") or {}
    wanted = streaming.get("include_usage")
    count = document.get("n") or 1

    def chunk(choices: list[dict[str, Any]], **extra: Any) -> bytes:
        head = {
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000,
            "model": document["model"], "service_tier": "default", "system_fingerprint": "fp_1",
        }  # fmt: skip
        noise = {"obfuscation": "xK3" * 3} if "obfuscation" in knobs else {}
        body = {**head, "choices": choices, **({"usage": None} if wanted else {}), **noise, **extra}
        return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"

    def delta(i: int, finish: str | None = None, **fields: Any) -> dict[str, Any]:
        return {"index": i, "delta": fields, "logprobs": None, "finish_reason": finish}

    for i in range(count):
        yield chunk([delta(i, role="assistant", content="", refusal=None)])
    if "tools" in knobs:
        for index, (call_id, name, arguments) in enumerate(CALLS):
            function = {"name": name, "arguments": ""}
            yield chunk(
                [delta(0, tool_calls=[{"index": index, "id": call_id, "type": "function", "function": function}])]
            )
            for start in range(0, len(arguments), 6):
                piece = {"arguments": arguments[start : start + 6]}
                yield chunk([delta(0, tool_calls=[{"index": index, "function": piece}])])
    else:
        field = "refusal" if "refusal" in knobs else "content"
        for word in words(said):
            for i in range(count):
                yield chunk([delta(i, **{field: word})])
    for i in range(count):
        yield chunk([delta(i, "tool_calls" if "tools" in knobs else "stop")])
    if wanted:
        yield chunk([], usage=usage)
    yield b"data: [DONE]\n\n"


def response_usage(text: int, images: int) -> dict[str, Any]:
    total = text + images
    return {
        "input_tokens": total,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 0},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": total + 7,
    }


def response_answer(
    document: dict[str, Any], said: str, usage: dict[str, Any] | None, knobs: set[str], response_id: str
) -> dict[str, Any]:
    done = usage is not None
    status = ("incomplete" if "incomplete" in knobs else "completed") if done else "in_progress"
    return {
        "id": response_id, "object": "response", "created_at": 1_790_000_000, "status": status, "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": document.get("instructions"), "max_output_tokens": None, "model": document["model"],
        "output": response_items(said, knobs) if done else [], "parallel_tool_calls": True,
        "previous_response_id": document.get("previous_response_id"), "reasoning": {"effort": None, "summary": None},
        "store": True, "temperature": 1.0, "text": {"format": {"type": "text"}},
        "tool_choice": "auto", "tools": document.get("tools") or [], "top_p": 1.0, "truncation": "disabled",
        "usage": usage, "user": None, "metadata": {},
    }  # fmt: skip


def response_items(said: str, knobs: set[str]) -> list[dict[str, Any]]:
    if "tools" in knobs:
        return [
            {"id": f"fc_{i}", "type": "function_call", "status": "completed", "call_id": call_id, "name": name,
             "arguments": arguments}
            for i, (call_id, name, arguments) in enumerate(CALLS)
        ]  # fmt: skip
    part: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": said}
    if "refusal" in knobs:
        part = {"type": "refusal", "refusal": said}
    return [{"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}]


def response_events(
    document: dict[str, Any], said: str, usage: dict[str, Any], knobs: set[str], response_id: str
) -> Iterator[bytes]:
    bodies = list(_response_bodies(document, said, usage, knobs, response_id))
    for number, (kind, body) in enumerate(bodies):
        noise = {"obfuscation": "aB"} if "obfuscation" in knobs and kind.endswith(".delta") else {}
        text = json.dumps({"type": kind, "sequence_number": number, **body, **noise}, ensure_ascii=False)
        yield f"event: {kind}\ndata: {text}\n\n".encode()


def _response_bodies(
    document: dict[str, Any], said: str, usage: dict[str, Any], knobs: set[str], response_id: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    begun = response_answer(document, said, None, knobs, response_id)
    whole = response_answer(document, said, usage, knobs, response_id)
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    for index, item in enumerate(whole["output"]):
        at: dict[str, Any] = {"item_id": item["id"], "output_index": index}
        empty = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
        yield "response.output_item.added", {"output_index": index, "item": {**item, "status": "in_progress", **empty}}
        if item["type"] == "function_call":
            arguments = item["arguments"]
            for start in range(0, len(arguments), 6):
                yield "response.function_call_arguments.delta", {**at, "delta": arguments[start : start + 6]}
            yield "response.function_call_arguments.done", {**at, "arguments": arguments, "name": item["name"]}
        else:
            yield from _text_bodies({**at, "content_index": 0}, item["content"][0])
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield f"response.{whole['status']}", {"response": whole}


def _text_bodies(at: dict[str, Any], part: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    refused = part["type"] == "refusal"
    field = "refusal" if refused else "text"
    kind = "refusal" if refused else "output_text"
    extra: dict[str, Any] = {} if refused else {"logprobs": []}
    yield "response.content_part.added", {**at, "part": {**part, field: ""}}
    for word in words(part[field]):
        yield f"response.{kind}.delta", {**at, "delta": word, **extra}
    yield f"response.{kind}.done", {**at, field: part[field], **extra}
    yield "response.content_part.done", {**at, "part": part}
