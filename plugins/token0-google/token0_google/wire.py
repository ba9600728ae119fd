"""Errors and usage in the shapes of Google's API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from token0.errors import PublicError
from token0.types import Usage

_STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
    413: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 501: "UNIMPLEMENTED",
    502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
"""google/rpc/code.proto, with its mapping to HTTP."""

_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


_KINDS = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 429: "rate_limit_error", 504: "timeout_error",
}  # fmt: skip
"""Words of OpenAI's clients for a status."""

_SECONDS = re.compile(r"(\d+)(\.0*[1-9]\d*)?(?:\.0+)?s")


def error(error: PublicError) -> bytes:
    """Google's error object; the wrong part is named as its own servers name it, in a field violation."""
    status = _STATUS.get(error.status, "UNKNOWN")
    said: dict[str, Any] = {"code": error.status, "message": error.message, "status": status}
    if error.param:
        violation = {"field": error.param, "description": error.message}
        said["details"] = [{"@type": _BAD_REQUEST, "fieldViolations": [violation]}]
    return msgspec.json.encode({"error": said})


def usage(answer: Mapping[str, Any]) -> Usage | None:
    """The counts of an answer or a chunk. Gemini's prompt count includes cached tokens; thoughts are billed output."""
    counts = answer.get("usageMetadata", answer.get("usage_metadata"))
    if not isinstance(counts, Mapping):
        return None
    prompt = _count(counts, "promptTokenCount", "prompt_token_count")
    if prompt is None:
        return None
    return Usage(
        input_tokens=prompt + (_count(counts, "toolUsePromptTokenCount", "tool_use_prompt_token_count") or 0),
        output_tokens=(_count(counts, "candidatesTokenCount", "candidates_token_count") or 0)
        + (_count(counts, "thoughtsTokenCount", "thoughts_token_count") or 0),
        cached_tokens=_count(counts, "cachedContentTokenCount", "cached_content_token_count") or 0,
    )


def _count(counts: Mapping[str, Any], *names: str) -> int | None:
    return next((counts[name] for name in names if isinstance(counts.get(name), int)), None)


def public_error(status: int, body: bytes) -> PublicError:
    """The error that Google answered: its sentence, its status word as code, and when to try again."""
    try:
        document = msgspec.json.decode(body)
        # A stream that was asked for as an array fails as one.
        said = (document[0] if isinstance(document, list) else document)["error"]
        message = str(said["message"])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        said, message = {}, body[:500].decode(errors="replace").strip() or "Google answered without a message."
    details = [each for each in said.get("details") or () if isinstance(each, dict)]
    reasons = [each["reason"] for each in details if isinstance(each.get("reason"), str)]
    return PublicError(
        status,
        message,
        kind=_KINDS.get(status, "api_error"),
        code=next(iter(reasons), None) or said.get("status"),
        headers=_retry_after(details),
    )


def _retry_after(details: list[dict[str, Any]]) -> dict[str, str]:
    """`Retry-After` from google.rpc.RetryInfo, whose delay is a duration such as `34.07s`."""
    for detail in details:
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and (found := _SECONDS.fullmatch(delay)):
            return {"Retry-After": str(int(found[1]) + bool(found[2]))}
    return {}
