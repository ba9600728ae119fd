"""Small PDF files for tests, written by hand: no library is needed to make one, and every byte is known."""

from __future__ import annotations

import zlib

LETTER = (612, 792)


def pdf(
    *pages: str, size: tuple[int, int] = LETTER, rotate: int = 0, picture: bytes | None = None, extra: str = ""
) -> bytes:
    """A document of `pages`, each a content stream; `/F1` is Helvetica, `/Im1` a grey picture of 64x64 pixels.

    `extra` goes into the dictionary of every page.
    """
    kids = " ".join(f"{5 + 2 * i} 0 R" for i in range(len(pages)))
    shades = zlib.compress(picture or bytes((x * y * 7 + x) % 256 for y in range(64) for x in range(64)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        _stream(
            shades,
            "/Type /XObject /Subtype /Image /Width 64 /Height 64 /ColorSpace /DeviceGray /BitsPerComponent 8"
            " /Filter /FlateDecode",
        ),
    ]
    for i, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Rotate {rotate}"
            f" /Contents {6 + 2 * i} 0 R /Resources << /Font << /F1 3 0 R >> /XObject << /Im1 4 0 R >> >>"
            f" {extra} >>".encode()
        )
        objects.append(_stream(page.encode("cp1252")))
    return _file(objects)


def text(*lines: str, left: float = 72, top: float = 72, points: float = 10, height: int = 792, mode: int = 0) -> str:
    """Lines from `top` downward. `mode` 3 is invisible."""
    shown = "".join(f"({_escaped(line)}) Tj T*\n" for line in lines)
    return f"BT /F1 {points} Tf {points * 1.2} TL {mode} Tr {left} {height - top - points} Td\n{shown}ET\n"


def paragraphs(lines: int) -> list[str]:
    """So many different lines of prose."""
    words = "the supplier shall deliver goods to a warehouse before noon unless both parties agree otherwise".split()
    return [
        " ".join(words[(i * 5 + j * 3) % len(words)] for j in range(11)) + f" section {i + 1}." for i in range(lines)
    ]


def image(left: float, bottom: float, width: float, height: float) -> str:
    """The picture, this large."""
    return f"q {width} 0 0 {height} {left} {bottom} cm /Im1 Do Q\n"


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _stream(data: bytes, keys: str = "") -> bytes:
    return f"<< /Length {len(data)} {keys} >>\nstream\n".encode() + data + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    count = len(objects) + 1
    return (
        body
        + f"xref\n0 {count}\n0000000000 65535 f \n".encode()
        + table
        + f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n".encode()
    )
