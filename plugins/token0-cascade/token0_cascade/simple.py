"""Whether a request is simple, in any dialect: one short question, and nothing in it that is not known to be harmless.

What is not listed here (tools, reasoning, a conversation kept by the provider, a part of another kind) makes a request
not simple, so a field that a provider adds tomorrow is on the safe side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from token0.types import Request
    from token0_cascade.selector import CascadeConfig

_TURNS = ("messages", "input", "contents", "prompt")
_FROM_SYSTEM = ("system", "instructions", "systemInstruction", "system_instruction")
_SAMPLING = {
    "temperature", "top_p", "topP", "top_k", "topK", "seed", "stop", "stop_sequences", "stopSequences", "max_tokens",
    "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "presence_penalty", "frequency_penalty",
    "presencePenalty", "frequencyPenalty", "candidateCount", "mediaResolution", "media_resolution",
}  # fmt: skip
_PLUMBING = {
    "model", "images", "stream", "stream_options", "store", "user", "metadata", "safety_identifier", "service_tier",
    "prompt_cache_key", "prompt_cache_retention", "cache_control", "keep_alive", "options", "safetySettings",
    "safety_settings",
}  # fmt: skip
_FORMATS = {
    "response_format", "format", "output_format", "responseMimeType", "response_mime_type", "responseSchema",
    "response_schema", "responseJsonSchema", "response_json_schema",
}  # fmt: skip
"""What asks for JSON, unless it asks for text."""
_GROUPS = {"generationConfig", "generation_config", "text"}
"""Objects whose fields are looked at like those of the request."""
_KNOWN = {*_TURNS, *_FROM_SYSTEM, *_SAMPLING, *_PLUMBING, *_FORMATS, *_GROUPS}
_TEXTS = ("text", "input_text")
_IMAGES = ("image_url", "input_image", "image")
# Tuples: what a client sends as `type` need not be hashable.
_OF_PART = {"text", "inlineData", "inline_data", "mediaResolution", "media_resolution"}
"""What a part of Gemini's may hold; parts of the others say their type."""


class _Complex(Exception):
    """Something that no simple request has."""


def is_simple(request: Request, limits: CascadeConfig) -> bool:
    """True for one short question of a user with few images, whatever the dialect."""
    if request.coordinates or len(request.parts) > limits.images:
        return False
    try:
        _check_fields(request.document, schemas=limits.schemas)
        pieces = list(_pieces(request.document))
    except _Complex:
        return False
    # An image that is not among the request's parts, as an uploaded one, cannot be priced.
    seen = sum(piece is None for piece in pieces)
    return seen == len(request.parts) and sum(len(piece) for piece in pieces if piece) <= limits.characters


def _check_fields(document: dict[str, Any], *, schemas: bool) -> None:
    for name, value in document.items():
        if not value or name.startswith("token0_"):
            continue
        if name not in _KNOWN:
            raise _Complex
        if name in _GROUPS:
            _check_fields(_of(value, dict), schemas=schemas)
        elif name in _FORMATS and not schemas and value not in ({"type": "text"}, "text/plain"):
            raise _Complex


def _pieces(document: dict[str, Any]) -> Iterator[str | None]:
    """The texts of the one turn and of the system, and None for each image."""
    for name in _FROM_SYSTEM:
        yield from _content(document.get(name))
    yield from _images(document)
    turns = [document[name] for name in _TURNS if document.get(name)]
    if len(turns) != 1:
        raise _Complex
    if isinstance(turns[0], str):
        yield turns[0]
        return
    users = 0
    for turn in _of(turns[0], list):
        users += _of(turn, dict).get("role", "user") == "user"
        yield from _turn(turn)
    if users != 1:
        raise _Complex


def _turn(turn: dict[str, Any]) -> Iterator[str | None]:
    if turn.get("type", "message") != "message" or turn.get("role", "user") not in ("system", "developer", "user"):
        raise _Complex
    yield from _content(turn.get("content"))
    yield from _content(turn.get("parts"))
    yield from _images(turn)


def _images(holder: dict[str, Any]) -> Iterator[None]:
    """Images beside a text, as Ollama has them."""
    yield from (None for _ in _of(holder.get("images") or [], list))


def _content(content: Any) -> Iterator[str | None]:
    """The texts and images of one value that holds content: a string, parts, or Gemini's object with parts."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        yield from _content(content.get("parts"))
    elif content is not None:
        for part in _of(content, list):
            yield _piece(_of(part, dict))


def _piece(part: dict[str, Any]) -> str | None:
    kind, text = part.get("type"), part.get("text")
    if kind is None and part.keys() <= _OF_PART:
        kind = "text" if "text" in part else "image"
    if kind in _IMAGES:
        return None
    if kind in _TEXTS and isinstance(text, str):
        return text
    raise _Complex


def _of(value: Any, kind: type[Any]) -> Any:
    if not isinstance(value, kind):
        raise _Complex
    return value
