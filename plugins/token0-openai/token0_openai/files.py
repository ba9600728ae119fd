"""PDF documents in OpenAI's requests: where they are found, and what is written in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from token0.images import holds_pdf
from token0.sniff import MEDIA_TYPES
from token0.types import Content, ImagePart, Path, Text
from token0_openai import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def pdf_part(data: Any, path: Path, prompt: str) -> ImagePart | None:
    """The part for a file in the request, a `data:` URL or bare base64; None for all but PDF documents."""
    if not isinstance(data, str):
        return None
    head, comma, encoded = data.partition(",") if data[:5].lower() == "data:" else ("data:;base64", ",", data)
    if not comma or not head.lower().endswith(";base64") or not holds_pdf(encoded):
        return None
    return ImagePart(path=path, base64=encoded, media_type=MEDIA_TYPES["pdf"], prompt=prompt)


def instead_of_pdf(
    part: dict[str, Any], known: frozenset[str], name: Any, contents: Sequence[Content], prefix: str = ""
) -> Iterator[dict[str, Any]]:
    """The parts in place of a document called `name`; their types begin with `prefix`.

    Fields of `part` that are not `known`, as cache markers, go to the last one: it ends the same prefix.
    """
    title = [Text(f"[Document: {name}]")] if isinstance(name, str) and name else []
    new: list[Content] = [*title, *contents]
    for content in new:
        kept = {key: value for key, value in part.items() if key not in known} if content is new[-1] else {}
        if isinstance(content, Text):
            yield {"type": f"{prefix}text", "text": content.text, **kept}
        else:
            detail = {} if content.detail is None else {"detail": content.detail}
            url = wire.data_url(content)
            if prefix:
                yield {"type": "input_image", "image_url": url, **detail, **kept}
            else:
                yield {"type": "image_url", "image_url": {"url": url, **detail}, **kept}
