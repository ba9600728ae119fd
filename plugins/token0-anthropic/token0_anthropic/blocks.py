"""Images among the content blocks of Messages requests: in turns, in tool results, in documents made of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pybase64

from token0 import documents
from token0.images import holds_pdf
from token0.sniff import MEDIA_TYPES
from token0.types import Content, Edit, Image, ImagePart, Path, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OF_DOCUMENT = frozenset({"title", "context", "citations"})
_DEEPEST = 3
"""A turn, a tool result in it, a document in that."""


def images(content: Any, at: Path, prompt: str = "", *, deepest: int = _DEEPEST) -> Iterator[ImagePart]:
    """The images in `content`, which stands at `at`. `prompt` is the text around it. Raises `BadRequest` naming a part.

    Blocks this gateway does not know are not looked into: the provider judges them.
    """
    if not isinstance(content, list) or deepest == 0:
        return
    prompt = "\n".join(filter(None, (prompt, _text(content))))
    for i, block in enumerate(content):
        path = (*at, i)
        kind = documents.of(block, dict, path).get("type")
        if kind == "image":
            yield _part(documents.required(block, "source", dict, path), path, prompt)
        elif kind == "tool_result":
            yield from images(block.get("content"), (*path, "content"), prompt, deepest=deepest - 1)
        elif kind == "document" and (document := _document(block, path, prompt)):
            yield document
        elif kind == "document" and documents.lookup(block, ("source", "type")) == "content":
            inner = (*path, "source", "content")
            yield from images(block["source"].get("content"), inner, prompt, deepest=deepest - 1)


def changed(path: Path, block: dict[str, Any], contents: Sequence[Content]) -> Iterator[Edit]:
    """One image in place of another changes no more than its source; all else is a new block."""
    if block.get("type") == "document":
        yield Edit(path, tuple(_instead_of_document(block, contents)))
        return
    image = contents[0] if len(contents) == 1 else None
    if not isinstance(image, Image):
        # A request may carry few cache breakpoints: of several blocks the last one ends the same prefix.
        last = len(contents) - 1
        yield Edit(path, tuple(_block(block, content, ends=i == last) for i, content in enumerate(contents)))
        return
    new, old = source(image), block["source"]
    if old.get("type") != "base64":
        yield Edit((*path, "source"), (new,))
        return
    yield Edit((*path, "source", "data"), (new["data"],))
    if old.get("media_type") != new["media_type"]:
        yield Edit((*path, "source", "media_type"), (new["media_type"],))


def source(image: Image) -> dict[str, Any]:
    """The image as the source of a block."""
    data = pybase64.b64encode(image.data).decode()
    return {"type": "base64", "media_type": MEDIA_TYPES[image.format], "data": data}


def _text(content: list[Any]) -> str:
    return "\n".join(
        block["text"] for block in content if isinstance(block, dict) and isinstance(block.get("text"), str)
    )


def _part(origin: dict[str, Any], path: Path, prompt: str) -> ImagePart:
    at = (*path, "source")
    if origin.get("type") == "base64":
        data = documents.required(origin, "data", str, at)
        return ImagePart(
            path=path, base64=data, media_type=documents.optional(origin, "media_type", str, at), prompt=prompt
        )
    url = documents.optional(origin, "url", str, at) if origin.get("type") == "url" else None
    return ImagePart(path=path, url=url, prompt=prompt)


def _document(block: dict[str, Any], path: Path, prompt: str) -> ImagePart | None:
    """A PDF document that stands in the request. One that is to be cited is left alone: answers name its own pages."""
    origin, citations = block.get("source"), block.get("citations")
    if not isinstance(origin, dict) or origin.get("type") != "base64":
        return None
    data = origin.get("data")
    cited = isinstance(citations, dict) and bool(citations.get("enabled"))
    if cited or not isinstance(data, str) or not holds_pdf(data):
        return None
    return ImagePart(path=path, base64=data, media_type=MEDIA_TYPES["pdf"], prompt=prompt)


def _instead_of_document(block: dict[str, Any], contents: Sequence[Content]) -> Iterator[dict[str, Any]]:
    """The blocks in place of a document. What it is called stays as text; keys not known here go to the last one."""
    titles: list[Content] = [
        Text(f"[{name.title()}: {block[name]}]") for name in ("title", "context") if block.get(name)
    ]
    *others, last = [*titles, *contents]
    for content in others:
        yield _block({}, content, ends=False)
    yield _block({key: kept for key, kept in block.items() if key not in _OF_DOCUMENT}, last, ends=True)


def _block(block: dict[str, Any], content: Content, *, ends: bool) -> dict[str, Any]:
    """The block with other content; keys the gateway does not know stay."""
    kept = {key: value for key, value in block.items() if key not in ("type", "source")}
    if not ends:
        kept.pop("cache_control", None)
    if isinstance(content, Text):
        # Tells the API what to do with an image that is too large: no field of a text.
        kept.pop("transformations", None)
        return {"type": "text", "text": content.text, **kept}
    return {"type": "image", "source": source(content), **kept}
