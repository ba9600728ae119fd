"""From a document to what is sent in its place. Runs in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2  # type: ignore[import-untyped]

from token0.errors import Unusable
from token0.interfaces import Declined, Replacement
from token0_pdf.opening import Unreadable, opened
from token0_pdf.page import draw_page, read_page
from token0_pdf.price import Price, objection, price_of
from token0_pdf.sizes import page_size
from token0_pdf.telling import told

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Content, Image, Size
    from token0_pdf.page import Page

# Letters of a document, which no model reads at once.
_MOST_LETTERS = 400_000


def replaced(image: Image, ctx: Context, max_pages: int, *, repairs: bool) -> Replacement | Declined:
    """What stands in place of the document `image`; `Declined` where it is to be sent as it came.

    Raises `Unusable` where it `repairs` what the provider would refuse, and cannot.
    """
    try:
        with opened(image.data) as document:
            result = _replaced(document, image, ctx, max_pages, repairs=repairs)
    except Unreadable as error:
        result = Declined(str(error))
    except pypdfium2.PdfiumError:
        result = Declined("a page of the document is damaged")
    if repairs and isinstance(result, Declined):
        raise Unusable(f"{result.why}, and the provider takes no documents")
    return result


def _replaced(
    document: pypdfium2.PdfDocument, image: Image, ctx: Context, max_pages: int, *, repairs: bool
) -> Replacement | Declined:
    count = len(document)
    if not 0 < count <= max_pages:
        return Declined(f"the document has {count} pages, and the limit is {max_pages} (max_pages)")
    said = "\n".join(page.get_textpage().get_text_range() for page in document)
    if len(said) > _MOST_LETTERS:
        return Declined("the document says more than a model reads at once")
    price = None if repairs else price_of(document, said, image, ctx)
    if price and ctx.counter.count_text(said) >= price.tokens:
        return Declined(f"its text alone costs more than the document, {price.tokens} tokens")
    pages = [read_page(page) for page in document]
    drawn = _drawn(document, pages, image, ctx, repairs=repairs)
    if reason := _too_many(drawn, ctx):
        return Declined(reason)
    return _made(document, pages, drawn, image, ctx, price)


def _drawn(
    document: pypdfium2.PdfDocument, pages: list[Page], image: Image, ctx: Context, *, repairs: bool
) -> dict[int, Size]:
    """The pages that must be seen, and how large."""
    everything = repairs and (ctx.quality == "lossless" or ctx.coordinates)
    most = ctx.counter.count_document(1, "", image.detail)
    return {
        i: page_size(document.get_page_size(i), ctx.counter, image.detail, most)
        for i, page in enumerate(pages)
        if everything or page.shows
    }


def _too_many(drawn: dict[int, Size], ctx: Context) -> str | None:
    most = ctx.limits.images
    # The other images of the request do not count: with the next one, this document would be sent otherwise.
    beyond = most is not None and len(drawn) > most
    return f"{len(drawn)} of its pages must be seen, beyond the {most} images of a request" if beyond else None


def _made(
    document: pypdfium2.PdfDocument,
    pages: list[Page],
    drawn: dict[int, Size],
    image: Image,
    ctx: Context,
    price: Price | None,
) -> Replacement | Declined:
    """The replacement; its bill is known, and judged, before anything is drawn."""
    groups = list(told(pages, drawn))
    pictures = sum(ctx.counter.count(size, image.detail) for size in drawn.values())
    tokens = ctx.tokens(*(text for text, _ in groups)) + pictures
    why = next((f"page {i + 1} must be seen: {page.shows}" for i, page in enumerate(pages) if page.shows), None)
    if price and (reason := objection(price, tokens, why)):
        return Declined(reason)
    contents: list[Content] = []
    for text, i in groups:
        contents.append(text)
        if i is not None:
            contents.append(draw_page(document[i], drawn[i], image.detail))
    return Replacement(tuple(contents), price.tokens if price else None)
