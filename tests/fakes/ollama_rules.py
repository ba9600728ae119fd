"""What a real Ollama refuses, and how many prompt tokens it counts."""

from __future__ import annotations

import base64
import io
import json
from math import ceil, floor, log, sqrt
from typing import Any

from PIL import Image

THINKERS = ("gpt-oss", "qwen3", "gemma4")
SHARED = {
    "model",
    "stream",
    "format",
    "options",
    "think",
    "keep_alive",
    "truncate",
    "shift",
    "logprobs",
    "top_logprobs",
}
FIELDS = {
    "/api/chat": SHARED | {"messages", "tools"},
    "/api/generate": SHARED | {"prompt", "suffix", "system", "template", "context", "raw", "images"},
}
MESSAGE = {
    "role": str, "content": str, "images": list, "thinking": str, "tool_calls": list, "tool_name": str,
    "tool_call_id": str,
}  # fmt: skip
OPTIONS = {
    "num_ctx": int, "num_predict": int, "seed": int, "top_k": int, "temperature": float, "top_p": float,
    "frequency_penalty": float, "presence_penalty": float, "stop": list,
}  # fmt: skip


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def parsed(body: bytes, path: str) -> dict[str, Any]:
    """The request, with every field checked."""
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise Refused(400, f"invalid JSON: {error}") from None
    if unknown := asked.keys() - FIELDS[path]:
        raise Refused(400, f"unknown fields: {sorted(unknown)}")
    for name, value in (asked.get("options") or {}).items():
        kind = OPTIONS.get(name)
        if kind is None:
            raise Refused(400, f"unknown option: {name}")
        if not isinstance(value, (int, float) if kind is float else kind):
            raise Refused(400, f'option "{name}" must be of type {kind.__name__}')
    if asked.get("format") not in (None, "", "json") and not isinstance(asked["format"], dict):
        raise Refused(400, f'invalid format: {asked["format"]!r}; expected "json" or a valid JSON Schema')
    for message in asked.get("messages") or ():
        check_message(message)
    return dict(asked)


def check_message(message: dict[str, Any]) -> None:
    for name, value in message.items():
        if name not in MESSAGE or not isinstance(value, MESSAGE[name]):
            raise Refused(400, f"json: cannot unmarshal message field {name}")
    if message["role"] not in ("system", "user", "assistant", "tool"):
        raise Refused(400, f"invalid role: {message['role']}")
    for call in message.get("tool_calls") or ():
        if not isinstance(call["function"]["arguments"], dict):
            raise Refused(400, "json: cannot unmarshal string into tool call arguments")
    if message["role"] == "tool" and not message.get("tool_name"):
        raise Refused(400, "a tool message names its tool")


def check_thinking(asked: dict[str, Any], name: str) -> None:
    think = asked.get("think")
    if think and not name.startswith(THINKERS):
        raise Refused(400, f'"{name}" does not support thinking')
    if isinstance(think, str) and not name.startswith("gpt-oss"):
        raise Refused(400, f'think value "{think}" is not supported for this model')


def counted(asked: dict[str, Any], name: str) -> int:
    """A token for each word, and what the images cost this model."""
    holders = [asked, *(asked.get("messages") or ())]
    texts = [str(each.get(key) or "") for each in holders for key in ("content", "prompt", "system")]
    images = [image for each in holders for image in each.get("images") or ()]
    return len(" ".join(texts).split()) + sum(image_tokens(name, *size_of(image)) for image in images)


def size_of(encoded: str) -> tuple[int, int]:
    """Width and height of an image, which is decoded as a whole."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise Refused(400, "illegal base64 data at input byte 0") from None
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
            picture.load()
            return picture.size
    except OSError:
        raise Refused(400, "Failed to load image or audio file") from None


def image_tokens(name: str, width: int, height: int) -> int:
    """The published rules of three families; 256 for all others."""
    if name.startswith("llava"):
        return 576
    if name.startswith("minicpm-v"):
        return minicpm_tokens(width, height)
    if name.startswith("qwen2.5vl"):
        across, down = qwen_cells(width, height, 28, 1024, 4096)
        return across * down + 2
    return 256


def minicpm_tokens(width: int, height: int) -> int:
    """64 tokens and two marks for the overview and each slice, and a line end between rows of slices."""
    if width <= 448 and height <= 448:
        return 66
    wanted = min(ceil(width * height / 448**2), 9)
    grids = [
        (across, count // across)
        for count in (wanted - 1, wanted, wanted + 1)
        if 1 < count <= 9
        for across in range(1, count + 1)
        if count % across == 0
    ]
    across, down = min(grids, key=lambda grid: abs(log(width / height) - log(grid[0] / grid[1])))
    return 66 * (1 + across * down) + down - 1


def qwen_cells(width: int, height: int, cell: int, least: int, most: int) -> tuple[int, int]:
    across, down = (max(1, floor(side / cell + 0.5)) for side in (width, height))
    if across * down > most:
        shrink = sqrt(width * height / (most * cell * cell))
        return floor(width / shrink / cell), floor(height / shrink / cell)
    if across * down < least:
        grow = sqrt(least * cell * cell / (width * height))
        return ceil(width * grow / cell), ceil(height * grow / cell)
    return across, down
