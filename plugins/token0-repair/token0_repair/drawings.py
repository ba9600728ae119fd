"""SVG to PNG, without network, files or entities."""

from __future__ import annotations

import re

from resvg_py import svg_to_bytes

from token0_pixels import Undecodable

_MAX_BYTES = 2 * 1024 * 1024
_MAX_COPIES = 2_000
_SMALLEST, _LARGEST = 512, 1568

# What Inkscape, Illustrator, Graphviz and Matplotlib begin with. It is left out: nothing is looked up.
_W3C = re.compile(r"""<!DOCTYPE\s+svg\s+PUBLIC\s+["']-//W3C//DTD SVG [^<>\[\]]*>""")
_ENTITIES = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# A link leads a reader somewhere else; nothing of it is drawn.
_LINK = re.compile(r"<(?:[\w.-]+:)?a\b[^>]*>")
_HREF = re.compile(r"""href\s*=\s*["']\s*([^"']*)""", re.IGNORECASE)
_URL = re.compile(r"""url\(\s*["']?\s*([^)"']*)|@(import)""", re.IGNORECASE)
# What is in the file itself: another place of it, or pixels. No drawing within a drawing.
_INSIDE = re.compile(r"#|data:image/(?:png|jpe?g|gif|webp);base64,|$", re.IGNORECASE)
_COPY = re.compile(r"<(?:[\w.-]+:)?use\b")
_ROOT = re.compile(r"<(?:[\w.-]+:)?svg\b[^>]*>", re.IGNORECASE)
_LENGTH = r"""\s*=\s*["']\s*([\d.]+(?:e\d+)?)\s*(px|pt|pc|mm|cm|in)?\s*["']"""
_WIDTH, _HEIGHT = (re.compile(rf"[\s\"']{side}{_LENGTH}") for side in ("width", "height"))
_VIEW_BOX = re.compile(r"""viewBox\s*=\s*["']\s*[-\d.e]+[\s,]+[-\d.e]+[\s,]+([\d.e]+)[\s,]+([\d.e]+)\s*["']""")
_PIXELS = {None: 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}


def draw(data: bytes) -> bytes:
    """A PNG of the drawing, its longer side 512 to 1568 px. Raises `Undecodable`."""
    text = _checked(data)
    width, height = _size(text)
    try:
        return bytes(svg_to_bytes(svg_string=text, width=width, height=height, dpi=96, background="#ffffff"))
    except ValueError as error:
        raise Undecodable("the drawing is broken") from error


def _checked(data: bytes) -> str:
    """The text of a drawing that refers to nothing outside of itself."""
    if len(data) > _MAX_BYTES:
        raise Undecodable(f"a drawing of {len(data)} bytes is too long")
    try:
        text = _W3C.sub("", data.decode("utf-8-sig"), count=1)
    except UnicodeDecodeError:
        raise Undecodable("a drawing that is not UTF-8") from None
    if _ENTITIES.search(text):
        raise Undecodable("a drawing with a document type or entities")
    if any(not _INSIDE.match(found) for found in _HREF.findall(_LINK.sub("", text))):
        raise Undecodable("a drawing that refers to another file")
    if any(imported or not _INSIDE.match(address) for address, imported in _URL.findall(text)):
        raise Undecodable("a drawing that refers to another file")
    if len(_COPY.findall(text)) > _MAX_COPIES:
        raise Undecodable("a drawing of too many copies")
    return text


def _size(text: str) -> tuple[int, int]:
    """Pixels to draw; a square where the drawing tells no size."""
    root = _ROOT.search(text)
    if root is None:
        raise Undecodable("a drawing without a root")
    width, height = _told(root[0])
    if not (0 < width < 1e7 and 0 < height < 1e7 and 1 / 50 <= width / height <= 50):
        raise Undecodable("a drawing of an impossible size")
    longer = max(width, height)
    scale = min(max(longer, _SMALLEST), _LARGEST) / longer
    return max(1, round(width * scale)), max(1, round(height * scale))


def _told(root: str) -> tuple[float, float]:
    try:
        if (wide := _WIDTH.search(root)) and (high := _HEIGHT.search(root)):
            return float(wide[1]) * _PIXELS[wide[2]], float(high[1]) * _PIXELS[high[2]]
        if box := _VIEW_BOX.search(root):
            return float(box[1]), float(box[2])
    except ValueError:
        raise Undecodable("a drawing of an impossible size") from None
    return 1.0, 1.0
