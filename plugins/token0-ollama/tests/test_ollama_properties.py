"""What holds for every size of image.

Sending the seen size costs the same, except in border cases (1 of 500 random sizes with tiles, 1 of 6,000 with cells)
where its whole pixels fit a smaller grid and it costs less. Where the layout follows the aspect alone (`BudgetRule`) it
may cost a few tokens more, as whole cells have another aspect. Strips of more than 8:1 are left out: a side of a few
pixels cannot keep its aspect.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.types import Size
from token0_ollama.counters import OllamaCounter
from token0_ollama.families import FAMILIES, Engine
from token0_ollama.rules import BudgetRule

SIZES = st.builds(Size, st.integers(1, 12_000), st.integers(1, 12_000))
ENGINES: tuple[Engine, ...] = ("llama-server", "go")
PHOTOS = SIZES.filter(lambda size: max(size) <= 8 * min(size))
COUNTERS = [
    OllamaCounter(family, engine) for family in FAMILIES for engine in ENGINES if engine == "llama-server" or family.go
]
PIXELS_COUNT = [counter for counter in COUNTERS if not isinstance(counter.rule, BudgetRule)]


def label(counter: OllamaCounter) -> str:
    return f"{counter.family.models} {type(counter.rule).__name__}"


each_rule = pytest.mark.parametrize("counter", COUNTERS, ids=label)
steady = settings(max_examples=60, derandomize=True, deadline=None, database=None)


@each_rule
@steady
@given(size=SIZES)
def test_every_image_costs_something(counter: OllamaCounter, size: Size) -> None:
    assert counter.count(size) > 0


@each_rule
@steady
@given(size=SIZES)
def test_image_is_never_enlarged(counter: OllamaCounter, size: Size) -> None:
    seen = counter.seen(size)
    assert 0 < seen.width <= size.width
    assert 0 < seen.height <= size.height


@pytest.mark.parametrize("counter", PIXELS_COUNT, ids=label)
@steady
@given(size=PHOTOS)
def test_sending_the_seen_size_never_costs_more(counter: OllamaCounter, size: Size) -> None:
    assert counter.count(counter.seen(size)) <= counter.count(size)
