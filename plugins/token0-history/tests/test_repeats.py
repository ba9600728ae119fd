from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from token0.interfaces import NoConfig
from token0.types import Image, Text
from token0_history.history import History, HistoryConfig
from token0_history.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Callable

    from token0.interfaces import Context
    from token0.types import Content, Placed

    Shot = Callable[..., Placed]
    Shown = Callable[..., list[tuple[Content, ...]]]

STEP = Repeats(NoConfig())


def test_the_same_file_is_named_the_second_time(shot: Shot, shown: Shown, ctx: Context) -> None:
    images = [shot(0, b"a"), shot(1, b"b"), shot(2, b"a"), shot(3, b"a")]
    same = (Text("The same image as image 1 above."),)
    assert shown(STEP, images, ctx) == [images[0].contents, images[1].contents, same, same]


def test_other_files_of_the_same_length_are_shown(shot: Shot, ctx: Context) -> None:
    assert STEP.plan([shot(0, b"ab"), shot(1, b"ba")], ctx) == []


def test_another_file_that_is_sent_as_the_same_picture_is_shown(shot: Shot, ctx: Context) -> None:
    small = (Image(b"small", "png", 20, 20),)
    assert STEP.plan([shot(0, b"ab", small), shot(1, b"ba", small)], ctx) == []
    assert len(STEP.plan([shot(0, b"ab", small), shot(1, b"ab", small)], ctx)) == 1


def test_later_images_change_nothing_before_them(shot: Shot, shown: Shown, ctx: Context) -> None:
    images = [shot(part, b"%d" % (part % 3)) for part in range(12)]
    sent = [shown(STEP, images[:count], ctx) for count in range(1, 13)]
    assert all(now[: len(before)] == before for before, now in pairwise(sent))


def test_what_is_sent_otherwise_is_not_the_same(shot: Shot, ctx: Context) -> None:
    """The prompt of one turn wants its text, that of another the picture; or another detail."""
    first = shot(0, b"a")
    detailed = msgspec.structs.replace(first.original, detail="low")
    assert STEP.plan([first, shot(1, b"a", contents=(Text("read"),)), shot(2, b"a", contents=(detailed,))], ctx) == []


def test_text_is_not_named(shot: Shot, ctx: Context) -> None:
    read = (Text("a long page"),)
    assert STEP.plan([shot(0, b"a", contents=read), shot(1, b"a", contents=read)], ctx) == []


def test_changes_of_a_screen_are_not_named(shot: Shot, ctx: Context) -> None:
    change = (Text("changed"), Image(b"crop", "png", 9, 9))
    assert STEP.plan([shot(part, b"a", contents=change, leans=True) for part in (0, 1)], ctx) == []


def test_where_answers_are_positions_the_image_is_shown(shot: Shot, ctx: Context) -> None:
    assert STEP.plan([shot(0, b"a"), shot(1, b"a", coordinates=True)], ctx) == []


def test_an_image_that_was_left_out_is_shown_where_it_comes_next(shot: Shot, ctx: Context) -> None:
    images = [shot(part, b"a" if part in (0, 9, 10) else b"") for part in range(11)]
    (joint,) = History(HistoryConfig()).plan(images, ctx)
    left = joint.contents or {}
    after = [
        msgspec.structs.replace(image, contents=left.get(image.part, image.contents), joined=image.part in left)
        for image in images
    ]
    assert [(joint.parts, joint.why) for joint in STEP.plan(after, ctx)] == [((10,), "image 10 is the same")]
