"""The dialect of `POST /v1/responses` and of its token count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from token0 import documents
from token0.coordinates import in_tools
from token0.forms import attempt
from token0.sse import data
from token0.taps import EventTap
from token0.types import Content, Edit, Image, ImagePart, Path, Request, Usage
from token0.wire import Dialect, Endpoint, Tap
from token0_openai import files, responses_forms, wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from token0.errors import PublicError
    from token0.report import Report

# Tuples: what a client sends as `type` need not be hashable.
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_OF_FILE = frozenset({"type", "file_data", "file_id", "file_url", "filename", "detail"})
_COMPUTER = ("computer_call", "computer_call_output")
_TERMINAL = ("response.completed", "response.incomplete", "response.failed")
_MAYBE_TERMINAL = tuple(name.encode() for name in _TERMINAL)


class Responses(Dialect):
    """OpenAI Responses. Source: API reference, create a model response (Nov 2026).

    Screenshots of computer calls are never images here: the model answers in their pixels. What the server holds
    (`previous_response_id`, `conversation`, `file_id`) is out of reach; only the items of the request are seen.
    """

    name = "openai-responses"
    home = "openai"
    # Every lifecycle event carries a whole response with `"usage": null`.
    usage_marks = (b'"input_tokens"',)

    def match(self, method: str, path: str, headers: Mapping[str, str]) -> Endpoint | None:
        if path == "/v1/responses" and method == "POST":
            return Endpoint(kind="generate", path="/responses")
        if path == "/v1/responses/input_tokens" and method == "POST":
            return Endpoint(kind="count", path="/responses/input_tokens")
        if path == "/v1/responses" or path.startswith("/v1/responses/"):
            return Endpoint(kind="relay", path=path[3:])
        return None

    def recognizes(self, document: Mapping[str, Any]) -> bool:
        return isinstance(document.get("input"), str | list)

    def read(self, body: bytes, endpoint: Endpoint) -> Request:
        document = documents.decode(body)
        # A stored prompt may name the model instead.
        stored = isinstance(document.get("prompt"), dict) and "model" not in document
        model = "" if stored else documents.required(document, "model", str)
        stream = documents.optional(document, "stream", bool) or False
        items = _items(document)
        parts = [part for i, item in enumerate(items) for part in _parts(item, ("input", i))]
        return documents.request(
            body,
            document,
            model=model,
            stream=stream,
            parts=parts,
            tools=document.get("tools"),
            coordinates=any(map(_points, items)),
        )

    def edits(self, request: Request, changes: Mapping[int, Sequence[Content]]) -> Iterable[Edit]:
        for i, contents in changes.items():
            path = request.parts[i].path
            yield from _changed(path, documents.lookup(request.document, path), contents)

    def edits_model(self, request: Request, model: str) -> Iterable[Edit]:
        yield Edit(("model",), (model,))

    def error(self, error: PublicError) -> bytes:
        return wire.error(error)

    def error_event(self, error: PublicError) -> bytes:
        event = {
            "type": "error",
            "code": error.code or error.kind,
            "message": error.message,
            "param": error.param,
            # The number the provider would have come to is not known where this event is made.
            "sequence_number": 0,
        }
        return b"event: error\ndata: " + msgspec.json.encode(event) + b"\n\n"

    def usage(self, event: Mapping[str, Any], before: Usage | None) -> Usage | None:
        answer = event.get("response", event)
        return wire.usage(answer.get("usage"), "input_tokens", "output_tokens") or before

    def tap(self, request: Request, report: Report) -> Tap:
        return EventTap(report, is_terminal)

    def whole(self, events: Sequence[bytes]) -> bytes | None:
        return attempt(responses_forms.whole, events)

    def events(self, body: bytes, request: Request) -> Sequence[bytes] | None:
        return attempt(responses_forms.events, body)

    def ends(self, event: bytes) -> bool:
        return _kind(event) in ("response.completed", "response.incomplete")


def is_terminal(event: bytes) -> bool:
    """True for the event that ends a stream and carries its usage."""
    return _kind(event) in _TERMINAL


def _kind(event: bytes) -> str | None:
    """The type of an event, if it may be one that ends a stream."""
    if not any(name in event for name in _MAYBE_TERMINAL):
        return None
    try:
        payload = msgspec.json.decode(data(event))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    kind = payload.get("type") if isinstance(payload, dict) else None
    return kind if isinstance(kind, str) else None


def _items(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of `input`; none where it is a string or absent."""
    given = document.get("input")
    if given is None or isinstance(given, str):
        return []
    items = documents.of(given, list, ("input",))
    return [documents.of(item, dict, ("input", i)) for i, item in enumerate(items)]


def _parts(item: dict[str, Any], at: Path) -> Iterator[ImagePart]:
    """The images and documents of one item: of a message, or of what a tool returned."""
    kind = item.get("type", "message")
    holder = "content" if kind == "message" else "output" if kind in _OUTPUTS else None
    if holder is None or item.get(holder) is None or isinstance(item[holder], str):
        return
    at = (*at, holder)
    contents = documents.of(item[holder], list, at)
    texts = [each["text"] for each in contents if isinstance(each, dict) and isinstance(each.get("text"), str)]
    prompt = "\n".join(texts)
    for i, content in enumerate(contents):
        kind = documents.of(content, dict, (*at, i)).get("type")
        if kind == "input_image":
            yield _part(content, (*at, i), prompt)
        elif kind == "input_file" and (found := files.pdf_part(content.get("file_data"), (*at, i), prompt)):
            yield found


def _part(content: dict[str, Any], path: Path, prompt: str) -> ImagePart:
    url = content.get("image_url")
    if url is None and isinstance(content.get("file_id"), str):
        return ImagePart(path=path, detail=wire.known_detail(content.get("detail")), prompt=prompt)
    return wire.image_part(url, path, (*path, "image_url"), content.get("detail"), prompt)


def _points(item: dict[str, Any]) -> bool:
    """True for items that only a model that clicks is given."""
    return item.get("type") in _COMPUTER or in_tools(item.get("tools"))


def _changed(path: Path, part: dict[str, Any], contents: Sequence[Content]) -> Iterator[Edit]:
    """One image in place of another changes no more than its address and detail; all else is a new part."""
    if part.get("type") == "input_file":
        yield Edit(path, tuple(files.instead_of_pdf(part, _OF_FILE, part.get("filename"), contents, "input_")))
        return
    image = contents[0] if len(contents) == 1 else None
    if isinstance(image, Image):
        yield Edit((*path, "image_url"), (wire.data_url(image),))
        if image.detail is not None and image.detail != part.get("detail"):
            yield Edit((*path, "detail"), (image.detail,))
        return
    # Of several parts the last one ends the same prefix: cache markers stay there.
    bare: dict[str, Any] = {key: part[key] for key in ("type", "image_url", "detail") if key in part}
    last = len(contents) - 1
    yield Edit(path, tuple(_replacement(part if i == last else bare, content) for i, content in enumerate(contents)))


def _replacement(part: dict[str, Any], content: Content) -> dict[str, Any]:
    """The part with other content; fields the gateway does not know, as cache markers, stay."""
    if isinstance(content, Image):
        detail = {} if content.detail is None else {"detail": content.detail}
        return {**part, "image_url": wire.data_url(content), **detail}
    kept = {key: value for key, value in part.items() if key not in ("type", "image_url", "detail", "file_id")}
    return {"type": "input_text", "text": content.text, **kept}
