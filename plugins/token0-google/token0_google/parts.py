"""Images in Gemini's contents: where they stand, and what is written in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pybase64

from token0 import documents
from token0.images import holds_pdf
from token0.sniff import MEDIA_TYPES
from token0.types import Content, Edit, Image, ImagePart, Path, Text
from token0_google import resolution

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Hand-written clients use the names of the protocol buffers, which the API takes as well.
BLOB = ("inlineData", "inline_data")
FILE = ("fileData", "file_data")
RESOLUTION = ("mediaResolution", "media_resolution")
CONFIG = ("generationConfig", "generation_config")
_MEDIA_TYPE = ("mimeType", "mime_type")
_RESPONSE = ("functionResponse", "function_response")
_INSTRUCTION = ("systemInstruction", "system_instruction")
_OF_MEDIA = {*BLOB, *RESOLUTION, "videoMetadata", "video_metadata"}
# The API answers `Unsupported MIME type: png`, which a step that rewrites the image cures.
_BARE = frozenset({"png", "jpg", "jpeg", "webp", "gif", "heic", "heif", "avif", "bmp", "tiff"})


def key(holder: dict[str, Any], names: tuple[str, ...]) -> str:
    """The spelling of a field that `holder` uses; the first one where it has none."""
    return next((name for name in names if name in holder), names[0])


def value(holder: dict[str, Any], names: tuple[str, ...]) -> Any:
    """The value of a field under any of its spellings, None where it is missing."""
    return holder.get(key(holder, names))


def images(request: dict[str, Any], at: Path) -> Iterator[ImagePart]:
    """The images of a request that stands at `at` in its body. Raises `BadRequest` for parts of a wrong type."""
    config = value(request, CONFIG)
    shared = resolution.word(value(config, RESOLUTION)) if isinstance(config, dict) else None
    for content, path in _all(request.get("contents"), (*at, "contents")):
        yield from _of_content(content, path, shared)
    instruction = value(request, _INSTRUCTION)
    if isinstance(instruction, dict):
        yield from _of_content(instruction, (*at, key(request, _INSTRUCTION)), shared)


def has_other_media(request: dict[str, Any]) -> bool:
    """True when the request holds a document, sound, film or uploaded file."""
    for content, _ in _all(request.get("contents"), ()):
        for part, _ in _all(content.get("parts"), ()):
            blob = value(part, BLOB)
            if value(part, FILE) is not None or (isinstance(blob, dict) and not _is_image(blob)):
                return True
    return False


def edits(document: dict[str, Any], found: ImagePart, contents: Sequence[Content], *, detail: bool) -> Iterator[Edit]:
    """How the body changes when an image becomes `contents`. With `detail`, its resolution may be written beside it."""
    part = documents.lookup(document, found.path)
    match contents:
        case [Image() as image]:
            yield from _image_edits(part, found, image, detail=detail)
        case [Text() as text] if _in_response(found.path):
            yield from _response_text(part, found.path, text)
        case _:
            # Of several parts the last one ends the same prefix: what is not known here stays there.
            media = {name: kept for name, kept in part.items() if name in _OF_MEDIA}
            new = [_replacement(media, content, found, detail=detail) for content in contents[:-1]]
            new.append(_replacement(part, contents[-1], found, detail=detail))
            # Where one part was, it may stand without an array around it.
            yield Edit(found.path, tuple(new) if isinstance(found.path[-1], int) or len(new) == 1 else (new,))


def _of_content(content: dict[str, Any], at: Path, shared: str | None) -> Iterator[ImagePart]:
    parts = list(_all(content.get("parts"), (*at, "parts")))
    prompt = "\n".join(part["text"] for part, _ in parts if isinstance(part.get("text"), str))
    for part, path in parts:
        yield from _of_part(part, path, shared, prompt)
        yield from _document(part, path, shared, prompt)
        response = value(part, _RESPONSE)
        if isinstance(response, dict):
            below = (*path, key(part, _RESPONSE), "parts")
            for nested, where in _all(response.get("parts"), below):
                yield from _of_part(nested, where, shared, prompt)


def _document(part: dict[str, Any], path: Path, shared: str | None, prompt: str) -> Iterator[ImagePart]:
    """A PDF document of a turn. Those that functions answer stay: their parts hold no text."""
    blob = value(part, BLOB)
    data = blob.get("data") if isinstance(blob, dict) and _declared(blob) == MEDIA_TYPES["pdf"] else None
    if isinstance(data, str) and holds_pdf(data):
        yield ImagePart(
            path=path, base64=data, media_type=MEDIA_TYPES["pdf"], detail=_asked(part) or shared, prompt=prompt
        )


def _asked(part: dict[str, Any]) -> str | None:
    own = value(part, RESOLUTION)
    return resolution.word(own.get("level")) if isinstance(own, dict) else None


def _of_part(part: dict[str, Any], path: Path, shared: str | None, prompt: str) -> Iterator[ImagePart]:
    blob = value(part, BLOB)
    if blob is None:
        return
    at = (*path, key(part, BLOB))
    if not _is_image(documents.of(blob, dict, at)) or "data" not in blob:
        return
    encoded = documents.required(blob, "data", str, at)
    yield ImagePart(
        path=path, base64=encoded, media_type=_declared(blob) or None, detail=_asked(part) or shared, prompt=prompt
    )


def _all(items: Any, at: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """The objects of an array with their paths. The API takes a single one without the array."""
    if isinstance(items, dict):
        yield items, at
    elif items is not None:
        for i, item in enumerate(documents.of(items, list, at)):
            yield documents.of(item, dict, (*at, i)), (*at, i)


def _is_image(blob: dict[str, Any]) -> bool:
    declared = _declared(blob)
    return declared.startswith("image/") or declared in _BARE


def _declared(blob: dict[str, Any]) -> str:
    declared = value(blob, _MEDIA_TYPE)
    return declared.lower() if isinstance(declared, str) else ""


def _in_response(path: Path) -> bool:
    return any(step in _RESPONSE for step in path)


def _image_edits(part: dict[str, Any], found: ImagePart, image: Image, *, detail: bool) -> Iterator[Edit]:
    """Only what differs: the bytes with their type, the resolution, or both."""
    where = key(part, BLOB)
    blob = part[where]
    encoded = pybase64.b64encode(image.data).decode()
    if encoded != found.base64:
        yield Edit((*found.path, where, "data"), (encoded,))
    media_type = MEDIA_TYPES[image.format]
    if media_type != found.media_type:
        yield Edit((*found.path, where, key(blob, _MEDIA_TYPE)), (media_type,))
    if detail and image.detail != found.detail:
        yield Edit((*found.path, key(part, RESOLUTION)), _level(image))


def _level(image: Image) -> tuple[dict[str, str], ...]:
    level = resolution.level(image.detail)
    return ({"level": level},) if level else ()


def _response_text(part: dict[str, Any], path: Path, text: Text) -> Iterator[Edit]:
    """Parts of a function's response hold no text, only files; one of `text/plain` keeps the name others refer to."""
    where = key(part, BLOB)
    blob = {**part[where], key(part[where], _MEDIA_TYPE): "text/plain"}
    yield Edit((*path, where), ({**blob, "data": pybase64.b64encode(text.text.encode()).decode()},))
    if value(part, RESOLUTION) is not None:
        yield Edit((*path, key(part, RESOLUTION)))


def _replacement(part: dict[str, Any], content: Content, found: ImagePart, *, detail: bool) -> dict[str, Any]:
    """The part with other content; what the gateway does not know, as a signature, stays."""
    if isinstance(content, Text):
        return {"text": content.text, **{name: kept for name, kept in part.items() if name not in _OF_MEDIA}}
    where = key(part, BLOB)
    encoded = pybase64.b64encode(content.data).decode()
    blob = {**part[where], key(part[where], _MEDIA_TYPE): MEDIA_TYPES[content.format], "data": encoded}
    changed = {**part, where: blob}
    if detail and content.detail != found.detail:
        changed.pop(key(part, RESOLUTION), None)
        changed |= {key(part, RESOLUTION): level for level in _level(content)}
    return changed
