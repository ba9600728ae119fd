from __future__ import annotations

from contextlib import suppress
from struct import pack
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from token0_repair.heif import NoStill, _clean_aperture, find_shown, find_still

if TYPE_CHECKING:
    from collections.abc import Callable

    Stored = Callable[[str], bytes]


def test_the_tiles_of_a_grid_are_found(stored: Stored) -> None:
    still = find_still(stored("grid.heic"))
    assert (len(still.tiles), still.columns, still.width, still.height) == (6, 3, 160, 96)
    assert all(tile.startswith(b"\0\0\0\1") for tile in still.tiles)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("grid.heic", ((0, 0, 160, 96), 0, None)),
        ("turned.heic", ((0, 0, 160, 96), 3, None)),
        ("turned.avif", ((0, 0, 160, 96), 1, 0)),
    ],
)
def test_how_a_picture_is_shown_is_found(name: str, shown: tuple[object, ...], stored: Stored) -> None:
    assert find_shown(stored(name), 160, 96) == shown


@pytest.mark.parametrize(
    ("fractions", "expected"),
    [
        ((595, 1, 842, 1, -1, 2, 0, 1), (0, 0, 595, 842)),
        ((16, 1, 16, 1, 0, 1, 0, 1), (290, 413, 16, 16)),
        ((596, 1, 842, 1, 0, 1, 0, 1), (0, 0, 596, 842)),
    ],
)
def test_what_is_shown_lies_around_the_centre(fractions: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert _clean_aperture(pack(">IIIIiIiI", *fractions), 0, 596, 842) == expected


@pytest.mark.parametrize("fractions", [(5, 0, 5, 1, 0, 1, 0, 1), (0, 1, 5, 1, 0, 1, 0, 1), (9, 1, 9, 1, 900, 1, 0, 1)])
def test_nothing_and_beyond_the_edges_cannot_be_shown(fractions: tuple[int, ...]) -> None:
    with pytest.raises(NoStill):
        _clean_aperture(pack(">IIIIiIiI", *fractions), 0, 596, 842)


@pytest.mark.parametrize("name", ["grid.heic", "turned.heic"])
def test_a_file_that_is_cut_off_holds_no_still_or_a_shorter_one(name: str, stored: Stored) -> None:
    data = stored(name)
    for length in range(0, len(data), 7):
        with suppress(NoStill):
            assert find_still(data[:length]).tiles


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_boxes_do_no_harm(data: st.DataObject, stored: Stored) -> None:
    file = bytearray(stored("grid.heic")[:700])
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with suppress(NoStill):
        assert len(find_still(bytes(file)).tiles) <= 1024
