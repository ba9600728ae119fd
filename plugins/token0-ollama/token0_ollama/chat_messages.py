"""The messages of an OpenAI Chat request as Ollama's: one content string each, images beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import documents
from token0.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from token0.types import Path

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}


def messages(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One message for each of the request's. Raises `BadRequest` naming a part that Ollama has no place for."""
    called: dict[str, str] = {}
    for i, each in enumerate(documents.required(document, "messages", list)):
        at = ("messages", i)
        message = documents.of(each, dict, at)
        role = documents.required(message, "role", str, at)
        if role not in _ROLES:
            known = ", ".join(f"'{name}'" for name in _ROLES)
            raise BadRequest(
                f"Invalid value: '{role}'. Supported values are: {known}.", at=(*at, "role"), code="invalid_value"
            )
        translated = {"role": _ROLES[role], **_content(message, at)}
        if role == "assistant":
            translated |= _turn(message, at, called)
        elif role == "tool":
            translated |= _result(message, at, called)
        yield translated


def _content(message: dict[str, Any], at: Path) -> dict[str, Any]:
    """`content`, and `images` where there are any. The order of texts and images among each other is lost."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return {"content": content or message.get("refusal") or ""}
    texts = []
    images = []
    for i, each in enumerate(documents.of(content, list, (*at, "content"))):
        path = (*at, "content", i)
        part = documents.of(each, dict, path)
        match part.get("type"):
            case "text" | "refusal" as kind:
                texts.append(documents.required(part, kind, str, path))
            case "image_url":
                images.append(_image(part, path))
            case kind:
                raise BadRequest(
                    f"Ollama takes text and images; it has no counterpart for content of type {kind!r}.",
                    at=(*path, "type"),
                    code="unsupported_content",
                )
    translated: dict[str, Any] = {"content": "\n".join(texts)}
    if images:
        translated["images"] = images
    return translated


def _image(part: dict[str, Any], at: Path) -> str:
    """The base64 of an image part."""
    address = part.get("image_url")
    where = (*at, "image_url")
    if not isinstance(address, str):
        address = documents.required(documents.of(address, dict, where), "url", str, where)
        where = (*where, "url")
    head, comma, encoded = address.partition(",")
    if not comma or not head.lower().startswith("data:") or not head.lower().endswith(";base64"):
        raise BadRequest(
            "Ollama does not fetch images: send this one as data:MEDIA_TYPE;base64,DATA, "
            "or let the gateway fetch it (fetch.images).",
            at=where,
            code="invalid_image_url",
        )
    # Ollama's decoder knows neither blanks nor the URL-safe alphabet nor missing padding.
    encoded = "".join(encoded.split()).replace("-", "+").replace("_", "/")
    return encoded + "=" * (-len(encoded) % 4)


def _turn(message: dict[str, Any], at: Path, called: dict[str, str]) -> dict[str, Any]:
    """What the assistant thought and called; `called` learns the names of the calls by their ids."""
    turn: dict[str, Any] = {}
    thinking = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(thinking, str):
        turn["thinking"] = thinking
    calls = []
    for i, each in enumerate(documents.optional(message, "tool_calls", list, at) or ()):
        path = (*at, "tool_calls", i)
        call = documents.of(each, dict, path)
        function = documents.required(call, "function", dict, path)
        name = documents.required(function, "name", str, (*path, "function"))
        call_id = documents.required(call, "id", str, path)
        called[call_id] = name
        arguments = _arguments(function, (*path, "function"))
        calls.append({"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}})
    if calls:
        turn["tool_calls"] = calls
    return turn


def _arguments(function: dict[str, Any], at: Path) -> dict[str, Any]:
    text = documents.optional(function, "arguments", str, at) or "{}"
    try:
        arguments = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise BadRequest("The arguments must be a JSON object.", at=(*at, "arguments"), code="invalid_value")
    return arguments


def _result(message: dict[str, Any], at: Path, called: dict[str, str]) -> dict[str, Any]:
    """Which call a tool message answers. Older servers know a call by its name only, so both are told."""
    call_id = documents.required(message, "tool_call_id", str, at)
    if call_id not in called:
        raise BadRequest(
            f"No assistant message before this one has a tool call with the id '{call_id}'.",
            at=(*at, "tool_call_id"),
            code="invalid_value",
        )
    return {"tool_name": called[call_id], "tool_call_id": call_id}
