from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from token0.interfaces import Context, Plan
from token0.types import Image
from token0_resize.optimizer import Resize, ResizeConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Draw = Callable[..., NDArray[np.uint8]]
    Contexts = Callable[..., Context]
    Encode = Callable[..., Image]


def made(image: Image, ctx: Context, **config: Any) -> Image | None:
    step = Resize(ResizeConfig(**config))
    plan = step.plan(image, ctx)
    result = step.apply(image, plan, ctx) if isinstance(plan, Plan) else None
    return result if isinstance(result, Image) else None


def pixels(image: Image) -> NDArray[np.uint8]:
    array = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert array is not None
    return np.asarray(array, np.uint8)


@pytest.fixture
def slide(page: Draw) -> NDArray[np.uint8]:
    """A block of print, 700 x 400, in the middle of a white 1,800 x 1,200."""
    slide = np.full((1200, 1800, 3), 255, np.uint8)
    slide[400:800, 500:1200] = page(1.0)[:400, :700]
    return slide


@pytest.mark.parametrize("kind", ["png", "jpeg"])
@pytest.mark.parametrize("quality", ["legible", "thrifty"])
def test_letters_keep_their_height_without_the_paper_around_them(
    kind: str, quality: str, slide: NDArray[np.uint8], ctx: Contexts, encoded: Encode
) -> None:
    image, context = encoded(slide, kind), ctx("patches", quality)
    whole, part = made(image, context, trim=False), made(image, context)
    assert whole
    assert part
    assert context.tokens(part) < context.tokens(whole) * 0.5
    # All of the ink is there, at the same scale or a larger one, to the grid.
    scale = whole.width / image.width
    assert (pixels(part) < 100).sum() >= (pixels(whole) < 100).sum() * 0.9
    assert part.width >= 690 * scale
    assert part.height >= 370 * scale


def test_own_output_is_left_alone(slide: NDArray[np.uint8], ctx: Contexts, encoded: Encode) -> None:
    once = made(encoded(slide, "png"), ctx())
    assert once
    assert made(once, ctx()) is None


def test_a_picture_too_small_to_shrink_loses_its_margins(ctx: Contexts, encoded: Encode) -> None:
    icon = np.full((300, 300, 3), 255, np.uint8)
    icon[100:160, 90:170] = (30, 90, 200)
    found = made(encoded(icon, "png"), ctx())
    assert found
    assert found.width < 120
    assert found.height < 100


@pytest.mark.parametrize("quality", ["lossless", "legible"])
def test_margins_stay_where_they_must(quality: str, slide: NDArray[np.uint8], ctx: Contexts, encoded: Encode) -> None:
    """For `lossless`, and where the YAML says so."""
    image = encoded(slide, "png")
    found = made(image, ctx("patches", quality), trim=quality == "lossless") or image
    assert found.width / found.height == pytest.approx(1.5, rel=0.02)


def test_margins_stay_where_the_answer_is_a_position(slide: NDArray[np.uint8], ctx: Contexts, encoded: Encode) -> None:
    assert made(encoded(slide, "png"), ctx(coordinates=True)) is None


def test_margins_stay_where_nothing_is_cheaper_without_them(ctx: Contexts, page: Draw, encoded: Encode) -> None:
    """One tile is one tile."""
    image = encoded(page(1.0)[:400, :480], "png")
    assert made(image, ctx("tiles")) is None


def test_the_part_has_all_the_pixels_that_are_sent_of_it(page: Draw, ctx: Contexts, encoded: Encode) -> None:
    """The whole was decoded at a fraction, because no more of it would be shown."""
    slide = np.full((2400, 3600, 3), 255, np.uint8)
    slide[1000:1400, 1400:2100] = page(0.6)[:400, :700]
    found = made(encoded(slide, "jpeg"), ctx("tiles"))
    assert found
    assert found.width >= 690
    # As sharp as the print: each letter has ink as dark as it was.
    strokes = (pixels(found) < 90).sum() / (cv2.cvtColor(slide, cv2.COLOR_BGR2GRAY) < 90).sum()
    assert strokes == pytest.approx((found.width / 720) ** 2, rel=0.25)


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_part_of_a_turned_photo_is_upright(
    orientation: int, slide: NDArray[np.uint8], ctx: Contexts, encoded: Encode
) -> None:
    image = encoded(slide, "jpeg")
    turned = cv2.rotate(slide, cv2.ROTATE_90_COUNTERCLOCKWISE)
    if orientation == 6:
        data = encoded(np.asarray(turned, np.uint8), "jpeg").data
        image = Image(data, "jpeg", 1800, 1200, 6)
    found = made(image, ctx())
    assert found
    assert found.orientation == 1
    assert found.width > found.height
