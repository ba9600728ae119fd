from __future__ import annotations

import subprocess
import sys
from struct import pack
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import token0_detail
from token0.interfaces import Declined, Plan
from token0.types import Image
from token0_detail.optimizer import Detail, DetailConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from token0.interfaces import Context

    Pictures = dict[str, Image]
    Contexts = Callable[..., Context]

NAMES = ["photo", "small photo", "icon", "page", "large print", "small text", "tiny text"]
MODELS = ["words", "grid", "dear", "wordless"]


def planned(image: Image, ctx: Context, **config: Any) -> Plan | Declined | None:
    return Detail(DetailConfig(**config)).plan(image, ctx)


def done(image: Image, ctx: Context, **config: Any) -> Image:
    """What the step makes of an image; the image itself where it makes nothing of it."""
    step = Detail(DetailConfig(**config))
    plan = step.plan(image, ctx)
    result = step.apply(image, plan, ctx) if plan is not None and not isinstance(plan, Declined) else None
    return result if isinstance(result, Image) else image


def with_detail(image: Image, detail: str | None) -> Image:
    return msgspec.structs.replace(image, detail=detail)


def test_hook_offers_the_step() -> None:
    assert token0_detail.token0_register_optimizers() == [Detail]


@pytest.mark.parametrize("wrong", [{"long_side": 5}, {"short_side": 10}, {"text_height": 0}, {"override_client": 1}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Detail.Config)


@pytest.mark.parametrize(
    ("counter", "name", "detail"),
    [
        ("words", "photo", "high"),
        ("words", "small photo", None),
        ("words", "icon", None),
        ("words", "page", "high"),
        ("words", "large print", "high"),
        ("grid", "photo", "medium"),
        ("grid", "icon", "low"),
        ("grid", "page", "medium"),
        ("grid", "large print", "low"),
        ("grid", "small text", "low"),
        ("grid", "tiny text", "medium"),
        ("dear", "photo", None),
        ("wordless", "photo", None),
    ],
)
def test_cheapest_word_that_shows_enough_is_chosen(
    counter: str, name: str, detail: str | None, pictures: Pictures, ctx: Contexts
) -> None:
    assert done(pictures[name], ctx(counter)).detail == detail


@pytest.mark.parametrize(
    ("counter", "config", "detail"),
    [
        ("words", {"short_side": 256}, "low"),
        ("words", {"short_side": 1024}, "high"),
        ("words", {"short_side": 1025}, None),
        ("grid", {"short_side": 480}, "low"),
        ("grid", {"short_side": 961}, None),
    ],
)
def test_short_side_of_a_picture_is_kept(
    counter: str, config: dict[str, int], detail: str | None, pictures: Pictures, ctx: Contexts
) -> None:
    assert done(pictures["photo"], ctx(counter), **config).detail == detail


@pytest.mark.parametrize(("text_height", "detail"), [(4, "low"), (8, "medium"), (10, None)])
def test_text_height_is_kept(text_height: int, detail: str | None, pictures: Pictures, ctx: Contexts) -> None:
    # A small x of 15 px on 1,600: 4.5 px at `low`, 9 at `medium`.
    assert done(pictures["page"], ctx("grid"), text_height=text_height, short_side=64).detail == detail


def test_thrifty_lowers_the_floors(pictures: Pictures, ctx: Contexts) -> None:
    assert done(pictures["photo"], ctx("grid", "thrifty")).detail == "low"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("counter", MODELS)
def test_never_dearer_than_before_nor_cheaper_than_planned(
    counter: str, name: str, pictures: Pictures, ctx: Contexts
) -> None:
    image, context = pictures[name], ctx(counter)
    plan = planned(image, context)
    least = plan.tokens if isinstance(plan, Plan) else 0
    assert least <= context.tokens(done(image, context)) <= context.tokens(image)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("counter", MODELS)
def test_bytes_stay(counter: str, name: str, pictures: Pictures, ctx: Contexts) -> None:
    result = done(pictures[name], ctx(counter))
    assert with_detail(result, None) == pictures[name]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("counter", MODELS)
@pytest.mark.parametrize("override", [False, True])
def test_own_choice_is_left_alone(counter: str, name: str, override: bool, pictures: Pictures, ctx: Contexts) -> None:
    once = done(pictures[name], ctx(counter), override_client=override)
    assert done(once, ctx(counter), override_client=override) == once


@pytest.mark.parametrize("detail", ["high", "ultra_high", "no such word"])
def test_clients_choice_is_respected(detail: str, pictures: Pictures, ctx: Contexts) -> None:
    plan = planned(with_detail(pictures["photo"], detail), ctx("grid"))
    assert plan == Declined(f"the client chose the detail {detail}")


def test_auto_is_no_choice(pictures: Pictures, ctx: Contexts) -> None:
    assert done(with_detail(pictures["photo"], "auto"), ctx("grid")).detail == "medium"


@pytest.mark.parametrize(("before", "after"), [("high", "medium"), ("low", "low")])
def test_yaml_may_override_the_client_towards_cheaper_words(
    before: str, after: str, pictures: Pictures, ctx: Contexts
) -> None:
    image = with_detail(pictures["photo"], before)
    assert done(image, ctx("grid"), override_client=True).detail == after


@pytest.mark.parametrize(("counter", "name"), [("dear", "photo"), ("wordless", "photo"), ("words", "icon")])
def test_nothing_cheaper_is_no_plan(counter: str, name: str, pictures: Pictures, ctx: Contexts) -> None:
    assert planned(pictures[name], ctx(counter)) is None


def test_word_that_cannot_be_enough_is_no_plan(pictures: Pictures, ctx: Contexts) -> None:
    # 256 px at `low` are enough for a page of big letters up to a short side of 512.
    assert planned(pictures["small photo"], ctx(), short_side=513) is None


@pytest.mark.parametrize(
    ("quality", "coordinates", "why"), [("lossless", False, "lossless"), ("legible", True, "position")]
)
def test_step_stands_aside(quality: str, coordinates: bool, why: str, pictures: Pictures, ctx: Contexts) -> None:
    plan = planned(pictures["photo"], ctx("grid", quality, coordinates=coordinates))
    assert isinstance(plan, Declined)
    assert why in plan.why


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (
            Image(b"GIF89a" + pack("<HHBBB", 900, 900, 0, 0, 0) + (b"," + bytes(9) + b"\2\0") * 2, "gif", 900, 900),
            "animated",
        ),
        (Image(b"gone", "png", 900, 900), "header"),
    ],
    ids=["animated", "no header"],
)
def test_what_cannot_be_judged_is_declined(image: Image, why: str, ctx: Contexts) -> None:
    plan = planned(image, ctx("grid"))
    assert isinstance(plan, Declined)
    assert why in plan.why


def test_broken_picture_is_declined(pictures: Pictures, ctx: Contexts) -> None:
    image, step, context = pictures["photo"], Detail(DetailConfig()), ctx("grid")
    broken = msgspec.structs.replace(image, data=image.data[:3000])
    plan = step.plan(broken, context)
    assert isinstance(plan, Plan)
    result = step.apply(broken, plan, context)
    assert isinstance(result, Declined)
    assert "not decoded" in result.why


def test_too_small_text_is_declined_in_words(pictures: Pictures, ctx: Contexts) -> None:
    step, context = Detail(DetailConfig(text_height=20)), ctx("grid")
    plan = step.plan(pictures["page"], context)
    result = step.apply(pictures["page"], plan, context)
    assert result == Declined("a cheaper detail would show too little of what is in the picture")


def test_plugin_starts_without_heavy_libraries() -> None:
    program = "import token0_detail, sys; print({'numpy', 'cv2', 'PIL', 'simplejpeg'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"set()\n"


def test_default_floors_are_those_of_all_steps() -> None:
    from token0_pixels import LEGIBLE

    config = Detail.Config()
    assert (config.short_side, config.text_height, config.digit_height) == LEGIBLE
