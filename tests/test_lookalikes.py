"""token0.lookalikes: an image in other bytes is the picture it was, for the caller who sent that."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from fakes import seeing
from fakes.seeing import Eye
from fakes.shelving import Shelf

from token0 import lookalikes, plugins
from token0.config import CacheConfig, Config, Step
from token0.config import Workers as Limits
from token0.layers import Layers
from token0.lookalikes import Known, Lookalikes
from token0.testing import png
from token0.types import ImagePart
from token0.workers import Workers

ANN, BOB = b"ann", b"bob"
REGISTRY = plugins.load([], [seeing])


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Eye.seen.clear()


def gallery(shelf: Shelf | None = None, *, workers: Workers | None = None, **settings: Any) -> Lookalikes:
    step = Step("eye", Eye.Config(**settings))
    config = Config(cache=CacheConfig(matcher=step), workers=Limits(max_pixels=1_000_000))
    return Lookalikes(config, step, REGISTRY, workers, Layers([shelf or Shelf(Shelf.Config())]))


def part(shade: int, width: int = 64, height: int = 64) -> ImagePart:
    return ImagePart(path=("image",), base64=base64.b64encode(png(width, height, shade)).decode())


async def one(found: Lookalikes, shade: int, caller: bytes = ANN, **size: int) -> Known | None:
    return (await found.known([part(shade, **size)], caller)).get(0)


async def test_the_same_picture_in_other_bytes_is_recognised() -> None:
    found = gallery()
    first, again, other = [await one(found, shade) for shade in (100, 101, 103)]
    assert first
    assert other
    assert again == Known(first.picture, elsewhere=True)
    assert (first.elsewhere, other.elsewhere, other.picture == first.picture) == (False, False, False)


async def test_a_picture_is_compared_with_the_first_of_its_kind_so_that_small_steps_do_not_add_up() -> None:
    found = gallery()
    pictures = [await one(found, shade) for shade in (100, 101, 102)]
    assert [known.picture == pictures[0].picture for known in pictures if known and pictures[0]] == [True, True, False]


async def test_the_same_pixels_in_other_bytes_need_no_comparison() -> None:
    found = gallery()
    again = ImagePart(path=("image",), base64=base64.b64encode(png(64, 64, 100) + b"a comment").decode())
    assert await one(found, 100) == (await found.known([again], ANN))[0]
    assert Eye.seen == ["sketch", "sketch"]


async def test_bytes_that_were_seen_are_never_decoded_again() -> None:
    found = gallery()
    before = [await one(found, 100), await one(found, 101)]
    asked = list(Eye.seen)
    assert [await one(found, 100), await one(found, 101)] == before
    assert Eye.seen == asked


async def test_what_another_engine_saw_is_known() -> None:
    shelf = Shelf(Shelf.Config())
    first = await one(gallery(shelf), 100)
    assert first
    assert await one(gallery(shelf), 101) == Known(first.picture, elsewhere=True)


async def test_other_settings_of_the_matcher_know_nothing_of_it() -> None:
    shelf = Shelf(Shelf.Config())
    await one(gallery(shelf), 100)
    known = await one(gallery(shelf, exactly=True), 101)
    assert known
    assert not known.elsewhere


async def test_pictures_of_another_caller_are_never_looked_at() -> None:
    found = gallery()
    await one(found, 100, ANN)
    known = await one(found, 101, BOB)
    assert known
    assert (known.elsewhere, Eye.seen) == (False, ["sketch", "sketch"])


async def test_pictures_of_another_size_are_never_looked_at() -> None:
    found = gallery()
    await one(found, 100)
    known = await one(found, 101, width=65)
    assert known
    assert (known.elsewhere, Eye.seen) == (False, ["sketch", "sketch"])


async def test_pictures_that_are_far_off_are_not_compared() -> None:
    found = gallery()
    await one(found, 100)
    await one(found, 150)
    assert Eye.seen == ["sketch", "sketch"]


async def test_a_picture_without_a_coarse_sketch_is_the_same_by_its_pixels_alone() -> None:
    found = gallery(exactly=True)
    first, other = await one(found, 100), await one(found, 101)
    assert first
    assert other
    assert first.picture != other.picture


async def test_only_a_few_are_compared_and_the_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookalikes, "_LOOKS", 2)
    found = gallery()
    for shade in (100, 102, 104):
        await one(found, shade)
    Eye.seen.clear()
    known = [await one(found, 99), await one(found, 105)]
    assert [each and each.elsewhere for each in known] == [False, True]
    assert Eye.seen.count("same") == 2 + 2


async def test_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookalikes, "_SHELF", 2)
    found = gallery()
    for shade in (100, 120, 140):
        await one(found, shade)
    known = [await one(found, 101), await one(found, 141)]
    assert [each and each.elsewhere for each in known] == [False, True]


@pytest.mark.parametrize(
    "strange",
    [
        ImagePart(path=("image",), url="https://a.example/b.png"),
        ImagePart(path=("image",), base64="!"),
        ImagePart(path=("image",), base64=base64.b64encode(b"no picture").decode()),
        part(1, 1001, 1000),
    ],
    ids=["remote", "broken", "unknown", "too large"],
)
async def test_what_cannot_be_looked_at_is_only_the_same_as_its_bytes(strange: ImagePart) -> None:
    known = await gallery().known([strange, part(100)], ANN)
    assert list(known) == [1]


async def test_a_matcher_that_fails_makes_them_two() -> None:
    found = gallery()
    await one(found, 12)
    known = await one(found, 13)
    assert known
    assert not known.elsewhere


async def test_a_worker_that_dies_leaves_the_image_to_its_bytes() -> None:
    config = Config(workers=Limits(deadline_seconds=0.001))
    workers = Workers(config)
    try:
        assert await one(gallery(workers=workers), 100) is None
    finally:
        await workers.close()


async def test_a_damaged_cache_is_an_empty_one() -> None:
    shelf = Shelf(Shelf.Config())
    await one(gallery(shelf), 100)
    shelf.held.update({key: b"\xc1" + value[-8:] for key, value in shelf.held.items() if len(value) > 80})
    known = await one(gallery(shelf), 101)
    assert known
    assert not known.elsewhere


async def test_nothing_can_be_read_from_the_keys() -> None:
    shelf = Shelf(Shelf.Config())
    await one(gallery(shelf), 100)
    assert {len(bytes.fromhex(key)) for key in shelf.held} == {32}
