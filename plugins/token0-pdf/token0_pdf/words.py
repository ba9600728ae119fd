"""The text layer of a page as words with places."""

from __future__ import annotations

import ctypes
import math
from typing import TYPE_CHECKING, NamedTuple

import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pypdfium2

# What PDFium puts where a word is broken at the end of a line.
_HYPHENS = "\x02\ufffe"

# Letters of one word stand no farther apart than this, in heights of a letter.
_APART = 1.0

_UNDRAWN = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
_LEVEL = math.radians(2)
_VIRTUAL = 64


class Box(NamedTuple):
    """In points from the top left corner of the page as displayed."""

    left: float
    top: float
    right: float
    bottom: float


class Word(NamedTuple):
    """Letters that belong together.

    box:      of the letters as drawn; `height` is that of the font, from its lowest to its highest stroke
    baseline: points below the top of the page
    level:    it runs from left to right, as displayed
    drawn:    it is painted, if perhaps in the colour of the paper; invisible text lies over scans
    unmapped: letters for which the font does not say what they mean
    """

    text: str
    box: Box
    baseline: float
    height: float
    level: bool = True
    drawn: bool = True
    unmapped: int = 0


class _Letter(NamedTuple):
    text: str
    box: Box
    x: float
    baseline: float
    height: float
    level: bool
    drawn: bool
    unmapped: bool


def find_words(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage) -> list[Word]:
    """The words of `page` in the order of the file."""
    words: list[Word] = []
    letters: list[_Letter] = []
    for letter in (*_letters(page, text), None):
        if letters and (letter is None or not _continues(letters[-1], letter)):
            words.append(_word(letters))
            letters = []
        if letter is not None:
            letters.append(letter)
    return words


def _letters(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage) -> Iterator[_Letter | None]:
    """The letters, None for every blank."""
    place = _Placing(page)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    x, y, loose = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
    turn = math.radians(page.get_rotation())
    for i in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, i)
        letter = "-" if chr(code) in _HYPHENS else chr(code)
        if not code or letter.isspace():
            yield None
            continue
        pdfium.FPDFText_GetCharBox(text, i, left, right, bottom, top)
        pdfium.FPDFText_GetLooseCharBox(text, i, loose)
        pdfium.FPDFText_GetCharOrigin(text, i, x, y)
        high = place(loose.left, loose.bottom, loose.right, loose.top)
        origin = place(x.value, y.value, x.value, y.value)
        angle = (pdfium.FPDFText_GetCharAngle(text, i) + turn + math.pi) % math.tau - math.pi
        yield _Letter(
            letter,
            place(left.value, bottom.value, right.value, top.value),
            origin.left,
            origin.top,
            max(high.bottom - high.top, 1.0),
            abs(angle) < _LEVEL,
            pdfium.FPDFTextObj_GetTextRenderMode(pdfium.FPDFText_GetTextObject(text, i)) not in _UNDRAWN,
            pdfium.FPDFText_HasUnicodeMapError(text, i) == 1,
        )


class _Placing:
    """From the coordinates of the file to those of the displayed page, which may be cropped and turned."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        width, height = page.get_size()
        frame = (0, 0, round(width * _VIRTUAL), round(height * _VIRTUAL), 0)
        points = []
        for x, y in ((0, 0), (1000, 0), (0, 1000)):
            across, down = ctypes.c_int(), ctypes.c_int()
            pdfium.FPDF_PageToDevice(page, *frame, x, y, across, down)
            points.append((across.value / _VIRTUAL, down.value / _VIRTUAL))
        self._zero, one, other = points
        self._x = ((one[0] - self._zero[0]) / 1000, (one[1] - self._zero[1]) / 1000)
        self._y = ((other[0] - self._zero[0]) / 1000, (other[1] - self._zero[1]) / 1000)

    def __call__(self, left: float, bottom: float, right: float, top: float) -> Box:
        x0, y0 = self._point(left, bottom)
        x1, y1 = self._point(right, top)
        return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))

    def _point(self, x: float, y: float) -> tuple[float, float]:
        return (
            self._zero[0] + x * self._x[0] + y * self._y[0],
            self._zero[1] + x * self._x[1] + y * self._y[1],
        )


def _continues(last: _Letter, letter: _Letter) -> bool:
    """True where `letter` belongs to the word that `last` is the end of, so far."""
    if (last.level, last.drawn) != (letter.level, letter.drawn):
        return False
    if not letter.level:
        return math.dist((last.x, last.baseline), (letter.x, letter.baseline)) < 2 * last.height
    reach = _APART * min(last.height, letter.height)
    gap = letter.x - last.box.right
    return abs(letter.baseline - last.baseline) < reach / 2 and -2 * reach < gap < reach


def _word(letters: list[_Letter]) -> Word:
    joined = "".join(letter.text for letter in letters)
    lefts, tops, rights, bottoms = zip(*(letter.box for letter in letters), strict=True)
    return Word(
        # Letters beyond the first 65,536 come in halves.
        joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        Box(min(lefts), min(tops), max(rights), max(bottoms)),
        letters[0].baseline,
        max(letter.height for letter in letters),
        letters[0].level,
        all(letter.drawn for letter in letters),
        sum(letter.unmapped for letter in letters),
    )
