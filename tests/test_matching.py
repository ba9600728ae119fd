"""token0.matching: a matcher that fails has recognised nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from fakes.seeing import Eye

from token0.interfaces import Sketch
from token0.matching import Matched, match
from token0.testing import png
from token0.types import Image

EYE = Eye(Eye.Config())


def grey(shade: int) -> Image:
    return Image(data=png(64, 64, shade), format="png", width=64, height=64)


def test_one_picture_is_sketched() -> None:
    sketch = match(EYE, grey(7), None).sketch
    assert isinstance(sketch, Sketch)
    assert sketch.coarse == b"\7"


@pytest.mark.parametrize(("shade", "same"), [(7, True), (8, True), (9, False)])
def test_two_pictures_are_compared(shade: int, same: bool) -> None:
    assert match(EYE, grey(7), grey(shade)) == Matched(same=same)


@pytest.mark.parametrize("known", [None, grey(12)])
def test_matcher_that_fails_has_recognised_nothing(known: Image | None, caplog: pytest.LogCaptureFixture) -> None:
    def work() -> Matched:
        return match(EYE, grey(13), known) if known else match(EYE, Image(b"no", "png", 1, 1), None)

    assert _quiet(work, caplog) == Matched()
    assert "the matcher eye failed" in caplog.text


def _quiet(work: Callable[[], Matched], caplog: pytest.LogCaptureFixture) -> Matched:
    with caplog.at_level(logging.WARNING):
        return work()
