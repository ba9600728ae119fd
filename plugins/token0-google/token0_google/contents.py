"""OpenAI messages as Gemini's contents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import documents
from token0.errors import BadRequest
from token0_google import media, resolution
from token0_google.models import is_third, version

if TYPE_CHECKING:
    from token0.types import Path
    from token0_google.losses import Losses

FOREIGN_SIGNATURE = "context_engineering_is_the_way_to_go"
"""What Gemini 3 takes in place of a signature for a call it did not make itself (ai.google.dev, thought signatures)."""


class Conversation:
    """Grows by one message after another.

    `system` are the parts of all system and developer messages in their order, `details` what the images asked for.
    """

    def __init__(self, model: str, losses: Losses) -> None:
        self.system: list[dict[str, Any]] = []
        self.contents: list[dict[str, Any]] = []
        self.details: list[str | None] = []
        self._third = is_third(model)
        self._takes_resolution = version(model) is not None
        self._losses = losses
        self._names: dict[str, str] = {}
        self._last = ""
        self._behind: list[dict[str, Any]] = []

    def add(self, message: dict[str, Any], at: Path) -> None:
        """Translate one message. Raises `BadRequest` naming what cannot be."""
        role = documents.required(message, "role", str, at)
        for name in ("function_call", "audio"):
            if message.get(name) is not None:
                self._losses.lose((*at, name), "it has no counterpart")
        if role not in ("tool", "function"):
            self._flush()
        match role:
            case "system" | "developer":
                self.system += self._parts(message, at, only_text=True)
            case "user":
                self._append("user", "user", self._parts(message, at))
            case "assistant":
                self._append("model", "model", [*self._parts(message, at, only_text=True), *self._calls(message, at)])
            case "tool":
                self._result(message, at)
            case _:
                self._losses.lose((*at, "role"), f"there is no role {role!r}")

    def close(self) -> None:
        """All messages were added. Instructions alone become a turn: a request without one is refused."""
        self._flush()
        if not self.contents and self.system:
            self._append("user", "user", self.system)
            self.system = []

    def _flush(self) -> None:
        behind, self._behind = self._behind, []
        self._append("user", "user", behind)

    def _append(self, kind: str, role: str, parts: list[dict[str, Any]]) -> None:
        """Consecutive messages of one kind are one turn. Results of calls stay apart: their number is compared."""
        if not parts:
            return
        if kind == self._last:
            self.contents[-1]["parts"] += parts
        else:
            self.contents.append({"role": role, "parts": list(parts)})
        self._last = kind

    def _parts(self, message: dict[str, Any], at: Path, *, only_text: bool = False) -> list[dict[str, Any]]:
        """The parts of a message's content; empty texts, which Gemini refuses, are left out."""
        content = message.get("content")
        if content is None or isinstance(content, str):
            refusal = message.get("refusal")
            texts = [content, refusal if isinstance(refusal, str) else None]
            return [{"text": text} for text in texts if text]
        parts = []
        for i, item in enumerate(documents.of(content, list, (*at, "content"))):
            path = (*at, "content", i)
            part = self._part(documents.of(item, dict, path), path, only_text=only_text)
            if part:
                parts.append(part)
        return parts

    def _part(self, item: dict[str, Any], at: Path, *, only_text: bool) -> dict[str, Any] | None:
        kind = documents.required(item, "type", str, at)
        if kind in ("text", "refusal"):
            text = documents.required(item, kind, str, at)
            return {"text": text} if text else None
        if not only_text:
            match kind:
                case "image_url":
                    return self._image(item, at)
                case "file":
                    return media.file(item, at)
                case "input_audio":
                    return media.sound(item, at)
        self._losses.lose((*at, "type"), f"a part of type {kind!r} has no counterpart in this place")
        return None

    def _image(self, item: dict[str, Any], at: Path) -> dict[str, Any]:
        part, detail = media.image(item, at)
        self.details.append(detail)
        level = resolution.level(detail)
        if level and self._third:
            # Beside the data: inside it, the field is unknown.
            part["mediaResolution"] = {"level": level}
        elif level and not self._takes_resolution:
            self._losses.note(at, "this model has one resolution for all images")
        return part

    def _calls(self, message: dict[str, Any], at: Path) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        for i, call in enumerate(documents.optional(message, "tool_calls", list, at) or ()):
            where = (*at, "tool_calls", i)
            if documents.of(call, dict, where).get("type", "function") == "function":
                parts.append(self._call(call, where))
            else:
                self._losses.lose((*where, "type"), "only functions can be called")
        if parts and self._third:
            # Only the first of parallel calls is signed.
            parts[0].setdefault("thoughtSignature", FOREIGN_SIGNATURE)
        return parts

    def _call(self, call: dict[str, Any], at: Path) -> dict[str, Any]:
        where = (*at, "function")
        function = documents.required(call, "function", dict, at)
        name = documents.required(function, "name", str, where)
        arguments = documents.optional(function, "arguments", str, where) or "{}"
        said: dict[str, Any] = {"name": name, "args": _object(arguments, (*where, "arguments"))}
        call_id = call.get("id")
        if isinstance(call_id, str):
            self._names[call_id] = name
            said["id"] = call_id
        part = {"functionCall": said}
        signature = documents.lookup(call, ("extra_content", "google", "thought_signature"))
        return {**part, "thoughtSignature": signature} if isinstance(signature, str) else part

    def _result(self, message: dict[str, Any], at: Path) -> None:
        call_id = documents.required(message, "tool_call_id", str, at)
        name = self._names.get(call_id) or message.get("name")
        if not isinstance(name, str):
            raise BadRequest(
                f"No call with the id {call_id!r} precedes this result, so its function is not known.",
                at=(*at, "tool_call_id"),
                code="invalid_value",
            )
        parts = self._parts(message, at)
        text = "\n".join(part["text"] for part in parts if "text" in part)
        files = [part for part in parts if "text" not in part]
        response: dict[str, Any] = {"id": call_id, "name": name, "response": _response(text)}
        if files and self._third:
            response["parts"] = files
        else:
            # Older models take no files in a result; they follow when all results of this turn are told.
            self._behind += files
        self._append("tool", "user", [{"functionResponse": response}])


def _object(text: str, at: Path) -> msgspec.Raw:
    """JSON text of an object as it is: no number is read and written again. Raises `BadRequest` for other text."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadRequest("The arguments must be a JSON object.", at=at, code="invalid_value")
    return msgspec.Raw(text.encode())


def _response(text: str) -> Any:
    """A result as the object Gemini wants. Its keys `output` and `error` have a meaning there, so they are not ours."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if isinstance(found, dict) and not {"output", "error"} & found.keys():
        return msgspec.Raw(text.encode())
    return {"output": text}
