"""The dialect of `POST /api/chat` and `POST /api/generate`, and the home of all other `/api` paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import pybase64

from token0 import documents
from token0.forms import attempt
from token0.taps import EventTap
from token0.types import Content, Edit, ImagePart, Path, Request, Text, Usage
from token0.wire import Dialect, Endpoint, Tap
from token0_ollama import forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from token0.errors import PublicError
    from token0.report import Report

_DONE = re.compile(rb'"done"\s*:\s*true')
_MARK = "[img]"
"""Where an image stands in a content; the i-th mark is the i-th image's (server/prompt.go, Aug 2026)."""


class Ollama(Dialect):
    """Ollama's native API. Source: docs/api.md and api/types.go (Aug 2026)."""

    name = "ollama"
    home = "ollama"
    usage_marks = (b'"prompt_eval_count"',)
    sampling = (("options",),)

    def match(self, method: str, path: str, headers: Mapping[str, str]) -> Endpoint | None:
        if method == "POST" and path in ("/api/chat", "/api/generate"):
            return Endpoint(kind="generate", path=path)
        # Ollama's command line asks `HEAD /` whether a server is there.
        if path.startswith("/api/") or (method, path) == ("HEAD", "/"):
            return Endpoint(kind="relay", path=path)
        return None

    def recognizes(self, document: Mapping[str, Any]) -> bool:
        messages = document.get("messages")
        holders = [document, *messages] if isinstance(messages, list) else [document]
        return any(isinstance(holder, dict) and isinstance(holder.get("images"), list) for holder in holders)

    def read(self, body: bytes, endpoint: Endpoint) -> Request:
        document = documents.decode(body)
        model = documents.required(document, "model", str)
        # Absent means true, unlike everywhere else.
        stream = documents.optional(document, "stream", bool)
        parts = tuple(_parts(document))
        request = documents.request(
            body, document, model=model, stream=stream is not False, parts=parts, tools=document.get("tools")
        )
        return msgspec.structs.replace(request, edits=(*request.edits, *_without_prefixes(document, parts)))

    def edits(self, request: Request, changes: Mapping[int, Sequence[Content]]) -> Iterable[Edit]:
        texts: dict[Path, dict[int, str]] = {}
        for i, contents in sorted(changes.items()):
            path = request.parts[i].path
            # A text leaves `images`: it has its place in the content of the same message.
            yield Edit(path, tuple(_encoded(content.data) for content in contents if not isinstance(content, Text)))
            if told := "\n".join(content.text for content in contents if isinstance(content, Text)):
                texts.setdefault(path[:-2], {})[int(path[-1])] = told
        for at, told_by_image in texts.items():
            key = _content_key(at)
            content = documents.lookup(request.document, (*at, key)) or ""
            yield Edit((*at, key), (_with_texts(content, told_by_image),))

    def edits_model(self, request: Request, model: str) -> Iterable[Edit]:
        yield Edit(("model",), (model,))

    def error(self, error: PublicError) -> bytes:
        return msgspec.json.encode({"error": error.message})

    def error_event(self, error: PublicError) -> bytes:
        return self.error(error) + b"\n"

    def usage(self, event: Mapping[str, Any], before: Usage | None) -> Usage | None:
        return usage(event) or before

    def tap(self, request: Request, report: Report) -> Tap:
        return EventTap(report, is_last)

    def ends(self, event: bytes) -> bool:
        return is_last(event)

    def whole(self, events: Sequence[bytes]) -> bytes | None:
        return attempt(forms.whole, events)

    def events(self, body: bytes, request: Request) -> Sequence[bytes] | None:
        return attempt(forms.events, body)

    def stream_type(self, request: Request) -> str:
        return "application/x-ndjson"


def usage(line: Mapping[str, Any]) -> Usage | None:
    """The counts of an answer's last line. Ollama tells no cached share; they are part of the prompt since 0.30."""
    prompt = line.get("prompt_eval_count")
    if not isinstance(prompt, int):
        return None
    return Usage(input_tokens=prompt, output_tokens=line.get("eval_count") or 0)


def is_last(line: bytes) -> bool:
    """True for the line that ends an answer. Arguments of a tool call may hold a `done` of their own."""
    if not _DONE.search(line):
        return False
    try:
        document = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("done") is True


def _parts(document: dict[str, Any]) -> Iterator[ImagePart]:
    """The images beside a prompt, then those of each message."""
    yield from _images(document, ())
    for i, message in enumerate(documents.optional(document, "messages", list) or ()):
        at = ("messages", i)
        yield from _images(documents.of(message, dict, at), at)


def _images(holder: dict[str, Any], at: Path) -> Iterator[ImagePart]:
    images = documents.optional(holder, "images", list, at)
    if not images:
        return
    prompt = documents.optional(holder, _content_key(at), str, at) or ""
    for i, image in enumerate(images):
        path = (*at, "images", i)
        text = documents.of(image, str, path)
        if text[:8].lower().startswith(("http://", "https://")):
            yield ImagePart(path=path, url=text, prompt=prompt)
            continue
        media_type, encoded = _parsed(text)
        yield ImagePart(path=path, base64=encoded, media_type=media_type, prompt=prompt)


def _content_key(at: Path) -> str:
    """What holds the text beside `images`: a message's content, or the prompt of a whole request."""
    return "content" if at else "prompt"


def _parsed(text: str) -> tuple[str | None, str]:
    """Media type and base64 of an image, whose `data:` prefix is a common slip."""
    if text[:5].lower() != "data:":
        return None, text
    head, _, encoded = text[5:].partition(",")
    return head.split(";")[0].strip().lower() or None, encoded


def _without_prefixes(document: dict[str, Any], parts: Iterable[ImagePart]) -> Iterator[Edit]:
    """Ollama answers 400 to a `data:` prefix, so it never goes out."""
    for part in parts:
        if part.base64 is not None and len(part.base64) != len(documents.lookup(document, part.path)):
            yield Edit(part.path, (part.base64,))


def _encoded(data: bytes) -> str:
    return pybase64.b64encode(data).decode()


def _with_texts(content: str, texts: Mapping[int, str]) -> str:
    """`content` with each text in place of its image's mark, or behind it where no mark is left."""
    said, *rest = content.split(_MARK)
    for i, after in enumerate(rest):
        said += texts.get(i, _MARK) + after
    behind = [text for i, text in sorted(texts.items()) if i >= len(rest)]
    return "\n".join([said, *behind] if said else behind)
