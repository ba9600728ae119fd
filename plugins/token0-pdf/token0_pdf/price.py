"""What a document costs as it is, and whether something else is worth sending."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from token0_pdf.sizes import page_size

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

    from token0.interfaces import Context
    from token0.types import Image

# What has pages as pictures must cost less than this share: they were made anew, for a price known to some percent.
_WORTH = 0.85


class Price(NamedTuple):
    """In tokens. `spare` is the part of an estimate that it may be wrong by; 0 where the price is published."""

    tokens: int
    spare: int = 0


def price_of(document: pypdfium2.PdfDocument, said: str, image: Image, ctx: Context) -> Price:
    """The published price of a document that says `said`, else an estimate: the text, and a picture of every page."""
    counter, detail = ctx.counter, image.detail
    published = counter.count_document(len(document), said, detail)
    if published is not None:
        return Price(published)
    sizes = (page_size(document.get_page_size(i), counter, detail, None) for i in range(len(document)))
    pictures = sum(counter.count(size, detail) for size in sizes)
    # The pictures may be half as dear.
    return Price(counter.count_text(said) + pictures, pictures // 2)


def objection(price: Price, tokens: int, seen: str | None) -> str | None:
    """Why a replacement for `tokens` is not worth it; None where it is. `seen`: why it has pages as pictures."""
    if price.spare and seen:
        return f"{seen}, and what documents cost is not published"
    most = price.tokens * _WORTH if seen else price.tokens - price.spare
    if tokens < most:
        return None
    return f"{seen or 'the text of its pages'}: {tokens} tokens instead of {price.tokens} would not pay"
