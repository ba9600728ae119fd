"""Headers are built by hand here, so that no encoder has to be trusted."""

from __future__ import annotations

from struct import pack
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.sniff import MEDIA_TYPES, Header, sniff


def exif(turn: int, order: str = "<") -> bytes:
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + pack(order + "IH", 8, 1) + pack(order + "HHIHH", 0x0112, 3, 1, turn, 0) + bytes(4)


def jpeg(width: int, height: int, *segments: bytes, frame: int = 0xC0) -> bytes:
    start = pack(">BBHBHHB", 0xFF, frame, 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + b"".join(segments) + start + b"\xff\xda"


def segment(marker: int, payload: bytes) -> bytes:
    return pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def chunk(kind: bytes, payload: bytes) -> bytes:
    return pack(">I", len(payload)) + kind + payload + pack(">I", crc32(kind + payload))


def png(width: int, height: int, *chunks: bytes, colour: int = 2) -> bytes:
    ihdr = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + ihdr + b"".join(chunks) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def gif(width: int, height: int, *blocks: bytes) -> bytes:
    return b"GIF89a" + pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + b"".join(blocks) + b";"


GIF_FRAME = b"," + pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
GIF_TRANSPARENT = b"!\xf9\x04\x01\0\0\0\0"


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(kind + pack("<I", len(data)) + data + b"\0" * (len(data) & 1) for kind, data in chunks)
    return b"RIFF" + pack("<I", len(body) + 4) + b"WEBP" + body


def vp8x(width: int, height: int, flags: int) -> bytes:
    return pack("<I", flags) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def box(kind: bytes, payload: bytes) -> bytes:
    return pack(">I", len(payload) + 8) + kind + payload


def heif(brand: bytes, *properties: bytes) -> bytes:
    rooms = box(b"meta", bytes(4) + box(b"hdlr", bytes(8)) + box(b"iprp", box(b"ipco", b"".join(properties))))
    return box(b"ftyp", brand + bytes(4) + b"mif1") + rooms


def ispe(width: int, height: int) -> bytes:
    return box(b"ispe", pack(">III", 0, width, height))


def tiff(order: str, width: int, height: int, turn: int) -> bytes:
    magic = b"II*\0" if order == "<" else b"MM\0*"
    tags = [(0x100, 4, 1, width), (0x101, 4, 1, height)]
    entries = b"".join(pack(order + "HHII", *tag) for tag in tags) + pack(order + "HHIHH", 0x112, 3, 1, turn, 0)
    return magic + pack(order + "IH", 8, 3) + entries


APP1 = segment(0xE1, b"Exif\0\0" + exif(6))
VP8 = b"\x30\x01\x00\x9d\x01\x2a" + pack("<HH", 640 | 0x4000, 480)
VP8L = b"\x2f" + pack("<I", 639 | 479 << 14 | 1 << 28) + bytes(5)

CASES = {
    "a baseline jpeg": (jpeg(640, 480), Header("jpeg", 640, 480)),
    "a progressive jpeg": (jpeg(640, 480, frame=0xC2), Header("jpeg", 640, 480)),
    "a jpeg with tables before the frame": (jpeg(640, 480, segment(0xC4, bytes(30))), Header("jpeg", 640, 480)),
    "a jpeg with fill bytes": (jpeg(640, 480, b"\xff\xff\xff"), Header("jpeg", 640, 480)),
    "a jpeg with stray bytes before a marker": (jpeg(640, 480, APP1, b"\x12\x34"), Header("jpeg", 480, 640, 6)),
    "a jpeg turned by EXIF": (jpeg(640, 480, APP1), Header("jpeg", 480, 640, 6)),
    "a jpeg whose thumbnail has a frame": (jpeg(640, 480, segment(0xE1, jpeg(16, 12))), Header("jpeg", 640, 480)),
    "a png": (png(640, 480), Header("png", 640, 480)),
    "a png with alpha": (png(640, 480, colour=6), Header("png", 640, 480, alpha=True)),
    "a png with a transparent colour": (png(9, 8, chunk(b"tRNS", bytes(6))), Header("png", 9, 8, alpha=True)),
    "an animated png": (png(9, 8, chunk(b"acTL", bytes(8))), Header("png", 9, 8, animated=True)),
    "a png turned by EXIF": (png(9, 8, chunk(b"eXIf", exif(8, ">"))), Header("png", 8, 9, 8)),
    "a gif": (gif(9, 8, GIF_FRAME), Header("gif", 9, 8)),
    "a transparent gif": (gif(9, 8, GIF_TRANSPARENT, GIF_FRAME), Header("gif", 9, 8, alpha=True)),
    "an animated gif": (
        gif(9, 8, GIF_FRAME, GIF_TRANSPARENT, GIF_FRAME),
        Header("gif", 9, 8, animated=True, alpha=True),
    ),
    "a lossy webp": (riff((b"VP8 ", VP8)), Header("webp", 640, 480)),
    "a lossless webp": (riff((b"VP8L", VP8L)), Header("webp", 640, 480, alpha=True)),
    "an extended webp": (riff((b"VP8X", vp8x(640, 480, 0x10))), Header("webp", 640, 480, alpha=True)),
    "an animated webp": (riff((b"VP8X", vp8x(640, 480, 0x02))), Header("webp", 640, 480, animated=True)),
    "a webp turned by EXIF": (
        riff((b"VP8X", vp8x(640, 480, 0x08)), (b"VP8 ", VP8), (b"EXIF", exif(5))),
        Header("webp", 480, 640, 5),
    ),
    "a bmp": (b"BM" + bytes(12) + pack("<Iii", 40, 640, 480), Header("bmp", 640, 480)),
    "a bmp stored from the top": (b"BM" + bytes(12) + pack("<Iii", 40, 640, -480), Header("bmp", 640, 480)),
    "an old bmp": (b"BM" + bytes(12) + pack("<IHH", 12, 640, 480), Header("bmp", 640, 480)),
    "a little-endian tiff": (tiff("<", 640, 480, 1), Header("tiff", 640, 480)),
    "a big-endian turned tiff": (tiff(">", 640, 480, 6), Header("tiff", 480, 640, 6)),
    "a heic of tiles": (heif(b"heic", ispe(512, 512), ispe(4032, 3024)), Header("heic", 4032, 3024)),
    "a turned heic": (heif(b"heic", ispe(4032, 3024), box(b"irot", b"\1")), Header("heic", 3024, 4032)),
    "a heic that does not tell": (box(b"ftyp", b"heic" + bytes(4)), Header("heic", 0, 0)),
    "an avif": (heif(b"avif", ispe(640, 480)), Header("avif", 640, 480)),
    "an avif sequence": (heif(b"avis", ispe(640, 480)), Header("avif", 640, 480, animated=True)),
    "an icon": (
        b"\0\0\1\0\2\0" + bytes([16, 16]) + bytes(14) + bytes([0, 0]) + bytes(14),
        Header("ico", 256, 256, alpha=True),
    ),
    "an svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', Header("svg", 0, 0)),
    "an svg with a prologue": (b"\xef\xbb\xbf\n<?xml version='1.0'?><!-- drawn --><svg/>", Header("svg", 0, 0)),
    "a pdf": (b"%PDF-1.7\n", Header("pdf", 0, 0)),
}


@pytest.mark.parametrize(("data", "header"), CASES.values(), ids=CASES.keys())
def test_header_is_read(data: bytes, header: Header) -> None:
    assert sniff(data) == header


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_quarter_turns_swap_the_sides(turn: int, order: str) -> None:
    app1 = segment(0xE1, b"Exif\0\0" + exif(turn, order))
    size = (480, 640) if turn in (5, 6, 7, 8) else (640, 480)
    assert sniff(jpeg(640, 480, app1)) == Header("jpeg", *size, turn)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xda\0\0",
        jpeg(0, 480),
        jpeg(640, 0),
        b"\xff\xd8\xff\xe1\0\0" + b"\xff\xe1\0\0" * 100_000,
        b"\x89PNG\r\n\x1a\n",
        png(0, 480),
        b"\x89PNG\r\n\x1a\n" + bytes(4) + b"IDAT" + bytes(20),
        gif(0, 0),
        b"RIFF\0\0\0\0WAVEfmt ",
        b"RIFF\0\0\0\0WEBPVP8 " + bytes(14),
        b"BM" + bytes(12) + pack("<Iii", 4_000_000_000, 640, 480),
        b"II*\0\xff\xff\xff\xff",
        box(b"ftyp", b"isom" + bytes(4)),
        b"<!DOCTYPE html><html><svg></svg></html>",
        b"<?xml version='1.0'?><rss/>",
        b"plain text",
    ],
)
def test_what_is_no_readable_picture_has_no_header(data: bytes) -> None:
    assert sniff(data) is None


@pytest.mark.parametrize("turn", [0, 9, 65535])
def test_impossible_orientation_counts_as_upright(turn: int) -> None:
    assert sniff(jpeg(640, 480, segment(0xE1, b"Exif\0\0" + exif(turn)))) == Header("jpeg", 640, 480, 1)


def test_exif_that_points_outside_its_block_counts_as_upright() -> None:
    lost = b"Exif\0\0II*\0" + pack("<I", 0xFFFFFFF0)
    assert sniff(jpeg(640, 480, segment(0xE1, lost))) == Header("jpeg", 640, 480)


def test_gif_too_long_to_walk_is_animated_when_it_declares_a_loop() -> None:
    loop = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    long_frame = b"," + pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02" + b"\x01\0" * 50_000
    assert sniff(gif(9, 8, loop, long_frame)) == Header("gif", 9, 8, animated=True)


def test_each_format_has_a_media_type() -> None:
    assert {header.format for _, header in CASES.values()} == set(MEDIA_TYPES)


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    sniff(data)


@settings(max_examples=500)
@given(st.sampled_from(sorted(CASES)), st.data())
def test_damaged_headers_never_raise(name: str, draw: st.DataObject) -> None:
    data = bytearray(CASES[name][0])
    for _ in range(draw.draw(st.integers(0, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    header = sniff(bytes(data[: draw.draw(st.integers(0, len(data)))]))
    assert header is None or (header.width >= 0 and header.height >= 0 and 1 <= header.orientation <= 8)
