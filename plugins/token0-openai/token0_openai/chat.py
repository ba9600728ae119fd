"""The dialect of `POST /v1/chat/completions`, and the home of all other `/v1` paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from token0 import documents
from token0.errors import BadRequest
from token0.forms import attempt
from token0.sse import data
from token0.types import Content, Edit, Image, ImagePart, Path, Request, Text, Usage
from token0.wire import Dialect, Endpoint, Tap
from token0_openai import chat_forms, files, wire
from token0_openai.chat_tap import ChatTap, is_usage_chunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from token0.errors import PublicError
    from token0.report import Report

# A tuple: what a client sends as `type` need not be hashable.
_PARTS = ("text", "image_url", "input_audio", "file", "refusal")


_OF_FILE = frozenset({"type", "file"})


class Chat(Dialect):
    """OpenAI Chat Completions. Source: API reference, create chat completion (Nov 2026)."""

    name = "openai-chat"
    home = "openai"

    # With include_usage every chunk says `"usage":null`: only the one that tells more is worth decoding.
    usage_marks = (b'"usage":{', b'"usage": {')

    def match(self, method: str, path: str, headers: Mapping[str, str]) -> Endpoint | None:
        if not path.startswith("/v1/"):
            return None
        if path == "/v1/chat/completions" and method == "POST":
            return Endpoint(kind="generate", path="/chat/completions")
        return Endpoint(kind="relay", path=path[3:])

    def recognizes(self, document: Mapping[str, Any]) -> bool:
        messages = document.get("messages")
        # A `system` beside the messages is Anthropic's.
        return isinstance(messages, list) and "system" not in document and all(map(_is_own, messages))

    def read(self, body: bytes, endpoint: Endpoint) -> Request:
        document = documents.decode(body)
        model = documents.required(document, "model", str)
        if not model:
            raise BadRequest("You must provide a model parameter.", at=("model",), code="invalid_value")
        messages = documents.required(document, "messages", list)
        stream = documents.optional(document, "stream", bool) or False
        parts: list[ImagePart] = []
        for i, message in enumerate(messages):
            parts += _parts(documents.of(message, dict, ("messages", i)), ("messages", i))
        tools = document.get("tools")
        return documents.request(body, document, model=model, stream=stream, parts=parts, tools=tools)

    def edits(self, request: Request, changes: Mapping[int, Sequence[Content]]) -> Iterable[Edit]:
        for i, contents in changes.items():
            path = request.parts[i].path
            yield from _changed(path, documents.lookup(request.document, path), contents)

    def edits_model(self, request: Request, model: str) -> Iterable[Edit]:
        yield Edit(("model",), (model,))

    def asks_usage(self, request: Request) -> Iterable[Edit]:
        if not wants_usage(request):
            streaming = request.document.get("stream_options")
            streaming = streaming if isinstance(streaming, dict) else {}
            yield Edit(("stream_options",), ({**streaming, "include_usage": True},))

    def error(self, error: PublicError) -> bytes:
        return wire.error(error)

    def usage(self, event: Mapping[str, Any], before: Usage | None) -> Usage | None:
        return wire.usage(event.get("usage"), "prompt_tokens", "completion_tokens") or before

    def tap(self, request: Request, report: Report) -> Tap:
        return ChatTap(report, wants_usage=wants_usage(request))

    def whole(self, events: Sequence[bytes]) -> bytes | None:
        return attempt(chat_forms.whole, events)

    def events(self, body: bytes, request: Request) -> Sequence[bytes] | None:
        return attempt(chat_forms.events, body, wants_usage=wants_usage(request))

    def ends(self, event: bytes) -> bool:
        return b"[DONE]" in event and data(event) == b"[DONE]"

    def unasked(self, event: bytes) -> bool:
        return b'"usage"' in event and is_usage_chunk(data(event))


def _is_own(message: Any) -> bool:
    """True for a message that has nothing of another vendor's API in it."""
    if not isinstance(message, dict) or "images" in message:
        return False
    content = message.get("content")
    parts = content if isinstance(content, list) else ()
    return all(isinstance(part, dict) and part.get("type") in _PARTS for part in parts)


def wants_usage(request: Request) -> bool:
    """True when the client itself asked for the usage chunk."""
    streaming = request.document.get("stream_options")
    return isinstance(streaming, dict) and streaming.get("include_usage") is True


def _parts(message: dict[str, Any], at: Path) -> Iterator[ImagePart]:
    """The images and documents of one message."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        return
    items = documents.of(content, list, (*at, "content"))
    prompt = "\n".join(item["text"] for item in items if isinstance(item, dict) and isinstance(item.get("text"), str))
    for i, item in enumerate(items):
        path = (*at, "content", i)
        match documents.of(item, dict, path).get("type"):
            case "image_url":
                yield _image(item, path, prompt)
            case "file" if isinstance(item.get("file"), dict):
                if found := files.pdf_part(item["file"].get("file_data"), path, prompt):
                    yield found


def _image(item: dict[str, Any], path: Path, prompt: str) -> ImagePart:
    address = item.get("image_url")
    where = (*path, "image_url")
    # Some clients send the address bare.
    if isinstance(address, str):
        return wire.image_part(address, path, where, item.get("detail"), prompt)
    address = documents.required(item, "image_url", dict, path)
    return wire.image_part(address.get("url"), path, (*where, "url"), address.get("detail"), prompt)


def _changed(path: Path, part: dict[str, Any], contents: Sequence[Content]) -> Iterator[Edit]:
    """One image in place of another changes no more than its address and detail; all else is a new part."""
    if part.get("type") == "file":
        new = files.instead_of_pdf(part, _OF_FILE, part["file"].get("filename"), contents)
        yield Edit(path, tuple(new))
        return
    image, address = contents[0] if len(contents) == 1 else None, part["image_url"]
    if isinstance(image, Image) and isinstance(address, dict):
        yield Edit((*path, "image_url", "url"), (wire.data_url(image),))
        if image.detail is not None and image.detail != address.get("detail"):
            yield Edit((*path, "image_url", "detail"), (image.detail,))
        return
    # Of several parts the last one ends the same prefix: cache markers stay there.
    bare = {key: part[key] for key in ("type", "image_url")}
    last = len(contents) - 1
    yield Edit(path, tuple(_replacement(part if i == last else bare, content) for i, content in enumerate(contents)))


def _replacement(part: dict[str, Any], content: Content) -> dict[str, Any]:
    """The part with other content; fields the gateway does not know, as cache markers, stay."""
    if isinstance(content, Text):
        kept = {key: value for key, value in part.items() if key not in ("type", "image_url")}
        return {"type": "text", "text": content.text, **kept}
    address = part["image_url"]
    return {**part, "image_url": _address(address if isinstance(address, dict) else {}, content)}


def _address(address: dict[str, Any], image: Image) -> dict[str, Any]:
    changed = {**address, "url": wire.data_url(image)}
    if image.detail is not None:
        changed["detail"] = image.detail
    return changed
