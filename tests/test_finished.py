"""token0.finished: an image is worked on once, by everything its outcome depends on and by nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
import pluggy
import pytest
from fakes.shelving import Shelf

from token0.config import CacheConfig, Config, Step
from token0.errors import WorkerError
from token0.finished import Finished
from token0.interfaces import Context, Optimizer, Plan
from token0.layers import Layers
from token0.pipeline import Outcome
from token0.plugins import Installed, Registry
from token0.report import StepReport
from token0.types import Content, Image, Limits, Text

IMAGE = Image(b"picture", "png", 64, 64)
SMALL = Image(b"small", "png", 32, 32)
CHANGED = Outcome((SMALL,))
UNCHANGED = Outcome((IMAGE,))


class Deaf(Optimizer):
    name = "deaf"

    class Config(msgspec.Struct, frozen=True):
        loss: float = 0.1

    def plan(self, image: Image, ctx: Context) -> Plan | None: ...

    def apply(self, image: Image, plan: Any, ctx: Context) -> Content:
        return image


class Hearing(Deaf):
    reads_prompt = True


class HalfDeaf(Hearing):
    def heeds(self, prompt: str) -> str:
        return str("loud" in prompt)


class Comparing(Deaf):
    compares = True


def registry(version: str = "1", other: str = "1", rules: str = "1") -> Registry:
    return Registry(
        manager=pluggy.PluginManager("token0"),
        installed=(
            Installed(entry_point="a", distribution="a", version=version, offers={"optimizers": ("deaf",)}),
            Installed(entry_point="b", distribution="b", version=other, offers={"optimizers": ("ocr",)}),
            Installed(entry_point="c", distribution="c", version=rules, offers={"token_counters": ("x",)}),
        ),
    )


def finished(
    step: type[Deaf] = Deaf, shelf: Shelf | None = None, loss: float = 0.1, known: Registry | None = None
) -> Finished:
    steps = (Step("deaf", Deaf.Config(loss)),)
    cache = Layers([shelf or Shelf(Shelf.Config())])
    return Finished(cache, Config(pipeline=steps, cache=CacheConfig(image_seconds=7)), known or registry(), [step({})])


def key(
    made: Finished, ctx: Context, image: Image = IMAGE, digest: bytes = b"1", provider: str = "p", **to: Any
) -> str:
    return made.key(digest, image, msgspec.structs.replace(ctx, **to), provider)


# Keys


@pytest.mark.parametrize(
    "change",
    [
        {"digest": b"2"},
        {"provider": "q"},
        {"model": "patches-2"},
        {"quality": "thrifty"},
        {"coordinates": True},
        {"refused": True},
        {"limits": Limits(side=9)},
        {"image": msgspec.structs.replace(IMAGE, detail="low")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_may_change_the_outcome_changes_the_key(ctx: Context, change: dict[str, Any]) -> None:
    made = finished()
    assert key(made, ctx, **change) != key(made, ctx)


@pytest.mark.parametrize(
    ("known", "same"),
    [(registry(), True), (registry(version="2"), False), (registry(rules="2"), False), (registry(other="2"), True)],
)
def test_the_versions_of_what_is_used_change_the_key(ctx: Context, known: Registry, same: bool) -> None:
    assert (key(finished(known=known), ctx) == key(finished(), ctx)) is same


def test_the_settings_of_a_step_change_the_key(ctx: Context) -> None:
    assert key(finished(loss=0.2), ctx) != key(finished(), ctx)


@pytest.mark.parametrize(("step", "same"), [(Deaf, True), (Hearing, False), (HalfDeaf, True)])
def test_a_prompt_changes_the_key_as_far_as_a_step_heeds_it(ctx: Context, step: type[Deaf], same: bool) -> None:
    made = finished(step)
    assert (key(made, ctx, prompt="one") == key(made, ctx, prompt="two")) is same
    assert step is Deaf or key(made, ctx, prompt="one") != key(made, ctx, prompt="loud")


@pytest.mark.parametrize(("step", "same"), [(Deaf, True), (Comparing, False)])
def test_the_image_before_changes_the_key_where_a_step_compares(ctx: Context, step: type[Deaf], same: bool) -> None:
    made = finished(step)
    assert (key(made, ctx, previous=SMALL) == key(made, ctx)) is same


def test_nothing_can_be_read_from_a_key(ctx: Context) -> None:
    assert set(key(finished(Hearing), ctx, prompt="secret")) <= set("0123456789abcdef")


# Work


class Work:
    """Counts how often it is done; waits for `go`."""

    def __init__(self, result: Outcome | Exception = CHANGED) -> None:
        self.result, self.started, self.ended, self.go = result, 0, 0, asyncio.Event()

    async def __call__(self) -> Outcome:
        self.started += 1
        try:
            await self.go.wait()
        finally:
            self.ended += 1
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def ready(result: Outcome | Exception = CHANGED) -> Work:
    work = Work(result)
    work.go.set()
    return work


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "outcome",
    [CHANGED, UNCHANGED, Outcome((Text("read"), SMALL), instead_of=9, leans=True)],
    ids=["one", "none", "two"],
)
async def test_a_second_time_nothing_is_worked_on(outcome: Outcome) -> None:
    made, work = finished(), ready(outcome)
    assert await made.made("k", IMAGE, work) == (outcome, False)
    await settled()
    assert await made.made("k", IMAGE, work) == (outcome, True)
    assert work.started == 1


async def test_the_bytes_of_an_image_that_stays_are_not_kept() -> None:
    shelf = Shelf(Shelf.Config())
    large = msgspec.structs.replace(IMAGE, data=bytes(100_000))
    await finished(shelf=shelf).made("k", large, ready(Outcome((large,))))
    await settled()
    assert len(shelf.held["k"]) < 100
    assert shelf.times == [7]


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome((IMAGE,), unusable="it is broken"),
        Outcome(
            (SMALL,),
            (StepReport(name="a", applied=False, why="late", tokens_before=1, tokens_after=1, ms=1, failed=True),),
        ),
        WorkerError("died"),
    ],
    ids=["unusable", "failed step", "failed worker"],
)
async def test_what_may_go_better_next_time_is_not_kept(outcome: Any) -> None:
    shelf = Shelf(Shelf.Config())
    with contextlib.suppress(WorkerError):
        await finished(shelf=shelf).made("k", IMAGE, ready(outcome))
    await settled()
    assert shelf.held == {}


@pytest.mark.parametrize("held", [b"", b"\xff\xff", b"\x80", msgspec.msgpack.encode({"contents": [{"type": "Image"}]})])
async def test_what_is_no_outcome_is_a_miss(held: bytes) -> None:
    shelf = Shelf(Shelf.Config())
    made = finished(shelf=shelf)
    await Layers([shelf]).put("k", held, 60)
    assert await made.made("k", IMAGE, ready()) == (CHANGED, False)


async def test_who_asks_meanwhile_waits_for_the_same_work() -> None:
    made, work = finished(), Work()
    asking = [asyncio.create_task(made.made("k", IMAGE, work)) for _ in range(3)]
    other = asyncio.create_task(made.made("other", IMAGE, work))
    await settled()
    work.go.set()
    assert [await each for each in asking] == [(CHANGED, False), (CHANGED, True), (CHANGED, True)]
    assert await other == (CHANGED, False)
    assert work.started == 2


async def test_all_who_wait_learn_that_it_failed() -> None:
    made, work = finished(), Work(WorkerError("died"))
    asking = [asyncio.create_task(made.made("k", IMAGE, work)) for _ in range(2)]
    await settled()
    work.go.set()
    assert [type(each) for each in await asyncio.gather(*asking, return_exceptions=True)] == [WorkerError] * 2
    assert await made.made("k", IMAGE, ready()) == (CHANGED, False)


async def test_work_goes_on_for_others_when_the_first_to_ask_has_left() -> None:
    made, work = finished(), Work()
    first, second = (asyncio.create_task(made.made("k", IMAGE, work)) for _ in range(2))
    await settled()
    first.cancel()
    await settled()
    work.go.set()
    assert await second == (CHANGED, True)


async def test_work_that_nobody_waits_for_ends() -> None:
    made, work = finished(), Work()
    first = asyncio.create_task(made.made("k", IMAGE, work))
    await settled()
    first.cancel()
    again = asyncio.create_task(made.made("k", IMAGE, ready()))
    assert await again == (CHANGED, False)
    assert (work.started, work.ended) == (1, 1)
