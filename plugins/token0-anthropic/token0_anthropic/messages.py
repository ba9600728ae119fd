"""The dialect of `POST /v1/messages`, and of every request that says which version of Anthropic's API it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import documents
from token0.forms import attempt
from token0.sse import data
from token0.taps import EventTap
from token0.types import Content, Edit, ImagePart, Request, Usage
from token0.wire import Dialect, Endpoint, Tap
from token0_anthropic import blocks, forms, wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from token0.errors import PublicError
    from token0.report import Report

# A tuple: what a client sends as `type` need not be hashable.
_BLOCKS = ("image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking")


class Messages(Dialect):
    """Anthropic Messages. Source: API reference, create a message (Nov 2026)."""

    name = "anthropic-messages"
    home = "anthropic"

    def match(self, method: str, path: str, headers: Mapping[str, str]) -> Endpoint | None:
        if not path.startswith("/v1/"):
            return None
        if method == "POST" and path == "/v1/messages":
            return Endpoint(kind="generate", path="/messages")
        if method == "POST" and path == "/v1/messages/count_tokens":
            return Endpoint(kind="count", path="/messages/count_tokens")
        if path.startswith("/v1/messages/") or "anthropic-version" in headers:
            return Endpoint(kind="relay", path=path[3:], sure=True)
        return None

    def recognizes(self, document: Mapping[str, Any]) -> bool:
        messages = document.get("messages")
        return isinstance(messages, list) and ("system" in document or any(map(_is_own, messages)))

    def read(self, body: bytes, endpoint: Endpoint) -> Request:
        document = documents.decode(body)
        model = documents.required(document, "model", str)
        messages = documents.required(document, "messages", list)
        stream = documents.optional(document, "stream", bool) or False
        parts: list[ImagePart] = []
        for i, message in enumerate(messages):
            content = documents.of(message, dict, ("messages", i)).get("content")
            parts += blocks.images(content, ("messages", i, "content"))
        tools = document.get("tools")
        return documents.request(body, document, model=model, stream=stream, parts=parts, tools=tools)

    def edits(self, request: Request, changes: Mapping[int, Sequence[Content]]) -> Iterable[Edit]:
        for i, contents in changes.items():
            path = request.parts[i].path
            yield from blocks.changed(path, documents.lookup(request.document, path), contents)

    def edits_model(self, request: Request, model: str) -> Iterable[Edit]:
        yield Edit(("model",), (model,))

    def error(self, error: PublicError) -> bytes:
        # The API writes `messages.0.content.1: what` where others have a field for the place.
        place = (error.param or "").replace("[", ".").replace("]", "")
        message = f"{place}: {error.message}" if place else error.message
        return msgspec.json.encode({"type": "error", "error": {"type": error.kind, "message": message}})

    def error_event(self, error: PublicError) -> bytes:
        return b"event: error\n" + super().error_event(error)

    def usage(self, event: Mapping[str, Any], before: Usage | None) -> Usage | None:
        message = event.get("message")
        holder = message if isinstance(message, dict) else event
        return wire.usage(holder.get("usage"), before)

    def tap(self, request: Request, report: Report) -> Tap:
        return EventTap(report, _ends)

    def ends(self, event: bytes) -> bool:
        return _ends(event)

    def whole(self, events: Sequence[bytes]) -> bytes | None:
        return attempt(forms.whole, events)

    def events(self, body: bytes, request: Request) -> Sequence[bytes] | None:
        return attempt(forms.events, body)


def _is_own(message: Any) -> bool:
    """True for a message with a block that only this API has."""
    content = message.get("content") if isinstance(message, dict) else None
    blocks = content if isinstance(content, list) else ()
    return any(isinstance(block, dict) and block.get("type") in _BLOCKS for block in blocks)


def _ends(event: bytes) -> bool:
    """True for the event that ends a message. Clients skip events of unknown types, but not all of them."""
    if b"message_stop" not in event:
        return False
    try:
        said = msgspec.json.decode(data(event))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("type") == "message_stop"
