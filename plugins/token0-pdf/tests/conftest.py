from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pytest

from token0.interfaces import Context, TokenCounter
from token0.types import Image, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class PageCounter(TokenCounter):
    """28-px patches of at most 1,500 px; a page of a document costs 1,600 and its text."""

    name = "pages"
    grid = 28

    @classmethod
    def for_model(cls, model: str) -> PageCounter:
        return cls()

    def count(self, size: Size, detail: str | None = None) -> int:
        width, height = self.seen(size)
        return -(-width // 28) * -(-height // 28)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        scale = min(1.0, 1500 / max(size))
        return Size(int(size.width * scale), int(size.height * scale))

    def count_document(self, pages: int, text: str, detail: str | None = None) -> int | None:
        return self.count_text(text) + 1600 * pages


class SilentCounter(PageCounter):
    """The same, but nobody says what documents cost."""

    def count_document(self, pages: int, text: str, detail: str | None = None) -> int | None:
        return None


@pytest.fixture
def published() -> Context:
    return Context(model="m", counter=PageCounter(), prompt="Summarise this.")


@pytest.fixture
def unpublished() -> Context:
    return Context(model="m", counter=SilentCounter(), prompt="Summarise this.")


@pytest.fixture
def page() -> Iterator[Callable[[bytes], pypdfium2.PdfPage]]:
    """Opens the first page of a document."""
    documents = []

    def first(data: bytes) -> pypdfium2.PdfPage:
        documents.append(pypdfium2.PdfDocument(data))
        return documents[-1][0]

    yield first
    for document in documents:
        document.close()


@pytest.fixture
def document() -> Callable[[bytes], Image]:
    """The image that the engine makes of a document."""
    return lambda data: Image(data=data, format="pdf", width=0, height=0)
