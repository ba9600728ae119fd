"""Gemini's answers as OpenAI Chat's, whole or chunk by chunk."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from token0.completions import Completion, FinishReason
from token0.errors import PublicError, UpstreamError
from token0.sse import data
from token0.wire import Translation
from token0_google import wire
from token0_google.logprobs import logprobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from token0.types import Usage

_FINISHED: dict[str, FinishReason] = {"STOP": "stop", "MAX_TOKENS": "length", "CONTINUATION": "length"}
_FAILED = frozenset({
    "MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE", "TOO_MANY_TOOL_CALLS",
    "UNEXPECTED_TOOL_CALL",
})  # fmt: skip
"""Reasons that leave no answer. All others that are not in `_FINISHED` are a filter's."""


class ChatAnswer(Translation):
    """Holds how a streamed answer stands: its calls, its latest usage and why it ended."""

    def __init__(self, body: bytes, path: str, model: str, *, include_usage: bool, warnings: tuple[str, ...]) -> None:
        self.body = body
        self.path = path
        self.warnings = warnings
        self._completion = Completion(model, include_usage=include_usage)
        self._calls = 0
        self._usage: Usage | None = None
        self._reason: FinishReason | None = None

    def answer(self, body: bytes) -> bytes:
        document = _read(body)
        candidates = document.get("candidates") or [{"finishReason": None}]
        refusal = _blocked(document)
        if refusal is None and not document.get("candidates"):
            raise UpstreamError("google answered without a candidate.")
        whole = [self._whole(candidate, wire.usage(document), refusal) for candidate in candidates]
        if len(whole) == 1:
            return whole[0]
        first, *others = map(msgspec.json.decode, whole)
        for index, other in enumerate(others, 1):
            first["choices"].append({**other["choices"][0], "index": index})
        return msgspec.json.encode(first)

    def feed(self, event: bytes) -> bytes:
        payload = data(event)
        if not payload:
            return b""
        document = _read(payload)
        self._usage = wire.usage(document) or self._usage
        chunks = b""
        if refusal := _blocked(document):
            self._reason = "content_filter"
            chunks += self._completion.delta(refusal=refusal)
        for candidate in (document.get("candidates") or ())[:1]:
            chunks += b"".join(self._deltas(candidate))
            if candidate.get("finishReason"):
                self._reason = _finish(candidate)
        return chunks

    def close(self) -> bytes:
        # Only here: usage may come after the reason, and the last one counts.
        if self._reason is None:
            raise UpstreamError("google broke off its answer: no chunk tells why it ended.")
        reason = "tool_calls" if self._calls and self._reason == "stop" else self._reason
        return self._completion.finish(reason, self._usage)

    def error(self, status: int, body: bytes) -> PublicError:
        return wire.public_error(status, body)

    def _whole(self, candidate: dict[str, Any], usage: Usage | None, refusal: str | None) -> bytes:
        parts = _parts(candidate)
        texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
        thoughts = "".join(part["text"] for part in parts if part.get("thought") and "text" in part)
        calls = [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}, **extra}
            for call_id, name, arguments, extra in map(_call, parts)
            if name
        ]
        images = [image for image in map(_image, parts) if image]
        extra = {"reasoning_content": thoughts} if thoughts else {}
        reason = "content_filter" if refusal else _finish(candidate)
        return self._completion.whole(
            text="".join(texts) if texts else None if calls or refusal else "",
            finish_reason="tool_calls" if calls and reason == "stop" else reason,
            usage=usage,
            tool_calls=calls,
            refusal=refusal,
            extra={**extra, "images": images} if images else extra,
            logprobs=logprobs(candidate),
        )

    def _deltas(self, candidate: dict[str, Any]) -> Iterator[bytes]:
        told = logprobs(candidate)
        for part in _parts(candidate):
            call_id, name, arguments, extra = _call(part)
            if name:
                yield self._completion.tool_start(self._calls, call_id, name, **extra)
                yield self._completion.tool_arguments(self._calls, arguments)
                self._calls += 1
            elif text := part.get("text"):
                field = "reasoning_content" if part.get("thought") else "content"
                yield self._completion.delta(**{field: text}, logprobs=told)
                told = None
            elif image := _image(part):
                yield self._completion.delta(images=[image])


def _read(body: bytes) -> dict[str, Any]:
    """An answer, or a chunk of one. Raises `UpstreamError` for one that tells an error, or that is none."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise UpstreamError("google sent an answer that is no JSON object.")
    if document.get("error"):
        said = wire.public_error(502, body)
        broken = UpstreamError(said.message)
        broken.code = said.code
        raise broken
    return document


def _blocked(document: dict[str, Any]) -> str | None:
    """The refusal of a prompt that was not answered at all."""
    feedback = document.get("promptFeedback") or {}
    reason = feedback.get("blockReason")
    if not reason or document.get("candidates"):
        return None
    return str(feedback.get("blockReasonMessage") or f"Gemini blocked the prompt: {reason}.")


def _finish(candidate: dict[str, Any]) -> FinishReason:
    reason = candidate.get("finishReason")
    if reason in _FAILED:
        why = candidate.get("finishMessage")
        raise UpstreamError(f"google ended its answer with {reason}{f': {why}' if why else ''}.")
    return _FINISHED.get(reason or "STOP", "content_filter")


def _parts(candidate: dict[str, Any]) -> list[dict[str, Any]]:
    # A filtered candidate may come without content, or with content without parts.
    parts: list[dict[str, Any]] = (candidate.get("content") or {}).get("parts") or []
    return parts


def _image(part: dict[str, Any]) -> dict[str, Any] | None:
    """A picture the model drew. OpenAI Chat has no place for one; clients look for `images`."""
    blob = part.get("inlineData") or {}
    media_type = str(blob.get("mimeType"))
    if not media_type.startswith("image/"):
        return None
    return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{blob.get('data', '')}"}}


def _call(part: dict[str, Any]) -> tuple[str, str, str, dict[str, Any]]:
    """Id, name, arguments as JSON and the signature of a function call; the name is empty when there is none.

    The signature must come back with the call, so it travels where Google's own imitation of OpenAI puts it.
    """
    call = part.get("functionCall") or {}
    signature = part.get("thoughtSignature")
    extra = {"extra_content": {"google": {"thought_signature": signature}}} if signature else {}
    arguments = msgspec.json.encode(call.get("args") or {}).decode()
    return call.get("id") or f"call_{uuid.uuid4().hex}", call.get("name") or "", arguments, extra
