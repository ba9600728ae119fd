"""A matcher for tests, as a plugin module: `eye` takes grey PNGs of almost the same shade for one picture."""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import ClassVar

import msgspec

from token0 import hookimpl
from token0.interfaces import Matcher, Sketch
from token0.types import Image


class Eye(Matcher):
    """`seen` lists what it was asked."""

    name = "eye"
    seen: ClassVar[list[str]] = []

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        exactly: bool = False

    def sketch(self, image: Image) -> Sketch | None:
        self.seen.append("sketch")
        if image.format != "png":
            return None
        pixels = hashlib.sha256(bytes(image.size) + bytes([shade(image)])).digest() if min(image.size) < 256 else b"big"
        return Sketch(pixels, b"" if self.config.exactly else bytes([shade(image)]))

    def near(self, one: bytes, other: bytes) -> bool:
        return abs(one[0] - other[0]) <= 8

    def same(self, image: Image, known: Image) -> bool:
        self.seen.append("same")
        if 13 in (shade(image), shade(known)):
            raise ValueError("unlucky")
        return abs(shade(image) - shade(known)) <= 1


def shade(image: Image) -> int:
    """Of the first pixel."""
    found = re.search(rb"IDAT(.*)....IEND", image.data, re.DOTALL)
    assert found
    return zlib.decompressobj().decompress(found[1])[1]


@hookimpl
def token0_register_matchers() -> list[type[Matcher]]:
    return [Eye]
