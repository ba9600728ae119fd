"""Ollama's answers as OpenAI Chat's, whole or line by line."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from token0.completions import Completion, FinishReason
from token0.errors import PublicError, UpstreamError
from token0.wire import Translation
from token0_ollama.dialect import usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_KINDS = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 429: "rate_limit_error",
}  # fmt: skip


class ChatAnswer(Translation):
    """Holds which calls were told, and whether the answer ended."""

    path = "/api/chat"

    def __init__(self, body: bytes, model: str, *, include_usage: bool, warnings: tuple[str, ...]) -> None:
        self.body = body
        self.warnings = warnings
        self._completion = Completion(model, include_usage=include_usage)
        self._calls = 0
        self._done = False

    def answer(self, body: bytes) -> bytes:
        line = _read(body)
        message = line.get("message") or {}
        calls = [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call_id, name, arguments in _calls(message, body)
        ]
        self._calls = len(calls)
        thinking = message.get("thinking")
        return self._completion.whole(
            text=message.get("content") or (None if calls else ""),
            finish_reason=self._reason(line),
            usage=usage(line),
            tool_calls=calls,
            extra={"reasoning_content": thinking} if thinking else None,
            logprobs=_logprobs(line),
        )

    def feed(self, event: bytes) -> bytes:
        if self._done or not event.strip():
            return b""
        line = _read(event)
        chunks = b"".join(self._chunks(line, event))
        if line.get("done") is True:
            self._done = True
            chunks += self._completion.finish(self._reason(line), usage(line))
        return chunks

    def close(self) -> bytes:
        if not self._done:
            raise UpstreamError("ollama broke off its answer: the last line is missing.")
        return b""

    def error(self, status: int, body: bytes) -> PublicError:
        code = "model_not_found" if status == 404 else None
        return PublicError(status, _message(body), kind=_KINDS.get(status, "api_error"), code=code)

    def _chunks(self, line: dict[str, Any], event: bytes) -> Iterator[bytes]:
        message = line.get("message") or {}
        logprobs = _logprobs(line)
        if thinking := message.get("thinking"):
            yield self._completion.delta(reasoning_content=thinking)
        if (content := message.get("content")) or logprobs:
            yield self._completion.delta(content=content or "", logprobs=logprobs)
        for call_id, name, arguments in _calls(message, event):
            yield self._completion.tool_start(self._calls, call_id, name)
            yield self._completion.tool_arguments(self._calls, arguments)
            self._calls += 1

    def _reason(self, line: dict[str, Any]) -> FinishReason:
        if self._calls:
            return "tool_calls"
        return "length" if line.get("done_reason") == "length" else "stop"


def _read(event: bytes) -> dict[str, Any]:
    """A line of an answer. Raises `UpstreamError` for one that tells an error, or that is none."""
    try:
        line = msgspec.json.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        line = None
    if not isinstance(line, dict):
        raise UpstreamError("ollama sent an answer that is no JSON object.")
    if line.get("error"):
        broken = UpstreamError(_message(event))
        broken.code = None
        raise broken
    return line


def _calls(message: dict[str, Any], event: bytes) -> Iterable[tuple[str, str, str]]:
    """Id, name and arguments as JSON of each call.

    Older servers give no id: the same bytes then give the same one, and other bytes another, as clients keep results
    of a whole conversation by id.
    """
    made_up = hashlib.blake2b(event, digest_size=8).hexdigest()
    for i, call in enumerate(message.get("tool_calls") or ()):
        function = call.get("function") or {}
        arguments = msgspec.json.encode(function.get("arguments") or {}).decode()
        yield call.get("id") or f"call_{made_up}_{i}", function.get("name") or "", arguments


def _logprobs(line: dict[str, Any]) -> dict[str, Any] | None:
    """OpenAI's `logprobs`; the entries are alike, but `bytes` and `top_logprobs` must be there."""
    if not line.get("logprobs"):
        return None
    entries = [
        {**_logprob(entry), "top_logprobs": [_logprob(other) for other in entry.get("top_logprobs") or ()]}
        for entry in line["logprobs"]
    ]
    return {"content": entries, "refusal": None}


def _logprob(entry: dict[str, Any]) -> dict[str, Any]:
    token = entry["token"]
    return {"token": token, "logprob": entry["logprob"], "bytes": entry.get("bytes") or list(token.encode())}


def _message(body: bytes) -> str:
    """The provider's own sentence, or what stands for it in an answer that is no JSON."""
    try:
        error = msgspec.json.decode(body)["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return body[:500].decode(errors="replace").strip() or "Ollama answered without a message."
