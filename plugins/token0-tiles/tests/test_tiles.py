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

import token0_tiles
from token0.interfaces import Declined, Plan
from token0.sniff import sniff
from token0.types import Image
from token0_pixels import testing
from token0_tiles.optimizer import Tiles, TilesConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from token0.interfaces import Context

    Contexts = Callable[..., Context]


def planned(image: Image, ctx: Context) -> Plan | Declined | None:
    return Tiles(TilesConfig()).plan(image, ctx)


def made(image: Image, ctx: Context) -> Image:
    step = Tiles(TilesConfig())
    plan = step.plan(image, ctx)
    assert plan is not None
    assert not isinstance(plan, Declined)
    result = step.apply(image, plan, ctx)
    assert isinstance(result, Image), result
    return result


def pixels(image: Image) -> NDArray[np.uint8]:
    array = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert array is not None
    return np.asarray(array, np.uint8)


def photo(width: int = 520, height: int = 520, kind: str = "jpeg") -> Image:
    return testing.encoded(testing.draw_photo(width, height), kind)


def test_hook_offers_the_step() -> None:
    assert token0_tiles.token0_register_optimizers() == [Tiles]


@pytest.mark.parametrize("wrong", [{"loss": 0}, {"loss": 0.2}, {"border": 1}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Tiles.Config)


@pytest.mark.parametrize(("kind", "after"), [("jpeg", "jpeg"), ("png", "png"), ("webp", "jpeg")])
def test_result_is_what_its_header_and_the_plan_say(kind: str, after: str, ctx: Contexts) -> None:
    image, context = photo(kind=kind), ctx()
    plan = planned(image, context)
    result = made(image, context)
    header = sniff(result.data)
    assert header is not None
    assert (header.format, header.width, header.height) == (after, 512, 512)
    assert (result.format, result.size) == (after, (512, 512))
    assert isinstance(plan, Plan)
    assert plan.tokens == context.tokens(result) == 255


def test_picture_stays_the_picture(ctx: Contexts) -> None:
    image = photo(kind="png")
    expected = cv2.resize(pixels(image), (512, 512), interpolation=cv2.INTER_AREA)
    difference = np.abs(pixels(made(image, ctx())).astype(int) - expected.astype(int))
    assert difference.mean() < 2


def test_own_output_is_left_alone(ctx: Contexts) -> None:
    assert planned(made(photo(1100, 800), ctx()), ctx()) is None


@pytest.mark.parametrize("counter", ["patches", "tiles", "flat"])
def test_what_lies_on_the_grid_is_left_alone(counter: str, ctx: Contexts) -> None:
    assert planned(photo(512, 512), ctx(counter)) is None


def test_detail_is_kept(ctx: Contexts) -> None:
    assert made(msgspec.structs.replace(photo(), detail="high"), ctx()).detail == "high"


def test_transparency_survives(ctx: Contexts) -> None:
    array = np.dstack([testing.draw_photo(520, 520), np.full((520, 520), 255, np.uint8)])
    array[:200, :, 3] = 0
    result = pixels(made(testing.encoded(array), ctx()))
    assert (result[10, 10, 3], result[-10, -10, 3]) == (0, 255)


def test_turned_picture_comes_out_upright(ctx: Contexts) -> None:
    # Recorded lying on its side: blue at the left becomes blue above.
    array = np.zeros((520, 1030, 3), np.uint8)
    array[:, :515, 0], array[:, 515:, 2] = 255, 255
    file = testing.encoded(array, "jpeg").data
    exif = b"Exif\0\0II*\0" + pack("<IH", 8, 1) + pack("<HHIHH", 0x0112, 3, 1, 6, 0) + bytes(4)
    data = file[:2] + b"\xff\xe1" + pack(">H", len(exif) + 2) + exif + file[2:]
    result = made(Image(data, "jpeg", 520, 1030, 6), ctx())
    shown = pixels(result)
    assert (result.orientation, result.size) == (1, (512, 1024))
    assert (shown[20, 200].argmax(), shown[-20, 200].argmax()) == (0, 2)


@pytest.mark.parametrize(
    ("quality", "coordinates", "why"), [("lossless", False, "lossless"), ("legible", True, "position")]
)
def test_step_stands_aside(quality: str, coordinates: bool, why: str, ctx: Contexts) -> None:
    plan = planned(photo(), ctx(quality=quality, coordinates=coordinates))
    assert isinstance(plan, Declined)
    assert why in plan.why


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (
            Image(b"GIF89a" + pack("<HHBBB", 513, 513, 0, 0, 0) + (b"," + bytes(9) + b"\2\0") * 2, "gif", 513, 513),
            "animated",
        ),
        (Image(b"gone", "png", 513, 513), "header"),
    ],
    ids=["animated", "no header"],
)
def test_what_cannot_be_resized_is_declined(image: Image, why: str, ctx: Contexts) -> None:
    plan = planned(image, ctx())
    assert isinstance(plan, Declined)
    assert why in plan.why


def test_broken_picture_is_declined(ctx: Contexts) -> None:
    image, step = photo(), Tiles(TilesConfig())
    broken = msgspec.structs.replace(image, data=image.data[:1000])
    result = step.apply(broken, step.plan(broken, ctx()), ctx())
    assert isinstance(result, Declined)
    assert "not decoded" in result.why


def test_same_picture_gives_the_same_bytes_in_another_process(ctx: Contexts) -> None:
    program = """
import hashlib, sys
from token0.interfaces import Context
from token0.testing import PatchCounter
from token0.types import Image, Size
from token0_tiles.optimizer import Onto, Tiles, TilesConfig
ctx = Context(model="m", counter=PatchCounter())
image = Image(sys.stdin.buffer.read(), "jpeg", 520, 520)
plan = Onto(tokens=255, why="", size=Size(512, 512))
print(hashlib.sha256(Tiles(TilesConfig()).apply(image, plan, ctx).data).hexdigest())
"""
    image = photo()
    run = subprocess.run([sys.executable, "-c", program], input=image.data, capture_output=True, check=True)
    assert run.stdout.decode().strip() == hashlib.sha256(made(image, ctx()).data).hexdigest()


def test_plugin_starts_without_heavy_libraries() -> None:
    program = "import token0_tiles, sys; print({'numpy', 'cv2', 'PIL', 'simplejpeg'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"set()\n"


@pytest.mark.parametrize(("scale", "kind"), [(0.45, Declined), (1.0, Image)], ids=["small", "large"])
def test_only_text_that_is_small_already_stays_as_it_is(scale: float, kind: type[Any], ctx: Contexts) -> None:
    page, step = testing.encoded(testing.draw_page(scale, 520, 520)), Tiles(TilesConfig())
    assert isinstance(step.apply(page, step.plan(page, ctx()), ctx()), kind)


def test_tiny_picture_is_left_alone(ctx: Contexts) -> None:
    assert planned(photo(66, 65), ctx("patches")) is None
    assert planned(photo(257, 257), ctx("patches")) is not None
