from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from token0.sniff import sniff
from token0_pixels import Undecodable
from token0_repair.drawings import draw
from token0_repair.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from token0.types import Image


def svg(inside: str = "", **attributes: str) -> bytes:
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:l="http://www.w3.org/1999/xlink"{told}>{inside}</svg>'.encode()
    )


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({"width": "800", "height": "400"}, (800, 400)),
        ({"width": "24px", "height": "24"}, (512, 512)),
        ({"viewBox": "0 0 4000 1000"}, (1568, 392)),
        ({"width": "10in", "height": "5in"}, (960, 480)),
        ({"width": "100%", "height": "100%", "viewBox": "-5,-5 600,300"}, (600, 300)),
        ({"width": "1000000", "height": "1000000"}, (1568, 1568)),
        ({}, (512, 512)),
    ],
)
def test_a_drawing_has_a_size_that_can_be_seen(attributes: dict[str, str], size: tuple[int, int]) -> None:
    header = sniff(draw(svg("<rect width='5' height='5'/>", **attributes)))
    assert header is not None
    assert (header.format, header.width, header.height) == ("png", *size)


def test_a_drawing_is_on_white(opened: Callable[[bytes], Image]) -> None:
    shape = '<defs><rect id="a" width="50" height="100" fill="red"/></defs><use l:href="#a"/>'
    pixels = read(opened(svg(shape, viewBox="0 0 100 100")))
    assert [pixels.array[200, x, :3].tolist() for x in (100, 400)] == [[255, 0, 0], [255, 255, 255]]
    assert not pixels.alpha


W3C = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"%s>'


def test_the_document_type_that_drawing_programs_write_is_no_obstacle() -> None:
    plain = svg("<rect width='5' height='5'/>")
    assert draw(b'<?xml version="1.0"?>\n' + W3C % b"" + b"\n" + plain) == draw(plain)


def test_a_link_to_a_page_is_no_obstacle() -> None:
    node = "<rect width='5' height='5'/>"
    assert draw(svg(f"<a l:href='https://example.org/'>{node}</a>")) == draw(svg(node))


@pytest.mark.parametrize(
    "data",
    [
        svg('<a href="https://example.org/"><image href="https://example.org/a.png" width="9" height="9"/></a>'),
        svg('<animate href="https://example.org/a.svg#b" />'),
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]>' + svg(),
        W3C % b' [<!ENTITY a "b">]' + svg(),
        W3C % b"" + W3C % b"" + svg(),
        b'<!doctype svg SYSTEM "file:///etc/passwd">' + svg(),
        svg('<image href="file:///etc/passwd" width="9" height="9"/>'),
        svg('<image l:href = "/etc/hostname" width="9" height="9"/>'),
        svg("<image l:href='https://example.org/a.png' width='9' height='9'/>"),
        svg('<image href="&#x2f;etc/hostname" width="9" height="9"/>'),
        svg('<image href="data:image/svg+xml;base64,PHN2Zy8+" width="9" height="9"/>'),
        svg("<style>@import 'https://example.org/a.css';</style>"),
        svg("<style>rect { fill: url( https://example.org/a.svg#b ) }</style>"),
        svg("<use l:href='#a'/>" * 2001),
        svg(width="5", height="5000"),
        svg(viewBox="0 0 1e9 1e9"),
        svg().decode().encode("utf-16"),
        svg() + b" " * (2 * 1024 * 1024),
        b"<svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'><rect></svg>",
    ],
)
def test_what_reaches_outside_or_grows_is_not_drawn(data: bytes) -> None:
    with pytest.raises(Undecodable):
        draw(data)
