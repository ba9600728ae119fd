"""token0.aside: where the work is done."""

from __future__ import annotations

import threading

import pytest

from token0.aside import aside


@pytest.mark.parametrize(("size", "here"), [(10, True), (11, False)])
async def test_only_work_on_more_bytes_than_the_limit_leaves_the_event_loop(size: int, here: bool) -> None:
    done, made = await aside(size, 10, lambda given: (threading.get_ident(), given * 2), 4)
    assert (done == threading.get_ident(), made) == (here, 8)


@pytest.mark.parametrize("size", [0, 11])
async def test_what_fails_fails_for_who_asked(size: int) -> None:
    with pytest.raises(ValueError, match="nothing"):
        await aside(size, 10, int, "nothing")
