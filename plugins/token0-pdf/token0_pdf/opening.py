"""Opens documents, or says why not."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator

# PDFium is not made for several threads.
_ONE_AT_A_TIME = threading.Lock()


class Unreadable(ValueError):
    """The document cannot be opened; the message says why."""


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The document in `data`, for one thread at a time. Raises `Unreadable`."""
    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
                raise Unreadable("the document needs a password") from error
            raise Unreadable("the document is damaged") from error
        try:
            if document.get_formtype():
                # Without this, what was filled in is not drawn.
                document.init_forms()
            yield document
        finally:
            document.close()
