"""The quantisation table that a JPEG says it was encoded with."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from token0_neardup.tables import luma_steps

# ITU T.81, K.1: what quality 50 means.
STANDARD = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
]


def jpeg(quality: int, *more: int, channels: int = 3) -> bytes:
    shades = np.random.default_rng(1).integers(0, 256, (32, 32, channels), np.uint8)
    _, data = cv2.imencode(".jpg", shades, [cv2.IMWRITE_JPEG_QUALITY, quality, *more])
    return bytes(data)


def steps(data: bytes) -> Any:
    found = luma_steps(data)
    assert found is not None
    return found.tolist()


@pytest.mark.parametrize("channels", [1, 3])
def test_quality_50_has_the_table_of_the_standard(channels: int) -> None:
    assert steps(jpeg(50, channels=channels)) == STANDARD


def test_higher_quality_has_smaller_steps() -> None:
    means = [np.mean(steps(jpeg(quality))) for quality in (50, 75, 85, 92, 100)]
    assert all(coarse > fine for coarse, fine in pairwise(means))
    assert means[-1] == 1


def test_progressive_file_is_read_too() -> None:
    assert steps(jpeg(50, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)) == STANDARD


def test_metadata_before_it_is_passed_over() -> None:
    remark = b"\xff\xfe\0\x0b" + b"\xff\xdb\0\4\0\1\2\3\4"
    data = jpeg(50)
    assert steps(data[:2] + b"\xff\xff" + remark[1:] + data[2:]) == STANDARD


@pytest.mark.parametrize("cut", [0, 1, 3, 25, 80, 150])
def test_torn_headers_tell_nothing(cut: int) -> None:
    assert luma_steps(jpeg(50)[:cut]) is None


def test_other_bytes_tell_nothing() -> None:
    assert luma_steps(b"\x89PNG\r\n\x1a\n" + bytes(range(256))) is None
    assert luma_steps(b"\xff\xd8" + b"\xff\xdb\0\0" * 9) is None
