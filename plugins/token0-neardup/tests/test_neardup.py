"""A photograph in another encoding is the same picture; an invoice with another digit never is."""

from __future__ import annotations

import base64
import itertools
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

import token0_neardup
from token0 import plugins
from token0.config import CacheConfig, Config, Step
from token0.interfaces import Cache, NoConfig
from token0.layers import Layers
from token0.lookalikes import Lookalikes
from token0.sniff import sniff
from token0.types import Image, ImagePart
from token0.workers import MatchTask, Workers
from token0_neardup.difference import explained
from token0_neardup.matcher import NearDuplicates
from token0_pixels.testing import draw_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.uint8]

MATCHER = NearDuplicates(NoConfig())


def photo(seed: int = 3, width: int = 640, height: int = 480) -> Array:
    """Soft coloured shapes with the grain of a camera."""
    random = np.random.default_rng(seed)
    spots = random.integers(20, 236, (9, 12, 3), np.uint8)
    soft = cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    return np.asarray(np.clip(soft + random.normal(0, 3, soft.shape), 0, 255), np.uint8)


PHOTO = photo()


def encoded(array: Array, kind: str = "png", quality: int = 92) -> Image:
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality] if kind == "jpeg" else []
    done, data = cv2.imencode(".jpg" if kind == "jpeg" else f".{kind}", array, settings)
    assert done
    return read(bytes(data))


def read(data: bytes) -> Image:
    header = sniff(data)
    assert header
    size = {"width": header.width, "height": header.height, "orientation": header.orientation}
    return Image(data=data, format=header.format, **size)


def decoded(image: Image) -> Array:
    return np.asarray(cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def is_hit(one: Image, other: Image) -> bool:
    return hits([one, other]) == 1


def hits(images: list[Image]) -> int:
    """Pairs that the core takes for one picture: equal pixels, or sketches that are near and pictures the same."""
    found = 0
    for (one, a), (other, b) in itertools.combinations([(each, MATCHER.sketch(each)) for each in images], 2):
        assert a
        assert b
        near = bool(a.coarse and b.coarse) and MATCHER.near(a.coarse, b.coarse)
        found += a.pixels == b.pixels or (near and MATCHER.same(one, other))
    return found


# Photographs


AGAIN: dict[str, Callable[[Array], Image]] = {
    "PNG": encoded,
    "JPEG 92": lambda array: encoded(array, "jpeg", 92),
    "JPEG 85": lambda array: encoded(array, "jpeg", 85),
    "JPEG 92, then 85": lambda array: encoded(decoded(encoded(array, "jpeg", 92)), "jpeg", 85),
    "one level of noise": lambda array: encoded(noisy(array)),
}


def noisy(array: Array) -> Array:
    noise = np.random.default_rng(5).integers(-1, 2, array.shape)
    return np.asarray(np.clip(array + noise, 0, 255), np.uint8)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("first", ["PNG", "JPEG 92"])
def test_photo_encoded_again_is_the_same_picture(first: str, again: str, seed: int) -> None:
    array = photo(seed)
    assert is_hit(AGAIN[first](array), AGAIN[again](array))


@pytest.mark.parametrize("size", [(640, 480), (643, 481), (64, 64)])
def test_photo_of_any_size_is_recognised(size: tuple[int, int]) -> None:
    array = photo(1, *size)
    assert is_hit(encoded(array, "jpeg", 92), encoded(array, "jpeg", 85))


def test_photo_without_its_metadata_is_the_same_picture() -> None:
    bare = encoded(PHOTO, "jpeg")
    remark = b"\xff\xfe" + (2 + 9).to_bytes(2, "big") + b"a remark!"
    assert is_hit(bare, read(bare.data[:2] + remark + bare.data[2:]))


def _dot(array: Array) -> None:
    array[200:203, 300:303] = 255 - array[200:203, 300:303]


def _faint_stroke(array: Array) -> None:
    array[100:112, 400:402] = np.clip(array[100:112, 400:402].astype(np.int16) - 25, 0, 255)


def _hue(array: Array) -> None:
    """Red for green, as bright as before."""
    array[240:256, 80:96] = array[240:256, 80:96, [0, 2, 1]]
    patch = array[240:256, 80:96]
    patch[:, :, 1], patch[:, :, 2] = 0, 200


def _shift(array: Array) -> None:
    array[300:340, 200:240] = array[300:340, 201:241].copy()


CHANGES = {"a dot": _dot, "a faint stroke": _faint_stroke, "another colour": _hue, "a piece moved by a pixel": _shift}


@pytest.mark.parametrize("kind", ["png", "jpeg"])
@pytest.mark.parametrize("change", CHANGES)
def test_local_change_makes_another_picture(change: str, kind: str) -> None:
    other = PHOTO.copy()
    CHANGES[change](other)
    assert not MATCHER.same(encoded(PHOTO, kind), encoded(other, kind))


@pytest.mark.parametrize("row", [0, 475, 478])
def test_change_in_a_block_that_is_cut_off_is_found(row: int) -> None:
    one = photo(2, 637, 479)
    other = one.copy()
    other[row : row + 4, 620:637] = 255 - other[row : row + 4, 620:637]
    assert MATCHER.same(encoded(one), encoded(noisy(one)))
    assert not MATCHER.same(encoded(one, "jpeg"), encoded(other, "jpeg"))


def test_very_coarse_encoding_is_another_picture() -> None:
    assert not MATCHER.same(encoded(PHOTO), encoded(PHOTO, "jpeg", 40))


def test_table_that_claims_to_be_coarse_hides_nothing() -> None:
    """The first step is what the mean of each block is rounded to: here it would excuse any brightness."""
    darker = encoded(np.asarray(PHOTO // 2, np.uint8), "jpeg")
    at = darker.data.index(b"\xff\xdb") + 5
    claims = read(darker.data[:at] + b"\xff" + darker.data[at + 1 :])
    assert not MATCHER.same(encoded(PHOTO, "jpeg"), claims)


def test_turned_picture_is_another_picture() -> None:
    image = encoded(PHOTO, "jpeg")
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"
    turned = read(image.data[:2] + b"\xff\xe1" + (2 + len(exif)).to_bytes(2, "big") + exif + image.data[2:])
    assert turned.orientation == 3
    assert not is_hit(image, turned)


def test_greys_are_compared_with_colours() -> None:
    grey = np.asarray(cv2.cvtColor(PHOTO, cv2.COLOR_BGR2GRAY), np.uint8)
    assert is_hit(encoded(grey), encoded(np.dstack([grey] * 3), "jpeg"))
    assert not MATCHER.same(encoded(grey), encoded(PHOTO))


# Documents


def invoice(amount: str, width: int, thick: int = 1) -> Array:
    """One template in which only the amount differs."""
    scale = width / 900
    page = np.full((int(width * 1.1), width, 3), 255, np.uint8)
    lines = ["INVOICE 2026-117", "Muster & Sons, 8 High Street", "To: The Example Company", "", "Item   Qty   Price"]
    lines += [f"Part {n}    {n}    {n * 7}.50" for n in range(1, 6)] + ["", f"Total    {amount}", "Due in 30 days"]
    for number, line in enumerate(lines):
        at = (int(width * 0.06), int((60 + 60 * number) * scale))
        cv2.putText(page, line, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (20, 20, 20), thick, cv2.LINE_AA)
    return page


def amounts(count: int) -> list[str]:
    """Amounts of which each differs from the one before in one digit."""
    found, digits = [], list("1428.80")
    for number in range(count):
        at = (0, 1, 2, 3, 5, 6)[number % 6]
        digits[at] = str((int(digits[at]) + 1 + number // 6) % 10)
        found.append("".join(digits))
    return found


AMOUNTS = amounts(32)
FORMATS: list[tuple[str, int]] = [("png", 0), ("jpeg", 95), ("jpeg", 85), ("jpeg", 75), ("jpeg", 60)]


@pytest.mark.parametrize("kind", FORMATS, ids=str)
@pytest.mark.parametrize("width", [240, 480, 900])
def test_invoices_with_other_amounts_never_match(width: int, kind: tuple[str, int]) -> None:
    assert len(set(AMOUNTS)) == 32
    assert hits([encoded(invoice(amount, width), *kind) for amount in AMOUNTS]) == 0


@pytest.mark.parametrize("kind", FORMATS, ids=str)
@pytest.mark.parametrize("width", [240, 480])
def test_the_comparison_alone_tells_them_apart(width: int, kind: tuple[str, int]) -> None:
    """Should ever no writing be found in them."""
    pages = [encoded(invoice(amount, width), *kind) for amount in AMOUNTS]
    assert not any(explained(one, other) for one, other in itertools.pairwise(pages))


def test_a_digit_in_a_photo_is_enough_to_tell_them_apart() -> None:
    def stamped(digit: str, shade: int) -> Array:
        array = PHOTO.copy()
        cv2.putText(array, digit, (300, 200), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (shade,) * 3, 1, cv2.LINE_AA)
        return array

    for one, other in itertools.combinations("0123456789", 2):
        for quality in (95, 85, 75):
            pair = [encoded(stamped(digit, 250), "jpeg", quality) for digit in (one, other)]
            assert not MATCHER.same(*pair), (one, other, quality)


@pytest.mark.parametrize("array", [invoice("1", 600), draw_page(0.5), draw_page(3.0, ink=(90, 90, 90))])
def test_picture_with_writing_is_only_the_same_by_its_pixels(array: Array) -> None:
    sketch = MATCHER.sketch(encoded(array, "jpeg"))
    assert sketch
    assert sketch.coarse == b""
    assert not is_hit(encoded(array, "jpeg", 92), encoded(array, "jpeg", 95))


def test_document_saved_again_without_loss_is_the_same_picture() -> None:
    first = encoded(invoice("1428.80", 600))
    _, data = cv2.imencode(".png", decoded(first), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    again = read(bytes(data))
    assert again.data != first.data
    assert is_hit(first, again)


# What is no photograph, or no picture


def test_transparent_pictures_and_small_ones_are_the_same_by_their_pixels() -> None:
    see_through = np.dstack([PHOTO, np.full(PHOTO.shape[:2], 120, np.uint8)])
    for image in (encoded(see_through), encoded(photo(1, 63, 200)), encoded(PHOTO, "webp")):
        sketch = MATCHER.sketch(image)
        assert sketch
        assert sketch.coarse == b""


@pytest.mark.parametrize("data", [b"GIF89a" + b"\0" * 20, encoded(PHOTO).data[:2000]], ids=["GIF", "torn"])
def test_what_cannot_be_decoded_is_not_recognised(data: bytes) -> None:
    assert MATCHER.sketch(Image(data, sniff(data).format if sniff(data) else "gif", 640, 480)) is None
    assert not MATCHER.same(Image(data, "png", 640, 480), encoded(PHOTO))


# In its place


class Drawer(Cache):
    """Keeps everything."""

    name = "drawer"

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._held: dict[str, bytes] = {}

    async def get(self, key: str) -> bytes | None:
        return self._held.get(key)

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        self._held[key] = value


def part(image: Image) -> ImagePart:
    return ImagePart(path=("image",), base64=base64.b64encode(image.data).decode())


async def test_a_worker_process_recognises_a_photo_and_no_invoice() -> None:
    step = Step("neardup", NoConfig())
    config = Config(cache=CacheConfig(matcher=step))
    workers = Workers(config)
    try:
        found = Lookalikes(config, step, plugins.load([], [token0_neardup]), workers, Layers([Drawer(NoConfig())]))
        first = await found.known([part(encoded(PHOTO)), part(encoded(invoice("1428.80", 600), "jpeg"))], b"me")
        again = await found.known(
            [part(encoded(PHOTO, "jpeg", 85)), part(encoded(invoice("1429.80", 600), "jpeg"))], b"me"
        )
        assert (await workers.match(MatchTask(image=encoded(PHOTO), known=encoded(noisy(PHOTO))))).same
    finally:
        await workers.close()
    assert (again[0].picture, again[0].elsewhere) == (first[0].picture, True)
    assert (again[1].picture != first[1].picture, again[1].elsewhere) == (True, False)


def test_the_plugin_offers_one_matcher() -> None:
    assert token0_neardup.token0_register_matchers() == [NearDuplicates]
