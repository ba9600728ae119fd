"""What holds for every size of image."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.types import Size
from token0_openai.counters import OpenAICounter
from token0_openai.families import FAMILIES

SIZES = st.builds(Size, st.integers(1, 70_000), st.integers(1, 70_000))
DETAILS = st.sampled_from([None, "auto", "low", "high", "original"])
each_family = pytest.mark.parametrize("counter", [OpenAICounter(f) for f in FAMILIES], ids=lambda c: c.family.models[0])
steady = settings(max_examples=25, derandomize=True, deadline=None, database=None)


@each_family
@steady
@given(size=SIZES, detail=DETAILS)
def test_every_image_costs_something(counter: OpenAICounter, size: Size, detail: str | None) -> None:
    assert counter.count(size, detail) > 0


@each_family
@steady
@given(size=SIZES, detail=DETAILS)
def test_image_is_never_enlarged(counter: OpenAICounter, size: Size, detail: str | None) -> None:
    seen = counter.seen(size, detail)
    assert 0 < seen.width <= size.width
    assert 0 < seen.height <= size.height


@each_family
@steady
@given(size=SIZES, detail=DETAILS)
def test_sending_the_seen_size_costs_the_same(counter: OpenAICounter, size: Size, detail: str | None) -> None:
    assert counter.count(counter.seen(size, detail), detail) == counter.count(size, detail)


@each_family
@steady
@given(size=SIZES, detail=DETAILS)
def test_turning_the_image_changes_nothing(counter: OpenAICounter, size: Size, detail: str | None) -> None:
    assert counter.count(Size(size.height, size.width), detail) == counter.count(size, detail)
