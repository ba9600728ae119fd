"""token0_resize.split: an illegible page is sent in legible parts, where the operator allows what that costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import cv2
import pytest

from token0.interfaces import Context, Plan, Replacement
from token0.pipeline import run
from token0.types import Image, Limits, Text
from token0_pixels import decode, testing
from token0_resize.optimizer import Resize, ResizeConfig
from token0_resize.split import cheapest_bands

Contexts = Callable[..., Context]
SPLIT = ResizeConfig(text_height=8, digit_height=8, split=True)
"""Text of `draw_page` at scale 1 is 15 px high; the rule `tiles` shows 1700 of 2200 rows and columns at 768."""


@cache
def page(scale: float = 1.0, width: int = 1700, height: int = 2200) -> Image:
    return testing.encoded(testing.draw_page(scale, width, height), "png")


def parts(ctx: Context, image: Image, config: ResizeConfig = SPLIT) -> list[Image]:
    step = Resize(config)
    plan = step.plan(image, ctx)
    assert isinstance(plan, Plan)
    result = step.apply(image, plan, ctx)
    if not isinstance(result, Replacement):
        return []
    note, *images = result.contents
    assert isinstance(note, Text)
    assert str(len(images)) in note.text
    return [each for each in images if isinstance(each, Image)]


def test_an_illegible_page_becomes_parts_that_the_provider_shows_as_they_are(ctx: Contexts) -> None:
    tiles = ctx("tiles")
    bands = parts(tiles, page())
    assert 2 <= len(bands) <= 4
    for band in bands:
        assert tiles.counter.seen(band.size) == band.size
        assert band.width >= 1700 * 8 / 15.5
        assert decode(band).size == band.size


def test_the_parts_are_the_page_from_top_to_bottom_and_share_lines(ctx: Contexts) -> None:
    bands = cheapest_bands(page(), ctx("tiles"), scale=0.56, shared=120)
    assert bands
    assert (bands.rows[0][0], bands.rows[-1][1]) == (0, 2200)
    assert all(below <= bottom - 2 * 44 for (_, bottom), (below, _) in pairwise(bands.rows))
    luma = decode(page()).luma()
    for (top, bottom), band in zip(bands.rows, parts(ctx("tiles"), page()), strict=True):
        cut = cv2.resize(luma[top:bottom], band.size, interpolation=cv2.INTER_AREA)
        assert cv2.absdiff(cut, decode(band).luma()).mean() < 12


def test_the_report_says_so_and_what_it_costs(ctx: Contexts) -> None:
    outcome = run(page(), ctx("tiles"), [Resize(SPLIT)])
    (step,) = outcome.steps
    assert step.applied
    assert "in parts" in step.why
    assert step.tokens_after > step.tokens_before


def test_a_part_is_not_split_again(ctx: Contexts) -> None:
    (_, *bands) = run(page(), ctx("tiles"), [Resize(SPLIT)]).contents
    for band in bands:
        assert isinstance(band, Image)
        again = run(band, ctx("tiles"), [Resize(SPLIT)])
        assert again.contents == (band,)


def test_the_same_page_gives_the_same_bytes(ctx: Contexts) -> None:
    assert parts(ctx("tiles"), page()) == parts(ctx("tiles"), page())


@pytest.mark.parametrize(
    ("image", "counter"),
    [
        (page(2.4), "tiles"),
        (page(0.35), "tiles"),
        (testing.encoded(testing.draw_photo(1700, 2200), "jpeg"), "tiles"),
        (page(1.0, 6000, 900), "tiles"),
    ],
    ids=["legible", "illegible in any size", "no text", "too wide"],
)
def test_what_parts_would_not_help_is_one_picture(image: Image, counter: str, ctx: Contexts) -> None:
    assert parts(ctx(counter), image) == []


def test_what_the_provider_shows_as_it_is_is_planned_as_ever(ctx: Contexts) -> None:
    shown = page(1.0, 700, 900)
    unsplit = ResizeConfig(text_height=8, digit_height=8)
    assert Resize(SPLIT).plan(shown, ctx("tiles")) == Resize(unsplit).plan(shown, ctx("tiles"))


@pytest.mark.parametrize(("config", "quality"), [(ResizeConfig(), "legible"), (SPLIT, "lossless")])
def test_nothing_is_split_unless_the_operator_allows_it(config: ResizeConfig, quality: Any, ctx: Contexts) -> None:
    assert parts(ctx("tiles", quality), page(), config) == []


def test_a_provider_of_one_image_gets_one(ctx: Contexts) -> None:
    tiles = ctx("tiles")
    single = Context(model=tiles.model, counter=tiles.counter, limits=Limits(images=1))
    assert parts(single, page()) == []
