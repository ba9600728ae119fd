"""What holds for every size of image.

On Gemini 3 the seen size may cost a few tokens more or less than the image: its sides are whole tokens, so its aspect
differs a little. On Gemini 2 the two differ for images beyond 3,072 px, see `CropRule`.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.types import Size
from token0_google.counters import FAMILIES, GoogleCounter

SIZES = st.builds(Size, st.integers(1, 20_000), st.integers(1, 20_000))
UP_TO_THE_LARGEST = st.builds(Size, st.integers(1, 3_072), st.integers(1, 3_072))
DETAILS = st.sampled_from([None, "low", "medium", "high", "ultra_high", "original"])
each_family = pytest.mark.parametrize("counter", [GoogleCounter(f) for f in FAMILIES], ids=lambda c: c.family.models)
steady = settings(max_examples=150, derandomize=True, deadline=None, database=None)


@each_family
@steady
@given(size=SIZES, detail=DETAILS)
def test_every_image_costs_something(counter: GoogleCounter, size: Size, detail: str | None) -> None:
    assert counter.count(size, detail) > 0


@each_family
@steady
@given(size=SIZES, detail=DETAILS)
def test_image_is_enlarged_by_gemini_3_alone(counter: GoogleCounter, size: Size, detail: str | None) -> None:
    seen = counter.seen(size, detail)
    assert min(seen) > 0
    enlarged = seen.width > size.width or seen.height > size.height
    assert not enlarged or "low" in counter.details


@steady
@given(size=SIZES)
def test_published_maximum_is_kept(size: Size) -> None:
    counter = GoogleCounter.for_model("gemini-3-pro")
    assert counter is not None
    assert counter.count(size, "low") <= 280


@steady
@given(size=UP_TO_THE_LARGEST, detail=DETAILS)
def test_sending_the_seen_size_costs_the_same_on_gemini_2(size: Size, detail: str | None) -> None:
    counter = GoogleCounter.for_model("gemini-2.5-flash")
    assert counter is not None
    assert counter.count(counter.seen(size, detail), detail) == counter.count(size, detail)
