from __future__ import annotations

from struct import pack

import pytest

from token0.exif import orientation, tags, turn


def directory(order: str, *entries: bytes, count: int | None = None) -> bytes:
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + pack(order + "IH", 8, len(entries) if count is None else count) + b"".join(entries)


def short(order: str, tag: int, value: int) -> bytes:
    return pack(order + "HHIHH", tag, 3, 1, value, 0)


@pytest.mark.parametrize("order", ["<", ">"])
def test_tags_are_read_in_both_byte_orders(order: str) -> None:
    block = directory(order, short(order, 0x0112, 6), pack(order + "HHII", 0x0100, 4, 1, 70_000))
    assert list(tags(block)) == [(0x0112, 6), (0x0100, 70_000)]


def test_count_beyond_the_block_reads_what_is_there() -> None:
    assert list(tags(directory("<", short("<", 0x0112, 3), count=65535))) == [(0x0112, 3)]


@pytest.mark.parametrize("block", [b"", b"II*\0", b"XX*\0\0\0\0\x08\0\0", b"MM\0*\xff\xff\xff\xff"])
def test_block_without_directory_is_upright(block: bytes) -> None:
    assert orientation(block) == 1


@pytest.mark.parametrize(("written", "meant"), [(0, 1), (1, 1), (8, 8), (9, 1)])
def test_only_one_to_eight_turn(written: int, meant: int) -> None:
    assert turn(written) == meant
