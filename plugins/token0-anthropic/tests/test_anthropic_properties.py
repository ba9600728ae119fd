"""What holds for every size of image."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.types import Size
from token0_anthropic.counters import AnthropicCounter
from token0_anthropic.names import Claude

SIZES = st.builds(Size, st.integers(1, 8_000), st.integers(1, 8_000))
each_tier = pytest.mark.parametrize(
    "counter",
    [AnthropicCounter(Claude("haiku", 4, 5)), AnthropicCounter(Claude("opus", 5, 5))],
    ids=["standard", "high resolution"],
)
steady = settings(max_examples=300, derandomize=True, deadline=None, database=None)


@each_tier
@steady
@given(size=SIZES)
def test_count_stays_within_the_tier(counter: AnthropicCounter, size: Size) -> None:
    assert 0 < counter.count(size) <= counter.tier.tokens


@each_tier
@steady
@given(size=SIZES)
def test_image_is_never_enlarged(counter: AnthropicCounter, size: Size) -> None:
    seen = counter.seen(size)
    assert 0 < seen.width <= size.width
    assert 0 < seen.height <= size.height


@each_tier
@steady
@given(size=SIZES)
def test_seen_size_is_sent_on_unchanged(counter: AnthropicCounter, size: Size) -> None:
    seen = counter.seen(size)
    assert counter.seen(seen) == seen


@each_tier
@steady
@given(size=SIZES)
def test_turning_the_image_changes_nothing(counter: AnthropicCounter, size: Size) -> None:
    assert counter.count(Size(size.height, size.width)) == counter.count(size)
