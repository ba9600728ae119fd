from __future__ import annotations

import hashlib
import subprocess
import sys
from struct import pack
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np
import pytest

import token0_resize
from token0.interfaces import Context, Declined, Plan
from token0.sniff import sniff
from token0.testing import PatchCounter
from token0.types import Image
from token0_resize.optimizer import Resize, ResizeConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Draw = Callable[..., NDArray[np.uint8]]
    Pictures = dict[str, Image]
    Contexts = Callable[..., Context]

NAMES = ["photo jpeg", "photo png", "photo webp", "page png", "page jpeg", "big letters", "banner"]


@pytest.fixture(scope="session")
def pictures(page: Draw, photo: Draw, encoded: Callable[..., Image]) -> Pictures:
    return {
        "photo jpeg": encoded(photo(2400, 1600), "jpeg"),
        "photo png": encoded(photo(1300, 1000), "png"),
        "photo webp": encoded(photo(1300, 1000), "webp"),
        "page png": encoded(page(1.2), "png"),
        "page jpeg": encoded(page(1.2), "jpeg"),
        "big letters": encoded(page(3.0, 2000, 1500), "png"),
        "banner": encoded(photo(3000, 700), "jpeg"),
        "small text": encoded(page(0.4), "png"),
        "tiny text": encoded(page(0.3), "png"),
    }


def resized(image: Image, ctx: Context, **config: int) -> Image | Declined:
    step = Resize(ResizeConfig(**config))
    plan = step.plan(image, ctx)
    assert isinstance(plan, Plan)
    return step.apply(image, plan, ctx)


def made(image: Image, ctx: Context, **config: int) -> Image:
    result = resized(image, ctx, **config)
    assert isinstance(result, Image), result
    return result


def pixels(image: Image) -> NDArray[np.uint8]:
    array = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert array is not None
    return np.asarray(array, np.uint8)


def test_hook_offers_the_step() -> None:
    assert token0_resize.token0_register_optimizers() == [Resize]


@pytest.mark.parametrize("wrong", [{"long_side": 5}, {"short_side": 10}, {"text_height": 0}, {"digit_height": "big"}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Resize.Config)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("counter", ["patches", "tiles"])
@pytest.mark.parametrize("quality", ["lossless", "legible", "thrifty"])
def test_never_dearer_and_as_the_header_says(
    name: str, counter: str, quality: str, pictures: Pictures, ctx: Contexts
) -> None:
    image, context = pictures[name], ctx(counter, quality)
    # What margins take shows only in the pixels, so a plan cannot promise it.
    step = Resize(ResizeConfig(trim=False))
    plan = step.plan(image, context)
    result = step.apply(image, plan, context) if isinstance(plan, Plan) else None
    if isinstance(plan, Plan) and isinstance(result, Image):
        header = sniff(result.data)
        assert header is not None
        assert (header.format, header.width, header.height) == (result.format, *result.size)
        assert plan.tokens <= context.tokens(result) <= context.tokens(image)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("counter", ["patches", "tiles"])
@pytest.mark.parametrize("quality", ["lossless", "legible", "thrifty"])
def test_own_output_is_left_alone(name: str, counter: str, quality: str, pictures: Pictures, ctx: Contexts) -> None:
    context, step = ctx(counter, quality), Resize(ResizeConfig())
    image = pictures[name]
    for _ in range(2):
        plan = step.plan(image, context)
        result = step.apply(image, plan, context) if isinstance(plan, Plan) else None
        first, image = image, result if isinstance(result, Image) else image
    assert image is first


@pytest.mark.parametrize(
    ("name", "counter", "expected"),
    [
        ("photo jpeg", "patches", (768, 512)),
        ("photo jpeg", "tiles", (768, 512)),
        ("photo png", "patches", (672, 512)),
        ("banner", "tiles", (2194, 512)),
        ("banner", "patches", (2000, 466)),
    ],
)
def test_picture_without_text_goes_to_the_short_side(
    name: str, counter: str, expected: tuple[int, int], pictures: Pictures, ctx: Contexts
) -> None:
    assert made(pictures[name], ctx(counter)).size == expected


@pytest.mark.parametrize(("quality", "floor"), [("legible", 5.75), ("thrifty", 4.02)])
@pytest.mark.parametrize("name", ["page png", "page jpeg"])
def test_text_keeps_its_floor(name: str, quality: str, floor: float, pictures: Pictures, ctx: Contexts) -> None:
    image = pictures[name]
    result = made(image, ctx("patches", quality), trim=False)
    # A small x of this page is 18 px high.
    assert floor <= 18 * result.width / image.width <= floor * 1.3


def test_settings_move_the_floor(pictures: Pictures, ctx: Contexts) -> None:
    default, careful = (made(pictures["page png"], ctx(), text_height=height).width for height in (8, 12))
    assert careful > default * 1.3


@pytest.mark.parametrize("counter", ["patches", "tiles"])
def test_small_text_is_not_made_smaller(counter: str, pictures: Pictures, ctx: Contexts) -> None:
    context = ctx(counter)
    result = resized(pictures["small text"], context, trim=False)
    assert not isinstance(result, Image) or result.size == context.counter.seen(pictures["small text"].size)


def test_text_below_the_floor_is_reported(pictures: Pictures, ctx: Contexts) -> None:
    result = resized(pictures["tiny text"], ctx(), text_height=8, trim=False)
    assert isinstance(result, Declined)
    assert "hard to read already" in result.why


def test_lossless_is_the_size_the_provider_shows(pictures: Pictures, ctx: Contexts) -> None:
    image, context = pictures["photo png"], ctx("tiles", "lossless")
    result = made(image, context)
    assert result.size == context.counter.seen(image.size)
    assert context.tokens(result) == context.tokens(image)
    assert result.format == "png"


def test_lossless_has_no_business_where_the_provider_shows_all(pictures: Pictures, ctx: Contexts) -> None:
    assert Resize(ResizeConfig()).plan(pictures["photo png"], ctx("patches", "lossless")) is None


def test_rule_without_pixels_has_nothing_to_gain(pictures: Pictures, ctx: Contexts) -> None:
    assert Resize(ResizeConfig()).plan(pictures["photo png"], ctx("flat")) is None


def test_positions_in_the_picture_forbid_resizing(pictures: Pictures, ctx: Contexts) -> None:
    plan = Resize(ResizeConfig()).plan(pictures["photo jpeg"], ctx(coordinates=True))
    assert isinstance(plan, Declined)


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (Image(b"%PDF-1.7", "pdf", 0, 0), "pdf"),
        (
            Image(b"GIF89a" + pack("<HHBBB", 900, 900, 0, 0, 0) + (b"," + bytes(9) + b"\2\0") * 2, "gif", 900, 900),
            "animated",
        ),
        (Image(b"gone", "png", 900, 900), "header"),
    ],
    ids=["pdf", "animated", "no header"],
)
def test_what_cannot_be_resized_is_declined(image: Image, why: str, ctx: Contexts) -> None:
    plan = Resize(ResizeConfig()).plan(image, ctx())
    assert isinstance(plan, Declined)
    assert why in plan.why


def test_broken_picture_is_declined(pictures: Pictures, ctx: Contexts) -> None:
    image = pictures["photo jpeg"]
    result = resized(msgspec.structs.replace(image, data=image.data[:9000]), ctx())
    assert isinstance(result, Declined)


def test_transparency_survives(
    photo: Callable[[int, int], NDArray[np.uint8]], encoded: Callable[..., Image], ctx: Contexts
) -> None:
    array = np.dstack([photo(1600, 1600), np.full((1600, 1600), 255, np.uint8)])
    array[:800, :, 3] = 0
    result = pixels(made(encoded(array), ctx()))
    assert (result[10, 10, 3], result[-10, -10, 3]) == (0, 255)


@pytest.mark.parametrize("turn", range(1, 9))
def test_turned_picture_comes_out_upright(turn: int, ctx: Contexts) -> None:
    # Blue above, red below as displayed: four turns record it lying on its side.
    upright = np.zeros((1200, 900, 3), np.uint8)
    upright[:600], upright[600:] = (255, 0, 0), (0, 0, 255)
    recorded = {1: upright, 2: upright, 3: upright[::-1], 4: upright[::-1]}.get(turn)
    if recorded is None:
        lying = upright.transpose(1, 0, 2)
        recorded = lying if turn in (5, 6) else lying[:, ::-1]
    if turn == 6:
        recorded = recorded[::-1]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(recorded))
    exif = b"Exif\0\0II*\0" + pack("<IH", 8, 1) + pack("<HHIHH", 0x0112, 3, 1, turn, 0) + bytes(4)
    file = bytes(data[:2]) + b"\xff\xe1" + pack(">H", len(exif) + 2) + exif + bytes(data[2:])
    result = made(Image(file, "jpeg", 900, 1200, turn), ctx())
    array = pixels(result)
    assert (result.orientation, result.width < result.height) == (1, True)
    assert (array[20, 200].argmax(), array[-20, 200].argmax()) == (0, 2)


def test_detail_is_kept(pictures: Pictures, ctx: Contexts) -> None:
    assert made(msgspec.structs.replace(pictures["photo jpeg"], detail="high"), ctx()).detail == "high"


def test_flat_drawing_stays_png(pictures: Pictures, ctx: Contexts) -> None:
    assert made(pictures["big letters"], ctx()).format == "png"


def test_photograph_becomes_jpeg(pictures: Pictures, ctx: Contexts) -> None:
    assert made(pictures["photo png"], ctx()).format == "jpeg"


PROGRAM = """
import hashlib, sys
from token0.interfaces import Context
from token0.testing import PatchCounter
from token0.types import Image
from token0_resize.optimizer import Resize, ResizeConfig
image = Image(sys.stdin.buffer.read(), "jpeg", 2400, 1600)
ctx = Context(model="m", counter=PatchCounter())
step = Resize(ResizeConfig())
print(hashlib.sha256(step.apply(image, step.plan(image, ctx), ctx).data).hexdigest())
"""


def test_another_process_makes_the_same_bytes(pictures: Pictures) -> None:
    image = pictures["photo jpeg"]
    run = subprocess.run([sys.executable, "-c", PROGRAM], input=image.data, capture_output=True, check=True)
    here = made(image, Context(model="m", counter=PatchCounter()))
    assert run.stdout.decode().strip() == hashlib.sha256(here.data).hexdigest()


def test_plugin_starts_without_heavy_libraries() -> None:
    program = "import token0_resize, sys; print({'numpy', 'cv2', 'PIL', 'simplejpeg'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"set()\n"


def test_default_floors_are_those_of_all_steps() -> None:
    from token0_pixels import LEGIBLE

    config = Resize.Config()
    assert (config.short_side, config.text_height, config.digit_height) == LEGIBLE
