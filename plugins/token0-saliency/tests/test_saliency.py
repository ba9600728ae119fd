"""token0_saliency: a crop with a thumbnail where both together are cheaper, and the whole page in every other case."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest

import token0_saliency
from token0.errors import PluginError
from token0.interfaces import Context, Declined, Plan, Replacement
from token0.testing import PatchCounter
from token0.types import Image, Size, Text
from token0_pixels import decode
from token0_saliency.optimizer import Saliency, SaliencyConfig
from token0_saliency.pricing import thumbnail_size

LINES = [f"{number} {fruit} {number}.50" for number in range(1, 7) for fruit in ("apples", "pears", "plums", "melons")]
LINES[15] = "Total 123.45"
BASELINE = 80 + 60 * 15


@cache
def receipt() -> Image:
    page = np.full((1500, 800, 3), 255, np.uint8)
    for number, text in enumerate(LINES):
        cv2.putText(page, text, (60, 80 + 60 * number), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2, cv2.LINE_AA)
    return Image(bytes(cv2.imencode(".png", page)[1]), "png", 800, 1500)


class Words(PatchCounter):
    """As patches, with a cheap word for small pictures."""

    details: ClassVar[tuple[str, ...]] = ("low", "high")  # type: ignore[misc]

    def count(self, size: Size, detail: str | None = None) -> int:
        return 10 if detail == "low" else super().count(size, detail)


class Flat(PatchCounter):
    """Every picture costs the same."""

    def count(self, size: Size, detail: str | None = None) -> int:
        return 500


class Blurring(PatchCounter):
    """The provider shows the whole page as it is, and of any part next to nothing."""

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return size if size.height == 1500 else Size(64, 64)


def context(prompt: str = "What is the total?", **fields: Any) -> Context:
    return Context(**{"model": "patches", "counter": PatchCounter(), "prompt": prompt, **fields})


def done(ctx: Context, image: Image | None = None, **settings: Any) -> Replacement | Declined:
    step, image = Saliency(SaliencyConfig(deadline_seconds=60, **settings)), image or receipt()
    plan = step.plan(image, ctx)
    if isinstance(plan, Declined):
        return plan
    result = step.apply(image, plan, ctx)
    if isinstance(result, Replacement):
        assert plan.tokens <= ctx.tokens(*result.contents) < ctx.tokens(image)
    return result


def test_the_plugin_offers_its_step() -> None:
    assert token0_saliency.token0_register_optimizers() == [Saliency]


def test_the_lines_that_are_asked_about_are_cut_out_and_the_whole_goes_along() -> None:
    result = done(context())
    assert isinstance(result, Replacement)
    crop, whole, note = result.contents
    assert isinstance(crop, Image)
    assert isinstance(whole, Image)
    assert isinstance(note, Text)
    assert (whole.width, whole.height) == (205, 384)
    assert 100 < crop.height < 750
    cut = decode(crop).luma()
    difference = cv2.matchTemplate(decode(receipt()).luma(), cut, cv2.TM_SQDIFF)
    least, _, (_, top), _ = cv2.minMaxLoc(difference)
    assert least == 0
    assert top + 30 < BASELINE < top + crop.height - 30


def test_the_same_page_and_prompt_give_the_same_bytes() -> None:
    assert done(context()) == done(context())


def test_a_thumbnail_takes_the_word_that_makes_it_cheap() -> None:
    result = done(context(counter=Words()))
    assert isinstance(result, Replacement)
    assert [content.detail for content in result.contents if isinstance(content, Image)] == [None, "low"]


@pytest.mark.parametrize(
    ("ctx", "why"),
    [
        (context("What is the discount?"), "1 of 1 words of the prompt are not on the page"),
        (context("Where are the apples?"), "where"),
        (context("What is the price of apples?"), "not on the page"),
        (context("What is the value of the melons?"), "the words of the prompt are all over the page"),
        (context(coordinates=True), "position"),
        (context(quality="lossless"), "lossless"),
        (context(counter=Flat()), "no crop with a thumbnail would be cheaper"),
        (context(counter=Blurring()), "a crop with a thumbnail would not be cheaper"),
        (context("Read all the text."), "all of the text"),
    ],
    ids=[
        "not there",
        "place",
        "half there",
        "everywhere",
        "coordinates",
        "lossless",
        "no pixels",
        "illegible",
        "everything",
    ],
)
def test_otherwise_the_page_stays(ctx: Context, why: str) -> None:
    result = done(ctx)
    assert isinstance(result, Declined)
    assert why in result.why


def test_a_picture_without_text_stays() -> None:
    photo = cv2.resize(np.random.default_rng(1).integers(0, 255, (8, 8, 3), np.uint8), (800, 1500))
    result = done(context(), Image(bytes(cv2.imencode(".jpg", photo)[1]), "jpeg", 800, 1500))
    assert result == Declined("there is hardly any text on the picture")


def test_reading_that_takes_too_long_is_not_remembered() -> None:
    step = Saliency(SaliencyConfig(deadline_seconds=0.0001))
    ctx = context()
    plan = step.plan(receipt(), ctx)
    assert isinstance(plan, Plan)
    assert step.apply(receipt(), plan, ctx) == Declined("the text could not be read in time", failed=True)


def test_prompts_that_name_the_same_words_are_alike() -> None:
    step = Saliency(SaliencyConfig())
    assert step.heeds("What is the total?") == step.heeds("Read the total.")
    assert step.heeds("What is the total?") != step.heeds("What is the discount?")


def test_a_language_that_is_not_installed_stops_the_start() -> None:
    with pytest.raises(PluginError, match="xyz"):
        Saliency(SaliencyConfig(languages=("xyz",)))


@pytest.mark.parametrize(("size", "small"), [((800, 1500), (205, 384)), ((384, 2), (384, 2)), ((4000, 3), (384, 1))])
def test_thumbnails_keep_the_shape_and_grow_nothing(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert thumbnail_size(Size(*size), 384) == small
