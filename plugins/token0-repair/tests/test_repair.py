from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

import token0_repair
from token0.errors import Unusable
from token0.interfaces import Declined, Plan
from token0.pipeline import run
from token0.sniff import MEDIA_TYPES, sniff
from token0.testing import png
from token0.types import Image, Text
from token0_repair.optimizer import Repair, RepairConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from token0.interfaces import Context

    Limited = Callable[..., Context]
    Encoded = Callable[..., Image]
    Opened = Callable[[bytes], Image]
    Corners = Callable[[NDArray[Any]], str]

BROKEN = b"BM" + bytes(24) + b"\x05\0\0\0" * 2
STILLS = frozenset({"jpeg", "png"})


def repaired(image: Image, ctx: Context, **config: Any) -> Any:
    step = Repair(RepairConfig(**config))
    plan = step.plan(image, ctx)
    assert isinstance(plan, Plan)
    assert plan.repairs
    return step.apply(image, plan, ctx)


def noise(width: int, height: int) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


def test_hook_offers_the_step() -> None:
    assert token0_repair.token0_register_optimizers() == [Repair]


def test_documents_are_not_offered_to_it() -> None:
    assert Repair.formats == {*MEDIA_TYPES, "unknown"} - {"pdf"}


@pytest.mark.parametrize("wrong", [{"unreadable": "hide"}, {"format": "png"}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Repair.Config)


def test_a_good_picture_is_left_alone(limited: Limited) -> None:
    assert Repair(RepairConfig()).plan(Image(png(8, 8), "png", 8, 8), limited()) is None


@pytest.mark.parametrize(
    ("kind", "format_"), [("bmp", "png"), ("tiff", "png"), ("webp", "jpeg"), ("png", "jpeg"), ("jpg", "png")]
)
def test_a_format_that_is_not_taken_becomes_one_that_is(
    kind: str, format_: str, quarters: NDArray[np.uint8], encoded: Encoded, limited: Limited
) -> None:
    image = encoded(quarters, kind)
    taken = STILLS - {image.format} if kind in ("png", "jpg") else STILLS
    result = repaired(image, limited(formats=taken))
    header = sniff(result.data)
    assert header is not None
    assert (result.format, result.size, header.format, header.width) == (format_, (160, 96), format_, 160)


@pytest.mark.parametrize("name", ["grid.heic", "turned.heic", "turned.avif"])
def test_a_photo_of_a_phone_becomes_a_jpeg(name: str, opened: Opened, limited: Limited) -> None:
    image = opened((Path(__file__).parent / name).read_bytes())
    result = repaired(image, limited())
    assert (result.format, result.size, result.orientation) == ("jpeg", image.size, 1)


def test_transparency_is_put_on_white_where_it_would_be_dropped(encoded: Encoded, limited: Limited) -> None:
    clear = np.zeros((8, 8, 4), np.uint8)
    clear[4:] = (0, 0, 255, 255)
    result = repaired(encoded(clear, "png"), limited(alpha=False))
    header = sniff(result.data)
    assert header is not None
    assert not header.alpha
    assert Repair(RepairConfig()).plan(result, limited(alpha=False)) is None


def test_transparency_stays_where_it_is_blended(encoded: Encoded, limited: Limited) -> None:
    clear = np.zeros((8, 8, 4), np.uint8)
    clear[4:] = (0, 0, 255, 255)
    header = sniff(repaired(encoded(clear, "webp"), limited(formats=STILLS)).data)
    assert header is not None
    assert (header.format, header.alpha) == ("png", True)


def test_bytes_fall_before_pixels_do(encoded: Encoded, limited: Limited) -> None:
    image = encoded(noise(200, 200), "png")
    result = repaired(image, limited(base64_bytes=len(image.data)))
    assert (result.format, result.size) == ("jpeg", (200, 200))
    assert len(result.data) <= len(image.data) // 4 * 3


@pytest.mark.parametrize("limit", [30_000, 3_000, 1_200])
def test_pixels_fall_no_further_than_the_bytes_need(limit: int, encoded: Encoded, limited: Limited) -> None:
    result = repaired(encoded(noise(200, 200), "png"), limited(base64_bytes=limit))
    assert limit * 0.75 * 0.5 < len(result.data) <= limit * 0.75
    assert result.width == result.height < 200


@pytest.mark.parametrize(
    "limits",
    [
        {"side": 50},
        {"patches": 6},
        {"formats": frozenset({"jpeg"})},
        {"base64_bytes": 2000},
        {"side": 64, "base64_bytes": 1000, "formats": STILLS},
    ],
)
@pytest.mark.parametrize("kind", ["bmp", "png", "jpg"])
def test_what_was_repaired_has_no_fault_left(
    limits: dict[str, Any], kind: str, encoded: Encoded, limited: Limited
) -> None:
    result = repaired(encoded(noise(160, 96), kind), limited(**limits)) if _faulty(kind, limits) else None
    assert result is None or Repair(RepairConfig()).plan(result, limited(**limits)) is None


def _faulty(kind: str, limits: dict[str, Any]) -> bool:
    return kind != "jpg" or limits.keys() != {"formats"}


def test_the_same_picture_becomes_the_same_bytes(encoded: Encoded, limited: Limited) -> None:
    image = encoded(noise(160, 96), "bmp")
    assert repaired(image, limited(side=100)) == repaired(image, limited(side=100))


def test_a_picture_whose_answer_is_a_position_keeps_its_size(
    quarters: NDArray[np.uint8], encoded: Encoded, limited: Limited
) -> None:
    assert repaired(encoded(quarters, "bmp"), limited(side=50, coordinates=True)).size == (160, 96)


def test_and_is_left_alone_when_only_smaller_pixels_would_help(encoded: Encoded, limited: Limited) -> None:
    result = repaired(encoded(noise(160, 96), "jpg"), limited(base64_bytes=1000, coordinates=True))
    assert isinstance(result, Declined)


def test_what_was_refused_is_made_anew_as_it_should_have_been(
    quarters: NDArray[np.uint8], encoded: Encoded, limited: Limited
) -> None:
    image = encoded(quarters, "webp")
    result = repaired(image, limited(refused=True))
    assert (result.format, result.size) == ("jpeg", (160, 96))


@pytest.mark.parametrize("data", [BROKEN, b"<html>no picture</html>", b""])
def test_what_cannot_be_read_is_sent_unless_told_otherwise(data: bytes, opened: Opened, limited: Limited) -> None:
    outcome = run(opened(data), limited(), [Repair(RepairConfig())])
    assert (outcome.contents, outcome.unusable) == ((opened(data),), None)
    assert all("cannot be repaired" in step.why for step in outcome.steps)


@pytest.mark.parametrize("data", [BROKEN, b"<html>no picture</html>", b"", png(9, 9)[:50]])
def test_what_cannot_be_read_is_refused_on_demand(data: bytes, opened: Opened, limited: Limited) -> None:
    with pytest.raises(Unusable):
        repaired(opened(data), limited(), unreadable="refuse")


@pytest.mark.parametrize("data", [BROKEN, b"<html>no picture</html>", b"", png(9, 9)[:50]])
def test_what_cannot_be_read_becomes_a_text_on_demand(data: bytes, opened: Opened, limited: Limited) -> None:
    expected = Text("[an image that could not be read]")
    assert repaired(opened(data), limited(), unreadable="placeholder") == expected


def test_a_good_picture_passes_the_check(limited: Limited) -> None:
    result = repaired(Image(png(8, 8), "png", 8, 8), limited(), unreadable="refuse")
    assert result == Declined("nothing to repair")
