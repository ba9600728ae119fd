"""What the real Gemini API refuses and counts, written from its documentation, not from the plugin."""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from typing import Any

MODELS = {"gemini-3-flash-preview", "gemini-3.1-pro-preview", "gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.0-flash"}

REQUEST = frozenset({
    "contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "cachedContent", "generationConfig",
    "model", "store", "serviceTier",
})  # fmt: skip
_CONFIG = frozenset({
    "maxOutputTokens", "temperature", "topP", "topK", "stopSequences", "responseMimeType", "responseSchema",
    "responseJsonSchema", "mediaResolution", "thinkingConfig", "candidateCount", "seed", "presencePenalty",
    "frequencyPenalty", "responseLogprobs", "logprobs", "responseModalities", "speechConfig",
})  # fmt: skip
_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")
_PART = frozenset({*_DATA, "thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"})
_THINKING = frozenset({"thinkingLevel", "thinkingBudget", "includeThoughts"})
_DECLARATION = frozenset({
    "name", "description", "behavior", "parameters", "parametersJsonSchema", "response", "responseJsonSchema",
})  # fmt: skip
_IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}
_OTHERS = {"application/pdf", "text/plain", "audio/wav", "audio/mp3", "video/mp4"}
_LEVELS = {"MEDIA_RESOLUTION_LOW": 280, "MEDIA_RESOLUTION_MEDIUM": 560, "MEDIA_RESOLUTION_HIGH": 1120}
_ULTRA = {"MEDIA_RESOLUTION_ULTRA_HIGH": 2240}


class Refused(Exception):
    """An error as the API tells it."""

    def __init__(self, code: int, message: str, status: str, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.body: dict[str, Any] = {"error": {"code": code, "message": message, "status": status}}
        if details:
            self.body["error"]["details"] = details


def invalid(message: str) -> Refused:
    return Refused(400, message, "INVALID_ARGUMENT")


def camel(document: Any) -> Any:
    """The document with the names of its JSON form; free objects of callers keep theirs."""
    if isinstance(document, list):
        return [camel(each) for each in document]
    if not isinstance(document, dict):
        return document
    free = ("args", "response", "parametersJsonSchema", "responseJsonSchema")
    named = {re.sub("_([a-z])", lambda found: found[1].upper(), key): value for key, value in document.items()}
    return {key: value if key in free else camel(value) for key, value in named.items()}


def tokens(request: dict[str, Any], model: str) -> tuple[int, int]:
    """Words, and tokens of images, of a checked request. Raises `Refused`."""
    _known(request, REQUEST, "")
    config = request.get("generationConfig", {})
    _known(config, _CONFIG, "generation_config")
    _thinking(config.get("thinkingConfig", {}), model)
    shared = config.get("mediaResolution")
    if shared is not None and shared not in _LEVELS:
        raise invalid(f"Invalid value at 'generation_config.media_resolution': \"{shared}\"")
    contents = _many(request.get("contents"))
    if not contents:
        raise invalid("* GenerateContentRequest.contents: contents is not specified\n")
    _tools(request)
    _calls(contents, model)
    words = images = 0
    for i, content in enumerate([*contents, *_many(request.get("systemInstruction"))]):
        if content.get("role", "user") not in ("user", "model"):
            raise invalid("Please use a valid role: user, model.")
        for j, part in enumerate(_parts(content, i)):
            more_words, more_images = _part(part, f"contents[{i}].parts[{j}]", model, shared)
            words, images = words + more_words, images + more_images
    return words, images


def _known(holder: dict[str, Any], fields: frozenset[str], at: str) -> None:
    for name in holder:
        if name not in fields:
            where = f" at '{at}'" if at else ""
            raise invalid(f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.')


def _many(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _parts(content: dict[str, Any], i: int) -> list[dict[str, Any]]:
    _known(content, frozenset({"role", "parts"}), f"contents[{i}]")
    parts = _many(content.get("parts"))
    if not parts:
        raise invalid(f"* GenerateContentRequest.contents[{i}].parts: contents.parts must not be empty.\n")
    return parts


def _part(part: dict[str, Any], at: str, model: str, shared: str | None) -> tuple[int, int]:
    _known(part, _PART, at)
    if sum(name in part for name in _DATA) != 1:
        raise invalid(
            f"* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field\n"
        )
    if "thoughtSignature" in part:
        _decoded(part["thoughtSignature"], "thought_signature")
    if part.get("text") == "":
        raise invalid("Unable to submit request because it must have a text parameter.")
    if "functionResponse" in part:
        response = part["functionResponse"]
        _known(response, frozenset({"id", "name", "response", "parts"}), f"{at}.function_response")
        if not isinstance(response.get("response"), dict):
            raise invalid(f"Invalid value at '{at}.function_response.response'")
        if response.get("parts") and not model.startswith("gemini-3"):
            raise invalid("Multimodal function responses are not supported for this model")
        nested = [_part(each, f"{at}.function_response.parts", model, shared) for each in response.get("parts", [])]
        return 1 + sum(words for words, _ in nested), sum(images for _, images in nested)
    if "inlineData" in part:
        return 0, _blob(part, at, model, shared)
    return len(part.get("text", "").split()), 0


def _decoded(encoded: str, what: str) -> bytes:
    try:
        return base64.b64decode(encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, AttributeError) as error:
        raise invalid(
            f"Invalid value at '{what}' (TYPE_BYTES), Base64 decoding failed for \"{encoded[:30]}\""
        ) from error


def _blob(part: dict[str, Any], at: str, model: str, shared: str | None) -> int:
    blob = part["inlineData"]
    _known(blob, frozenset({"mimeType", "data", "displayName"}), f"{at}.inline_data")
    data = _decoded(blob["data"], f"{at}.inline_data.data")
    kind = blob.get("mimeType")
    own = part.get("mediaResolution")
    if own is not None:
        _known(own, frozenset({"level", "numTokens"}), f"{at}.media_resolution")
        if not model.startswith("gemini-3"):
            raise invalid("Media resolution of parts is not supported for this model")
        if own["level"] not in {**_LEVELS, **_ULTRA}:
            raise invalid(f"Invalid value at '{at}.media_resolution.level': \"{own['level']}\"")
    if kind in _OTHERS:
        return 0
    if kind not in _IMAGES:
        raise invalid(f"Unsupported MIME type: {kind}")
    if not data.startswith(_IMAGES[kind]):
        raise invalid("Provided image is not valid")
    width, height = struct.unpack_from(">II", data, 16)
    return image_tokens(model, width, height, own["level"] if own else shared)


def image_tokens(model: str, width: int, height: int, level: str | None) -> int:
    """The published rules, by search instead of by formula where one is inferred."""
    if model.startswith("gemini-3"):
        most = {**_LEVELS, **_ULTRA}.get(level or "", 1120)
        across = max(n for n in range(1, most + 1) if n == 1 or n * n * height <= most * width)
        down = max(n for n in range(1, most + 1) if n == 1 or n * n * width <= most * height)
        return across * down
    if level in ("MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM"):
        return 64 if level.endswith("LOW") else 256
    if width <= 384 and height <= 384:
        return 258
    unit = max(256, min(768, math.floor(min(width, height) / 1.5)))
    return 258 * math.ceil(width / unit) * math.ceil(height / unit)


def _thinking(thinking: dict[str, Any], model: str) -> None:
    _known(thinking, _THINKING, "generation_config.thinking_config")
    if "thinkingLevel" in thinking and not model.startswith("gemini-3"):
        raise invalid("Thinking level is not supported for this model.")
    if thinking.get("thinkingBudget") == 0 and "-pro" in model:
        raise invalid("Budget 0 is invalid. This model only works in thinking mode.")
    if "thinkingLevel" in thinking and "thinkingBudget" in thinking:
        raise invalid("You can only set only one of thinking budget and thinking level.")


def _tools(request: dict[str, Any]) -> None:
    declared = [each for tool in request.get("tools", []) for each in tool.get("functionDeclarations", [])]
    for each in declared:
        _known(each, _DECLARATION, "tools[0].function_declarations[0]")
    calling = request.get("toolConfig", {}).get("functionCallingConfig", {})
    allowed = calling.get("allowedFunctionNames")
    if allowed and calling.get("mode") not in ("ANY", "VALIDATED"):
        raise invalid("Allowed function names should only be set when the function calling mode is ANY or VALIDATED.")
    if not set(allowed or ()) <= {each["name"] for each in declared}:
        raise invalid("allowed_function_names must be a subset of the declared functions")


def _calls(contents: list[dict[str, Any]], model: str) -> None:
    """Each turn of calls is signed, and answered by the next turn with as many responses."""
    for i, content in enumerate(contents):
        parts = _many(content.get("parts"))
        calls = [part for part in parts if "functionCall" in part]
        if not calls:
            continue
        if model.startswith("gemini-3") and "thoughtSignature" not in calls[0]:
            raise invalid("Function call is missing a thought_signature in functionCall parts.")
        answers = _many(contents[i + 1].get("parts")) if i + 1 < len(contents) else []
        names = [part["functionResponse"]["name"] for part in answers if "functionResponse" in part]
        if sorted(names) != sorted(part["functionCall"]["name"] for part in calls):
            raise invalid(
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
