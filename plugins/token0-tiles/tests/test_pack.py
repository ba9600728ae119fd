from __future__ import annotations

import zlib
from struct import pack
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np
import pytest

import token0_tiles
from token0.joint import make, priced
from token0.types import Image, Joint, Limits, Placed, Size, Text
from token0_pixels import testing
from token0_tiles.canvas import canvases
from token0_tiles.pack import Pack, PackConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from token0.interfaces import Context

    Contexts = Callable[..., Context]


def icon(shade: int, width: int = 200, height: int = 200) -> Image:
    array = np.full((height, width, 3), (shade, 255 - shade, 90), np.uint8)
    cv2.line(array, (0, 0), (width, height), (0, 0, shade), 3)
    return testing.encoded(array)


def placed(*images: Image, **fields: Any) -> list[Placed]:
    return [
        msgspec.structs.replace(Placed(part=part, message=0, original=image, contents=(image,)), **fields)
        for part, image in enumerate(images)
    ]


def packed(images: Sequence[Placed], ctx: Context, **settings: Any) -> list[Any]:
    """The contents that the step makes, one mapping for each canvas."""
    step, made = Pack(PackConfig(**settings)), []
    for joint in step.plan(images, ctx):
        own = [image for image in images if image.part in joint.parts]
        made.append(priced(joint, make(step, own, joint.why, ctx), own, ctx).contents)
    return made


def pixels(image: Image) -> NDArray[np.uint8]:
    array = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR)
    assert array is not None
    return np.asarray(array, np.uint8)


def test_hook_offers_the_step() -> None:
    assert token0_tiles.token0_register_conversation_optimizers() == [Pack]


@pytest.mark.parametrize("wrong", [{"side": 0}, {"side": 2000}, {"gutter": 1}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Pack.Config)


def test_four_icons_become_one_picture_of_one_tile(ctx: Contexts) -> None:
    icons = [icon(shade) for shade in (10, 90, 170, 250)]
    (contents,) = packed(placed(*icons), ctx())
    told, canvas = contents[0]
    assert told == Text("The next picture holds these images, row by row, from left to right: 1 2 / 3 4.")
    assert (canvas.size, canvas.format, ctx().tokens(canvas)) == ((408, 408), "png", 255)
    assert [contents[part] for part in (1, 2, 3)] == [
        (Text(f"[Image {number} is in that picture.]"),) for number in (2, 3, 4)
    ]


def test_pictures_keep_every_pixel_with_white_in_between(ctx: Contexts) -> None:
    icons = [icon(shade) for shade in (10, 90, 170, 250)]
    (contents,) = packed(placed(*icons), ctx())
    canvas = pixels(contents[0][1])
    for number, (x, y) in enumerate([(0, 0), (208, 0), (0, 208), (208, 208)]):
        assert np.array_equal(canvas[y : y + 200, x : x + 200], pixels(icons[number]))
    assert (canvas[200:208] == 255).all()
    assert (canvas[:, 200:208] == 255).all()


def test_grey_and_coloured_pictures_share_a_canvas(ctx: Contexts) -> None:
    grey = testing.encoded(np.full((200, 200, 3), 77, np.uint8))
    (contents,) = packed(placed(icon(9), grey), ctx())
    assert (pixels(contents[0][1])[:, -200:] == 77).all()


def test_the_same_pictures_give_the_same_bytes(ctx: Contexts) -> None:
    images = placed(icon(1), icon(2))
    assert packed(images, ctx()) == packed(images, ctx())


def planned(images: Sequence[Placed], ctx: Context, **settings: Any) -> list[tuple[int, ...]]:
    """The parts that share a canvas."""
    return [joint.parts for joint in Pack(PackConfig(**settings)).plan(images, ctx)]


def test_where_pixels_count_nothing_is_gained(ctx: Contexts) -> None:
    assert planned(placed(*(icon(shade) for shade in range(4))), ctx("patches")) == []


def test_what_the_provider_would_shrink_takes_another_canvas(ctx: Contexts) -> None:
    # Two rows of 480 px are shown unshrunk, and no two tiles less: nothing fits better than two on a side.
    images = placed(*(icon(shade, 500, 400) for shade in range(8)))
    for joint in Pack(PackConfig()).plan(images, ctx()):
        canvas = Size(*map(int, joint.why.rpartition(" ")[2].split("x")))
        assert ctx().counter.seen(canvas) == canvas


def test_the_bill_that_is_planned_is_the_bill(ctx: Contexts) -> None:
    images = placed(*(icon(shade, 150, 120) for shade in range(6)))
    (joint,) = Pack(PackConfig()).plan(images, ctx())
    (contents,) = packed(images, ctx())
    assert joint.tokens == sum(ctx().tokens(*each) for each in contents.values())


@pytest.mark.parametrize(
    "apart",
    [{"joined": True}, {"leans": True}, {"coordinates": True}, {"contents": (Text("read"),)}],
    ids=["joined", "leans", "coordinates", "text"],
)
def test_some_are_left_alone(ctx: Contexts, apart: dict[str, Any]) -> None:
    images = placed(icon(1), icon(2), icon(3))
    images[1] = msgspec.structs.replace(images[1], **apart)
    assert planned(images, ctx()) == [(0, 2)]


def test_messages_do_not_share_a_canvas(ctx: Contexts) -> None:
    images = placed(icon(1), icon(2), icon(3), icon(4))
    images = [msgspec.structs.replace(image, message=image.part // 2) for image in images]
    assert planned(images, ctx()) == [(0, 1), (2, 3)]


def test_pictures_of_another_detail_do_not_share_a_canvas(ctx: Contexts) -> None:
    low = msgspec.structs.replace(icon(1), detail="low")
    assert planned(placed(low, icon(2), icon(3)), ctx()) == [(1, 2)]


def test_large_pictures_stay_alone(ctx: Contexts) -> None:
    images = placed(icon(1, 201), icon(2), icon(3))
    assert planned(images, ctx(), side=200) == [(1, 2)]


def test_lossless_means_no_canvas(ctx: Contexts) -> None:
    assert planned(placed(icon(1), icon(2)), ctx(quality="lossless")) == []


def test_canvas_stays_within_what_is_refused(ctx: Contexts) -> None:
    limited = msgspec.structs.replace(ctx(), limits=Limits(side=400))
    assert planned(placed(icon(1), icon(2)), limited) == []


def with_profile(image: Image) -> Image:
    """The same PNG, whose pixels mean other colours."""
    chunk = b"iCCPp\0\0" + zlib.compress(bytes(16) + b"RGB ")
    data = image.data[:33] + pack(">I", len(chunk) - 4) + chunk + pack(">I", zlib.crc32(chunk)) + image.data[33:]
    return msgspec.structs.replace(image, data=data)


@pytest.mark.parametrize(
    "odd",
    [
        Image(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\xc8\0\0\0\xc8\x08\2\0\0\0", "png", 200, 200),
        testing.encoded(np.dstack([np.zeros((200, 200, 3), np.uint8), np.full((200, 200), 9, np.uint8)])),
        with_profile(icon(2)),
    ],
    ids=["broken", "transparent", "other colours"],
)
def test_a_picture_that_does_not_go_onto_a_canvas_leaves_all_as_they_were(ctx: Contexts, odd: Image) -> None:
    assert packed(placed(icon(1), odd), ctx()) == [{}]


def test_many_pictures_take_several_canvases(ctx: Contexts) -> None:
    groups = planned(placed(*(icon(shade, 100, 100) for shade in range(20))), ctx())
    assert [len(parts) for parts in groups] == [16, 4]


def test_rows_hold_pictures_of_different_heights() -> None:
    sizes = [Size(10, 40), Size(30, 20), Size(20, 20)]
    assert [canvas.size for canvas in canvases(sizes)] == [(76, 40), (48, 68), (30, 96)]
    assert list(canvases(sizes))[1].corners == ((0, 0), (18, 0), (0, 48))


def test_joint_is_open_until_pixels_are_seen(ctx: Contexts) -> None:
    assert Pack(PackConfig()).plan(placed(icon(1), icon(2)), ctx()) == [
        Joint(parts=(0, 1), tokens=282, why="2 pictures on a canvas of 408x200")
    ]
