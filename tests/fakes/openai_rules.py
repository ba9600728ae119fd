"""What OpenAI's servers accept and charge, written from its documentation and not from the code under test."""

from __future__ import annotations

import base64
import binascii
import io
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from PIL import Image

MODELS = ("gpt-4o", "gpt-6-astra")
MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}
DETAILS = ("auto", "low", "high", "original")

CHAT_FIELDS = frozenset(
    """audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages
    metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key
    prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier
    stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity
    web_search_options""".split()
)
RESPONSES_FIELDS = frozenset(
    """background context_management conversation image include input instructions max_output_tokens max_tool_calls
    metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options
    prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text
    tool_choice tools top_logprobs top_p truncation user""".split()
)
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")


class Refused(Exception):
    """The server says no: an HTTP status and OpenAI's error object."""

    def __init__(
        self, status: int, message: str, *, kind: str = "invalid_request_error", param: Any = None, code: Any = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


def check_fields(document: Any, known: frozenset[str]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Refused(400, "We could not parse the JSON body of your request.")
    for name in document:
        if name not in known:
            raise Refused(400, f"Unrecognized request argument supplied: {name}")
    if document.get("model") not in MODELS:
        name = document.get("model")
        raise Refused(
            404, f"The model `{name}` does not exist or you do not have access to it.", code="model_not_found"
        )
    return document


def chat_tokens(document: dict[str, Any]) -> tuple[int, int]:
    """Tokens of the text and of the images. Raises `Refused`."""
    texts, images, pending = 0, 0, set()
    for i, message in enumerate(document.get("messages") or _missing("messages")):
        role = message.get("role")
        if role not in _ROLES:
            raise Refused(400, f"Invalid value: '{role}'.", param=f"messages[{i}].role", code="invalid_value")
        if role == "tool":
            if message.get("tool_call_id") not in pending:
                raise Refused(400, "Messages with role 'tool' must be a response to a preceding 'tool_calls' message.")
            pending.discard(message["tool_call_id"])
        elif pending:
            raise Refused(400, f"These tool_call_ids did not have response messages: {', '.join(sorted(pending))}")
        pending |= {call["id"] for call in message.get("tool_calls") or ()}
        for kind, value, detail in _chat_contents(message):
            if kind == "image" and role != "user":
                where = f"this message with role '{role}' contains an image URL"
                raise Refused(400, f"Image URLs are only allowed for messages with role 'user', but {where}.")
            texts += 0 if kind == "image" else len(value)
            images += image_tokens(document["model"], value, detail) if kind == "image" else 0
    return texts // 4, images


def responses_tokens(document: dict[str, Any]) -> tuple[int, int]:
    """Tokens of the text and of the images. Raises `Refused`."""
    given = document.get("input") or _missing("input")
    if isinstance(given, str):
        return len(given) // 4, 0
    texts, images = 0, 0
    for i, item in enumerate(given):
        for part in _response_contents(item, i):
            match part.get("type"):
                case "input_text" | "output_text":
                    texts += len(part["text"])
                case "input_image" if "file_id" not in part:
                    images += image_tokens(document["model"], part["image_url"], part.get("detail"))
                case "input_image" | "input_file":
                    pass
                case kind:
                    raise Refused(400, f"Invalid value: '{kind}'.", param=f"input[{i}]", code="invalid_value")
    return texts // 4, images


def image_tokens(model: str, url: Any, detail: Any) -> int:
    """Tokens of one image. Raises `Refused` for one that the server would not take."""
    if detail not in (None, *DETAILS):
        raise Refused(400, f"Invalid value: '{detail}'.", param="detail", code="invalid_value")
    if not isinstance(url, str):
        raise Refused(400, "Invalid type for 'url': expected a string.", code="invalid_type")
    if url.startswith("https://"):
        return 85
    width, height = _opened(url)
    return _tiles(width, height, detail) if model == "gpt-4o" else _patches(width, height, detail)


def _missing(name: str) -> Any:
    raise Refused(400, f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


def _chat_contents(message: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    content = message.get("content")
    if isinstance(content, str) or content is None:
        yield "text", content or "", None
        return
    for part in content:
        if part.get("type") == "text":
            yield "text", part["text"], None
        elif part.get("type") == "image_url":
            yield "image", part["image_url"].get("url"), part["image_url"].get("detail")
        else:
            raise Refused(400, f"Invalid value: '{part.get('type')}'.", code="invalid_value")


def _response_contents(item: dict[str, Any], index: int) -> list[dict[str, Any]]:
    kind = item.get("type", "message")
    if kind in ("function_call", "custom_tool_call", "reasoning", "computer_call"):
        return []
    if kind == "computer_call_output":
        if item["output"].get("type") != "computer_screenshot":
            raise Refused(400, "Invalid screenshot.", param=f"input[{index}].output")
        return []
    if kind not in ("message", "function_call_output", "custom_tool_call_output"):
        raise Refused(400, f"Invalid value: '{kind}'.", param=f"input[{index}].type", code="invalid_value")
    held = item.get("content" if kind == "message" else "output")
    return [{"type": "input_text", "text": held}] if isinstance(held, str) else held or []


def _opened(url: str) -> tuple[int, int]:
    head = re.match(r"data:image/(png|jpeg|gif|webp);base64,", url)
    unsupported = (
        "You uploaded an unsupported image. Please make sure your image is valid: ['png','jpeg','gif','webp']."
    )
    if head is None:
        raise Refused(400, unsupported, code="invalid_image_format")
    try:
        data = base64.b64decode(url[head.end() :], validate=True)
        size = Image.open(io.BytesIO(data)).size
    except (binascii.Error, OSError):
        raise Refused(400, unsupported, code="invalid_image_format") from None
    if not data.startswith(MAGIC[head[1]]):
        raise Refused(400, unsupported, code="invalid_image_format")
    return size


def _tiles(width: int, height: int, detail: Any) -> int:
    if detail == "low":
        return 85
    shrink = min(Fraction(1), Fraction(2048, max(width, height)))
    shrink *= min(Fraction(1), Fraction(768) / (min(width, height) * shrink))
    return 85 + 170 * math.ceil(int(width * shrink) / 512) * math.ceil(int(height * shrink) / 512)


def _patches(width: int, height: int, detail: Any) -> int:
    if detail == "low" and max(width, height) > 512:
        shrink = Fraction(512, max(width, height))
        width, height = round(width * shrink), round(height * shrink)
    patches = math.ceil(width / 32) * math.ceil(height / 32)
    if detail == "high" and patches > 2500:
        shrink = math.sqrt(1024 * 2500 / (width * height))
        across, down = width * shrink / 32, height * shrink / 32
        shrink *= min(math.floor(across) / across, math.floor(down) / down)
        patches = math.ceil(math.floor(width * shrink) / 32) * math.ceil(math.floor(height * shrink) / 32)
    if patches > 30_000:
        raise Refused(400, f"The image requires {patches} patches after processing, exceeding the limit of 30000.")
    return -(-patches * 6 // 5)
