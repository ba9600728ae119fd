"""Is the text layer of a page what a reader sees? Scanners add wrong ones, fonts may lie, and text may be hidden."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pypdfium2
    from numpy.typing import NDArray

    from token0_pdf.words import Word

# The share of letters that may be odd: a ligature, a bullet, a trademark sign of a decorative font.
_ODD = 0.02

# The share of words that may be hidden, as a maker's mark; hidden ones are never handed on.
_HIDDEN = 0.05

# Shades between the brightest and the darkest pixel of a word that can be read.
_CONTRAST = 16
_THIN = 3.0

# Words of four and more Latin letters; of many different ones at least such a share has a vowel, in any language.
_LATIN = re.compile(r"[A-Za-z]{4,}")
_VOWEL = re.compile(r"[aeiouy]")
_ENOUGH = 12
_VOWELS = 0.6

# Turned words lose their places beside the others.
_TURNED = 0.05

_FORMULAS = re.compile(r"(?:^|\+)(?:CM(?:MI|SY|EX)|MS[AB]M|.*(?:Math|Symbol))", re.IGNORECASE)
_IN_FORMULAS = 0.05


def distrust(page: pypdfium2.PdfPage, words: Sequence[Word], shown: NDArray[np.bool_]) -> str | None:
    """Why the text of the page cannot stand for what is seen; None where it can. `shown`: which words are visible."""
    letters = sum(len(word.text) for word in words)
    if not letters:
        return "no text layer"
    if 1 - shown.mean() > _HIDDEN:
        undrawn = sum(not word.drawn for word in words)
        return "an invisible text layer, as scanners add" if undrawn else "text that the page does not show"
    odd = sum(word.unmapped + sum(map(_is_odd, word.text)) for word in words)
    if odd > _ODD * letters or not _is_plausible(" ".join(word.text for word in words)):
        return "a text layer of wrong letters"
    if sum(len(word.text) for word in words if not word.level) > _TURNED * letters:
        return "turned text"
    return "formulas" if _formulas(page) > _IN_FORMULAS else None


def visible(words: Sequence[Word], luma: NDArray[np.uint8], scale: float) -> NDArray[np.bool_]:
    """Which of `words` are drawn and leave ink on `luma`, the page at `scale` pixels a point."""
    return np.array([word.drawn and _contrast(luma, word, scale) >= _CONTRAST for word in words], bool)


def _contrast(luma: NDArray[np.uint8], word: Word, scale: float) -> int:
    edges = [edge * scale for edge in word.box]
    # A dash is thinner than a pixel, and its ink may fall on the next one.
    beside = [edges[i + 2] - edges[i] < _THIN for i in (0, 1)]
    left, top = (max(0, int(edge) - more) for edge, more in zip(edges[:2], beside, strict=True))
    right, bottom = (int(edge) + 1 + more for edge, more in zip(edges[2:], beside, strict=True))
    spot = luma[top:bottom, left:right]
    return int(spot.max()) - int(spot.min()) if spot.size else 0


def _is_odd(letter: str) -> bool:
    """Replacement signs, private-use and control characters."""
    return letter == "\ufffd" or unicodedata.category(letter) in ("Co", "Cn", "Cc", "Cs")


def _is_plausible(text: str) -> bool:
    """False where Latin letters do not make words: the font shows others than the file says."""
    words = {word.lower() for word in _LATIN.findall(text)}
    return len(words) < _ENOUGH or sum(1 for word in words if _VOWEL.search(word)) >= _VOWELS * len(words)


def _formulas(page: pypdfium2.PdfPage) -> float:
    """The share of the pieces of text that are set in fonts of formulas."""
    pieces = list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=4))
    fonts = sum(bool(_FORMULAS.search(each.get_font().get_base_name())) for each in pieces)
    return fonts / max(len(pieces), 1)
