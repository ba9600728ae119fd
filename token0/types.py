"""The values that flow through the gateway. All are frozen: a step returns a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

Quality = Literal["lossless", "legible", "thrifty"]
"""How much a step may take away: nothing the provider would keep, nothing a reader needs, or a stated share."""

Path = tuple[str | int, ...]
"""The way from the top of a JSON document to a value: keys and indexes."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


class Image(msgspec.Struct, frozen=True, tag=True):
    """One picture: its encoded bytes and what their header says.

    `width` and `height` are pixels as displayed, so after the EXIF `orientation` (1 to 8); 0 where the header does not
    tell, as for SVG and PDF.
    `detail` is the resolution word of the client's API (OpenAI `detail`, Gemini `mediaResolution`), None when absent.
    """

    data: bytes
    format: str
    width: int
    height: int
    orientation: int = 1
    detail: str | None = None

    @property
    def size(self) -> Size:
        return Size(self.width, self.height)


class Text(msgspec.Struct, frozen=True, tag=True):
    """Text that stands where an image stood."""

    text: str


Content = Image | Text


class ImagePart(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """An image as a dialect found it in a request. Beside its fields it holds what `token0.images` found out about it.

    path:       where it stands in the request's document; what `Dialect.edits` replaces
    base64:     the encoded bytes as they were sent, without a `data:` prefix; None for a remote or uploaded image
    url:        the address of a remote image
    media_type: as the client declared it, unchecked
    detail:     the client's own choice of resolution
    prompt:     the text of the turn the image belongs to
    """

    path: Path
    base64: str | None = None
    url: str | None = None
    media_type: str | None = None
    detail: str | None = None
    prompt: str = ""


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """One image among all of a request, with what the steps before left of it.

    part:        its index among the request's parts
    message:     the index of its message
    text_before: tokens of text, as an estimate, between the image before and this one
    original:    as it came
    contents:    what stands in its place so far
    joined:      a step over all images has changed it already
    leans:       the contents say something only beside the image before
    prompt:      the text of its own turn
    coordinates: answers may be positions in it
    """

    part: int
    message: int
    original: Image
    contents: tuple[Content, ...]
    text_before: int = 0
    joined: bool = False
    leans: bool = False
    prompt: str = ""
    coordinates: bool = False


class Joint(msgspec.Struct, frozen=True, kw_only=True):
    """What a step over all images would do with some of them.

    parts:    the images it has to do with
    tokens:   the lowest bill for them together
    why:      for the report
    contents: what stands for those of `parts` that change; None to make it from pixels; nothing to only say why not
    """

    parts: tuple[int, ...]
    tokens: int
    why: str
    contents: Mapping[int, tuple[Content, ...]] | None = None


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says to the gateway itself, in headers or `token0_*` fields; never forwarded."""

    optimize: bool = True
    report: bool = True
    detail: str | None = None
    cascade: bool | None = None
    cache: bool | None = None
    warnings: tuple[str, ...] = ()


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as its dialect read it. `body` is kept whole; `document` is the same body, decoded.

    `edits` are changes the dialect itself needs before anything is forwarded (gateway-only fields removed).
    `coordinates` is true when the request carries tools that answer in pixels of the image (computer use).
    `query` is the one of the request line, as it was sent: it may say the form of a stream, and hold a credential.
    """

    body: bytes
    document: dict[str, Any]
    model: str
    stream: bool = False
    parts: tuple[ImagePart, ...] = ()
    options: Options = Options()
    edits: tuple[Edit, ...] = ()
    coordinates: bool = False
    query: str = ""


class Edit(msgspec.Struct, frozen=True):
    """One change to a JSON body: the value at `path` becomes `values`.

    One value replaces, none removes the value with its key or comma, several stand in its place in an array.
    A last key that the object lacks is added at the object's end.
    """

    path: Path
    values: tuple[Any, ...] = ()


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider says it billed, in tokens. `input_tokens` includes cached and cache-written ones."""

    input_tokens: int
    output_tokens: int = 0
    cached_tokens: int = 0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider refuses, as data; None where no limit is published.

    formats:       image formats it takes, by the names of `token0.sniff`
    side:          longest side in pixels
    animated:      whether it takes animated pictures
    turns:         whether it shows a picture as its EXIF orientation says; else only pixels stored upright are safe
    alpha:         whether it blends transparency itself; else it drops it, and what was transparent shows anything
    base64url:     whether it takes the URL-safe alphabet, and base64 without padding, too
    base64_bytes:  largest image, measured on its base64 text
    patches:       most 32-px patches of one image after the provider's own scaling
    images:        most images in a request
    body_bytes:    largest request body
    documents:     it takes PDF documents
    """

    formats: frozenset[str] = frozenset({"jpeg", "png", "gif", "webp"})
    animated: bool = True
    turns: bool = True
    alpha: bool = True
    base64url: bool = False
    side: int | None = None
    base64_bytes: int | None = None
    patches: int | None = None
    images: int | None = None
    body_bytes: int | None = None
    documents: bool = True


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars per million tokens, with where and when the figure was read.

    `cached` is what tokens cost that the provider has seen before, `write` what it takes to remember new ones; None
    where both cost what `input` does.
    """

    input: float
    output: float = 0.0
    cached: float | None = None
    write: float | None = None
    as_of: str = ""
    source: str = ""
    assumed: bool = False
