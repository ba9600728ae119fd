"""What an answer of the Messages API tells besides its content: usage, and errors by status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from token0.types import Usage

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""Status -> type of error. Source: Messages API, errors (Nov 2026)."""


def usage(counts: Any, before: Usage | None = None) -> Usage | None:
    """The usage object of a message, `message_start` or `message_delta`; `before` is what earlier events told.

    Counts of a stream are cumulative, but `message_delta` need not repeat all: the larger one is the newer.
    `input_tokens` of the API excludes what was read from or written to the cache.
    """
    if not isinstance(counts, Mapping):
        return before
    cached = _count(counts, "cache_read_input_tokens")
    told = Usage(
        input_tokens=_count(counts, "input_tokens") + _count(counts, "cache_creation_input_tokens") + cached,
        output_tokens=_count(counts, "output_tokens"),
        cached_tokens=cached,
    )
    if before is None:
        return told if "input_tokens" in counts else None
    return Usage(
        input_tokens=max(told.input_tokens, before.input_tokens),
        output_tokens=max(told.output_tokens, before.output_tokens),
        cached_tokens=max(told.cached_tokens, before.cached_tokens),
    )


def error(body: bytes | Mapping[str, Any], status: int = 500) -> tuple[str, str]:
    """Message and type of an error answer or event; made from the status where the body is none, as a proxy's page."""
    document = body
    if isinstance(body, bytes):
        try:
            document = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            document = {}
    inner = document.get("error") if isinstance(document, Mapping) else None
    inner = inner if isinstance(inner, Mapping) else {}
    message, kind = inner.get("message"), inner.get("type")
    if not isinstance(message, str) or not message:
        message = f"anthropic answered with status {status}."
    if not isinstance(kind, str) or not kind:
        kind = ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    return message, kind


def _count(counts: Mapping[str, Any], key: str) -> int:
    value = counts.get(key)
    return value if isinstance(value, int) else 0
