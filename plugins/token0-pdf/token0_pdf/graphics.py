"""What a page shows besides its text: pictures, drawings, filled forms, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pypdfium2
    from numpy.typing import NDArray

    from token0_pdf.words import Word

# The share of the page that pictures may cover and still be a logo.
_PICTURES = 0.15

# The share of the page that drawings may cover and still be ornament.
_DRAWINGS = 0.06

# Where little is written, pictures and drawings matter more: as much as this share of what the words cover.
_OF_TEXT = 0.75

# Shades that an edge makes, and by which a filled area differs from the paper.
_EDGE = 40
_FILL = 12

# Points: longer lines are rules of tables, thinner areas too; strokes nearer to each other make one drawing, and large
# ones reach over what lies within them.
_RULE = 24.0
_SOLID = 5.0
_NEAR = 8.0
_DRAWING = 30.0

# Kinds of annotations that show something of their own.
_SHOWN = frozenset({
    pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_LINE, pdfium.FPDF_ANNOT_SQUARE,
    pdfium.FPDF_ANNOT_CIRCLE, pdfium.FPDF_ANNOT_POLYGON, pdfium.FPDF_ANNOT_POLYLINE, pdfium.FPDF_ANNOT_HIGHLIGHT,
    pdfium.FPDF_ANNOT_UNDERLINE, pdfium.FPDF_ANNOT_SQUIGGLY, pdfium.FPDF_ANNOT_STRIKEOUT, pdfium.FPDF_ANNOT_STAMP,
    pdfium.FPDF_ANNOT_INK, pdfium.FPDF_ANNOT_WIDGET,
})  # fmt: skip


class Graphics(NamedTuple):
    """Shares of a page.

    pictures: under pictures, of which those that overlap count twice
    drawings: under areas without words and within strokes, the rules of tables aside
    words:    under words
    notes:    it has form fields or notes of readers
    """

    pictures: float
    drawings: float
    words: float
    notes: bool

    @property
    def matter(self) -> str | None:
        """What the page shows that its words do not say; None where that is nothing."""
        if self.notes:
            return "form fields or notes"
        if self.pictures > min(_PICTURES, _OF_TEXT * self.words):
            return "pictures"
        return "drawings" if self.drawings > min(_DRAWINGS, _OF_TEXT * self.words) else None


def find_graphics(page: pypdfium2.PdfPage, words: Sequence[Word], luma: NDArray[np.uint8], scale: float) -> Graphics:
    """What is on `page` besides `words`; `luma` is it at `scale` pixels a point."""
    text = np.zeros_like(luma)
    for word in words:
        left, top, right, bottom = (int(edge * scale) for edge in word.box)
        cv2.rectangle(text, (left - 2, top - 2), (right + 3, bottom + 3), 255, -1)
    drawn = _strokes(luma, text, scale) | _areas(luma, text, scale)
    return Graphics(_pictures(page), _share(drawn), _share(text), _has_notes(page))


def _share(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> float:
    return float(np.count_nonzero(mask)) / mask.size


def _has_notes(page: pypdfium2.PdfPage) -> bool:
    for i in range(pdfium.FPDFPage_GetAnnotCount(page)):
        note = pdfium.FPDFPage_GetAnnot(page, i)
        kind = pdfium.FPDFAnnot_GetSubtype(note)
        pdfium.FPDFPage_CloseAnnot(note)
        if kind in _SHOWN:
            return True
    return False


def _pictures(page: pypdfium2.PdfPage) -> float:
    width, height = page.get_size()
    area = 0.0
    for each in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING], max_depth=4):
        left, bottom, right, top = each.get_bounds()
        area += max(0.0, min(right, width) - max(left, 0.0)) * max(0.0, min(top, height) - max(bottom, 0.0))
    return float(area / (width * height))


def _strokes(luma: NDArray[np.uint8], text: NDArray[np.uint8], scale: float) -> NDArray[np.bool_]:
    edges = cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    ink = np.where((edges > _EDGE) & (text == 0), 255, 0).astype(np.uint8)
    length = int(_RULE * scale)
    for shape in ((1, length), (length, 1)):
        rules = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
        ink[cv2.dilate(rules, np.ones((3, 3), np.uint8)) > 0] = 0
    near = np.ones((int(_NEAR * scale),) * 2, np.uint8)
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, near)
    _, _, found, _ = cv2.connectedComponentsWithStats(closed)
    drawn = np.asarray(closed > 0)
    for left, top, width, height, _ in found[1:]:
        if min(width, height) >= _DRAWING * scale:
            drawn[top : top + height, left : left + width] = True
    return drawn


def _areas(luma: NDArray[np.uint8], text: NDArray[np.uint8], scale: float) -> NDArray[np.bool_]:
    """Filled areas without words on them, as the bars of a chart."""
    paper = int(np.bincount(luma.reshape(-1), minlength=256).argmax())
    filled = np.where(cv2.absdiff(luma, np.full_like(luma, paper)) > _FILL, 255, 0).astype(np.uint8)
    solid = cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((int(_SOLID * scale),) * 2, np.uint8))
    count, labels = cv2.connectedComponents(solid)
    behind = np.zeros(count, bool)
    behind[np.unique(labels[text > 0])] = True
    behind[0] = True
    return np.asarray(~behind[labels])
