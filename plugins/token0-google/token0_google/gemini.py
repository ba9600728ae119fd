"""The dialect of `models/{model}:generateContent` and its relatives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote, unquote

import msgspec

from token0 import documents
from token0.errors import BadRequest
from token0.forms import attempt
from token0.sse import data
from token0.taps import EventTap
from token0.types import Content, Edit, Image, Path, Request, Usage
from token0.wire import Dialect, Endpoint, Tap
from token0_google import forms, parts, resolution, wire
from token0_google.models import is_third, version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from token0.errors import PublicError
    from token0.report import Report

_METHOD = re.compile(r"/(v1(?:alpha|beta)?)/(models|tunedModels)/(.+):(\w+)")
_KINDS: dict[str, Literal["generate", "count"]] = {
    "generateContent": "generate",
    "streamGenerateContent": "generate",
    "countTokens": "count",
}
_OWN = re.compile(r"(/upload)?/v1(alpha|beta)/")
_SHARED = re.compile(r"(/upload)?/v1/")
_FORM = ("alt", "$alt", "%24alt")
_WRAPPED = ("generateContentRequest", "generate_content_request")
_ENDING = re.compile(rb'"(finishReason|blockReason)"\s*:')


class Gemini(Dialect):
    """Gemini API. Source: ai.google.dev, API reference, `models` (Nov 2026)."""

    name = "gemini"
    home = "google"
    usage_marks = (b'"usageMetadata"', b'"usage_metadata"')
    sampling = tuple((name,) for name in parts.CONFIG)

    def match(self, method: str, path: str, headers: Mapping[str, str]) -> Endpoint | None:
        found = _METHOD.fullmatch(path) if method == "POST" else None
        if found:
            return _method(*found.groups())
        # `GET /v1/models` and the like are OpenAI's, unless the key is Google's.
        if _OWN.match(path):
            return Endpoint(kind="relay", path=_quoted(path))
        if _SHARED.match(path) and "x-goog-api-key" in headers:
            return Endpoint(kind="relay", path=_quoted(path), sure=True)
        return None

    def recognizes(self, document: Mapping[str, Any]) -> bool:
        return any(name in document for name in ("contents", *_WRAPPED))

    def read(self, body: bytes, endpoint: Endpoint) -> Request:
        document = documents.decode(body)
        at, wanted = _wanted(document)
        if endpoint.kind == "generate" and wanted.get("contents") is None:
            raise BadRequest("contents is not specified.", at=("contents",), code="missing_required_parameter")
        found = list(parts.images(wanted, at))
        return documents.request(
            body,
            document,
            model=endpoint.model or documents.required(document, "model", str).removeprefix("models/"),
            stream=":streamGenerateContent" in endpoint.path,
            parts=found,
            tools=wanted.get("tools"),
        )

    def edits(self, request: Request, changes: Mapping[int, Sequence[Content]]) -> Iterable[Edit]:
        beside = is_third(request.model)
        for i, contents in changes.items():
            yield from parts.edits(request.document, request.parts[i], contents, detail=beside)
        if not beside and version(request.model):
            yield from _shared_resolution(request, changes)

    def edits_model(self, request: Request, model: str) -> Iterable[Edit]:
        at, wanted = _wanted(request.document)
        # The path names it; a wrapped request names it again.
        if at and isinstance(wanted.get("model"), str):
            yield Edit((*at, "model"), (f"models/{model}",))

    def error(self, error: PublicError) -> bytes:
        return wire.error(error)

    def usage(self, event: Mapping[str, Any], before: Usage | None) -> Usage | None:
        return wire.usage(event) or before

    def tap(self, request: Request, report: Report) -> Tap:
        return EventTap(report, is_last)

    def ends(self, event: bytes) -> bool:
        return is_last(event)

    def place(self, endpoint: Endpoint, request: Request) -> str:
        path, query = endpoint.path, request.query
        if request.stream:
            path = path.replace(":streamGenerateContent", ":generateContent")
            query = "&".join(pair for pair in query.split("&") if pair.partition("=")[0] not in _FORM)
        return f"{path}?{query}"

    def whole(self, events: Sequence[bytes]) -> bytes | None:
        return attempt(forms.whole, events)

    def events(self, body: bytes, request: Request) -> Sequence[bytes] | None:
        return attempt(forms.events, body, sse=_asks_events(request))

    def stream_type(self, request: Request) -> str:
        return "text/event-stream" if _asks_events(request) else "application/json"


def _asks_events(request: Request) -> bool:
    """False where the stream is a JSON array that grows."""
    asked = dict(parse_qsl(request.query))
    return asked.get("alt", asked.get("$alt")) == "sse"


def is_last(event: bytes) -> bool:
    """True for the chunk that ends an answer. Arguments of a function call may have a `finishReason` of their own."""
    if not _ENDING.search(event):
        return False
    try:
        chunk = msgspec.json.decode(data(event))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if not isinstance(chunk, dict):
        return False
    candidates = chunk.get("candidates") or ()
    feedback = chunk.get("promptFeedback")
    blocked = isinstance(feedback, dict) and bool(feedback.get("blockReason"))
    return blocked or any(isinstance(each, dict) and each.get("finishReason") for each in candidates)


def _method(release: str, collection: str, model: str, verb: str) -> Endpoint:
    """The endpoint of a verb on a model. Which provider a tuned model has is no question, so its name stays put."""
    model = unquote(model)
    path = f"/{release}/{collection}/{quote(model, safe='')}:{verb}"
    kind = _KINDS.get(verb)
    if kind is None:
        return Endpoint(kind="relay", path=path, sure=True)
    if collection == "tunedModels":
        return Endpoint(kind=kind, path=path, model=f"tunedModels/{model}")
    return Endpoint(kind=kind, path=f"/{release}/models/{{model}}:{verb}", model=model.removeprefix("models/"))


def _quoted(path: str) -> str:
    # Only `%2F` and `%25` reach a dialect undecoded.
    return quote(path, safe="/%:@!$&'()*+,;=~")


def _wanted(document: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """The request for an answer, and where in the body it stands: `countTokens` may wrap it."""
    name = parts.key(document, _WRAPPED)
    wrapped = documents.optional(document, name, dict)
    return ((name,), wrapped) if wrapped else ((), document)


def _shared_resolution(request: Request, changes: Mapping[int, Sequence[Content]]) -> Iterator[Edit]:
    """Before Gemini 3 all media of a request share one resolution: it changes only when all are images and agree."""
    at, wanted = _wanted(request.document)
    details = [detail for i, found in enumerate(request.parts) for detail in _details(changes.get(i), found.detail)]
    level = resolution.for_all(details)
    if level is None or details == [found.detail for found in request.parts] or parts.has_other_media(wanted):
        return
    name = parts.key(wanted, parts.CONFIG)
    config = wanted.get(name)
    if isinstance(config, dict):
        yield Edit((*at, name, parts.key(config, parts.RESOLUTION)), (level,))
    else:
        yield Edit((*at, name), ({parts.RESOLUTION[0]: level},))


def _details(contents: Sequence[Content] | None, before: str | None) -> list[str | None]:
    if contents is None:
        return [before]
    return [content.detail for content in contents if isinstance(content, Image)]
