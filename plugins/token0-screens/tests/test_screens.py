from __future__ import annotations

import re
import subprocess
import sys
import zlib
from struct import pack
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import token0_screens
from token0.interfaces import Context, Declined, Plan, Replacement
from token0.pipeline import run
from token0.testing import PatchCounter
from token0.types import Image, Size, Text
from token0_pixels import testing
from token0_screens.change import Box, share
from token0_screens.optimizer import UNCHANGED, Screens, ScreensConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, HEIGHT = 800, 600


class Shrinking(PatchCounter):
    """The provider shows at most 700 px."""

    def seen(self, size: Size, detail: str | None = None) -> Size:
        scale = min(1.0, 700 / max(size))
        return Size(round(size.width * scale), round(size.height * scale))


class Flat(PatchCounter):
    """Pixels do not count."""

    def count(self, size: Size, detail: str | None = None) -> int:
        return 300


def desktop() -> NDArray[np.uint8]:
    """A photograph as wallpaper, and a window."""
    screen = testing.draw_photo(WIDTH, HEIGHT)
    screen[100:500, 200:700] = testing.draw_page(0.5, 500, 400)
    return screen


def with_dialog(screen: NDArray[np.uint8]) -> NDArray[np.uint8]:
    changed = screen.copy()
    cv2.rectangle(changed, (400, 300), (519, 379), (200, 220, 240), -1)
    cv2.putText(changed, "Save?", (410, 350), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    return changed


def sent(image: Image, previous: Image | None, counter: PatchCounter | None = None, **settings: Any) -> Any:
    """What the pipeline makes of `image` with this one step."""
    coordinates = settings.pop("answers_are_positions", False)
    ctx = Context(model="patches", counter=counter or PatchCounter(), previous=previous, coordinates=coordinates)
    return run(image, ctx, [Screens(ScreensConfig(**settings))])


def pixels(image: Image) -> NDArray[np.uint8]:
    array = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR)
    assert array is not None
    return np.asarray(array, np.uint8)


def test_hook_offers_the_step() -> None:
    assert token0_screens.token0_register_optimizers() == [Screens]


@pytest.mark.parametrize("wrong", [{"share": 0}, {"share": 1}, {"chunk": 1}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Screens.Config)


def test_the_first_image_is_sent_whole() -> None:
    image = testing.encoded(desktop())
    assert sent(image, None).contents == (image,)


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_a_screen_with_the_same_pixels_becomes_a_sentence(kind: str) -> None:
    before = testing.encoded(with_dialog(desktop()))
    _, data = cv2.imencode(f".{kind}", pixels(before), [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_WEBP_QUALITY, 101])
    again = Image(bytes(data), kind, WIDTH, HEIGHT)
    assert again.data != before.data
    outcome = sent(again, before)
    assert (outcome.contents, outcome.leans) == ((UNCHANGED,), True)


def test_the_same_file_is_not_decoded() -> None:
    file = Image(b"not a picture", "png", WIDTH, HEIGHT)
    assert sent(file, file).contents == (Text("Screen unchanged since the image before."),)


def test_the_screen_before_and_the_change_are_the_new_screen() -> None:
    previous, screen = testing.encoded(desktop()), testing.encoded(with_dialog(desktop()))
    outcome = sent(screen, previous)
    text, change = outcome.contents
    assert isinstance(text, Text)
    x, y = 384, 284
    assert text.text == (
        "Screen of 800x600 pixels, unchanged since the image before but for 1 rectangle, the next picture: "
        "(384, 284) to (536, 396)."
    )
    whole = pixels(previous).copy()
    whole[y : y + change.height, x : x + change.width] = pixels(change)
    assert np.array_equal(whole, pixels(screen))
    assert (change.format, change.size) == ("png", (152, 112))
    assert outcome.leans


def rebuilt(previous: Image, contents: tuple[Any, ...]) -> NDArray[np.uint8]:
    """The screen before, with the pictures laid where the text says."""
    text, *changes = contents
    whole = pixels(previous).copy()
    corners = re.findall(r"\((\d+), (\d+)\) to \((\d+), (\d+)\)", text.text)
    for (x, y, right, bottom), change in zip(corners, changes, strict=True):
        whole[int(y) : int(bottom), int(x) : int(right)] = pixels(change)
    return whole


def test_a_recompressed_screen_is_rebuilt_exactly_too() -> None:
    previous, screen = (testing.encoded(array, "jpeg") for array in (desktop(), with_dialog(desktop())))
    assert np.array_equal(rebuilt(previous, sent(screen, previous).contents), pixels(screen))


def with_clock(screen: NDArray[np.uint8]) -> NDArray[np.uint8]:
    changed = screen.copy()
    cv2.putText(changed, "12:01", (700, 590), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 255), 1)
    return changed


def test_changes_in_several_places_are_several_pictures() -> None:
    previous, screen = testing.encoded(desktop()), testing.encoded(with_clock(with_dialog(desktop())))
    contents = sent(screen, previous).contents
    assert "but for 2 rectangles, the next pictures: (384, 284) to (536, 396), (" in contents[0].text
    assert len(contents) == 3
    assert np.array_equal(rebuilt(previous, contents), pixels(screen))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 399), st.integers(0, 299), st.integers(1, 60), st.integers(1, 60)), max_size=4)
)
def test_any_screen_is_rebuilt_exactly(rectangles: list[tuple[int, int, int, int]]) -> None:
    before = testing.draw_photo(400, 300)
    after = before.copy()
    for x, y, width, height in rectangles:
        after[y : y + height, x : x + width] ^= 255
    previous, screen = testing.encoded(before), testing.encoded(after)
    contents = sent(screen, previous, share=0.9).contents
    if contents == (UNCHANGED,):
        assert np.array_equal(before, after)
    elif contents != (screen,):
        assert np.array_equal(rebuilt(previous, contents), after)


def test_changes_in_too_many_places_are_sent_whole() -> None:
    spots = desktop()
    spots[5::110, 5::110] ^= 255
    screen = testing.encoded(spots)
    outcome = sent(screen, testing.encoded(desktop()), share=0.9)
    assert outcome.contents == (screen,)


@pytest.mark.parametrize(("places", "parts"), [(6, 7), (7, 1)])
def test_six_places_are_told_and_seven_are_sent_whole(places: int, parts: int) -> None:
    spots = desktop()
    spots[60, 60 : 60 + 110 * places : 110] ^= 255
    assert len(sent(testing.encoded(spots), testing.encoded(desktop())).contents) == parts


def with_profile(image: Image) -> Image:
    """The same PNG, whose pixels mean other colours."""
    chunk = b"iCCPp\0\0" + zlib.compress(bytes(16) + b"RGB ")
    data = image.data[:33] + pack(">I", len(chunk) - 4) + chunk + pack(">I", zlib.crc32(chunk)) + image.data[33:]
    return msgspec.structs.replace(image, data=data)


def test_the_same_pixels_in_other_colours_are_sent_whole() -> None:
    screen = with_profile(testing.encoded(desktop()))
    assert sent(screen, testing.encoded(desktop())).contents == (screen,)


def test_a_change_at_the_edge_stays_inside() -> None:
    screen = desktop()
    screen[-1, -1] ^= 255
    _, change = sent(testing.encoded(screen), testing.encoded(desktop())).contents
    assert np.array_equal(pixels(change), screen[-96:, -96:])


def test_the_change_keeps_the_detail_of_the_screen() -> None:
    screen = msgspec.structs.replace(testing.encoded(with_dialog(desktop())), detail="high")
    assert sent(screen, testing.encoded(desktop())).contents[1].detail == "high"


@pytest.mark.parametrize(("share", "parts"), [(0.03, 1), (0.04, 2)])
def test_a_large_change_is_sent_whole(share: float, parts: int) -> None:
    # The dialog with its margin is 152x112 of 800x600 pixels: 3.5 %.
    outcome = sent(testing.encoded(with_dialog(desktop())), testing.encoded(desktop()), share=share)
    assert len(outcome.contents) == parts
    assert outcome.leans is (parts == 2)


def test_a_change_that_costs_as_much_as_the_screen_is_sent_whole() -> None:
    screen, before = testing.encoded(with_dialog(desktop())), testing.encoded(desktop())
    assert sent(screen, before, Flat()).contents == (screen,)


def test_an_unchanged_screen_is_a_sentence_where_pixels_do_not_count() -> None:
    screen = testing.encoded(desktop())
    assert sent(screen, screen, Flat()).contents == (UNCHANGED,)


def test_a_change_of_what_the_provider_shrinks_is_sent_whole() -> None:
    screen, before = testing.encoded(with_dialog(desktop())), testing.encoded(desktop())
    outcome = sent(screen, before, Shrinking())
    assert outcome.contents == (screen,)
    assert "shrinks" in outcome.steps[0].why


def test_another_size_is_another_screen() -> None:
    screen = testing.encoded(desktop())
    assert sent(screen, testing.encoded(desktop()[:-1])).steps == ()


def test_positions_keep_the_screen_whole() -> None:
    screen = testing.encoded(desktop())
    outcome = sent(screen, screen, answers_are_positions=True)
    assert outcome.contents == (screen,)
    assert "position" in outcome.steps[0].why


def test_positions_are_explained_where_changes_are_allowed_all_the_same() -> None:
    screen, before = testing.encoded(with_dialog(desktop())), testing.encoded(desktop())
    text, _ = sent(screen, before, answers_are_positions=True, coordinates=True).contents
    assert "Positions are counted in the whole screen: add the left upper corner of the rectangle." in text.text


def test_pixels_are_those_of_the_screen_as_it_came() -> None:
    """An earlier step may have made it smaller."""
    screen, before = testing.encoded(with_dialog(desktop())), testing.encoded(desktop())
    small = testing.encoded(np.ascontiguousarray(with_dialog(desktop())[::2, ::2]))
    ctx = Context(model="patches", counter=PatchCounter(), original=screen, previous=before)
    step = Screens(ScreensConfig())
    plan = step.plan(small, ctx)
    assert isinstance(plan, Plan)
    result = step.apply(small, plan, ctx)
    assert isinstance(result, Replacement)
    change = result.contents[1]
    assert isinstance(change, Image)
    assert change.size == (152, 112)


def test_broken_picture_is_declined() -> None:
    screen, before = testing.encoded(with_dialog(desktop())), testing.encoded(desktop())
    broken = msgspec.structs.replace(screen, data=screen.data[:999])
    outcome = sent(broken, before)
    assert outcome.contents == (broken,)
    assert "not decoded" in outcome.steps[0].why


def test_transparent_screens_are_not_compared() -> None:
    clear = np.dstack([desktop(), np.full((HEIGHT, WIDTH), 9, np.uint8)])
    screen = testing.encoded(clear)
    assert sent(screen, testing.encoded(desktop())).contents == (screen,)


def test_animated_pictures_are_not_compared() -> None:
    moving = Image(b"GIF89a" + pack("<HHBBB", 513, 513, 0, 0, 0) + (b"," + bytes(9) + b"\2\0") * 2, "gif", 513, 513)
    plan = Screens(ScreensConfig()).plan(
        moving, Context(model="m", counter=PatchCounter(), previous=Image(b"", "gif", 513, 513))
    )
    assert plan == Declined("the picture is animated")


def test_grey_screens_are_compared_with_coloured_ones() -> None:
    grey = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    coloured = grey.copy()
    coloured[10, 20] = (0, 0, 255)
    _, change = sent(testing.encoded(coloured), testing.encoded(grey)).contents
    assert np.array_equal(pixels(change), coloured[: change.height, : change.width])


def test_share_is_of_the_whole_screen() -> None:
    assert share([Box(0, 0, 40, 30), Box(50, 50, 40, 30)], Size(400, 300)) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("other", "meets"),
    [(Box(9, 9, 5, 5), True), (Box(10, 0, 5, 5), False), (Box(0, 10, 5, 5), False), (Box(2, 2, 1, 1), True)],
)
def test_rectangles_meet_where_they_share_pixels(other: Box, meets: bool) -> None:
    box = Box(0, 0, 10, 10)
    assert box.meets(other) is other.meets(box) is meets


def test_rectangle_around_two_holds_both() -> None:
    assert Box(5, 20, 10, 10).around(Box(0, 25, 3, 50)) == Box(0, 20, 15, 55)


def test_plugin_starts_without_heavy_libraries() -> None:
    program = "import token0_screens, sys; print({'numpy', 'cv2', 'PIL', 'simplejpeg'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"set()\n"
