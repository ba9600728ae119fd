"""token0.imaging: every image of a request, fetched, corrected, worked on, or sent as it came."""

from __future__ import annotations

import asyncio
import base64
import threading
import types
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes import joining, lab, shelving
from fakes.engines import BIG, HALF, Make, body, engine, plugin, run

from token0 import config
from token0.config import CacheConfig, Fetch, Step
from token0.errors import BadRequest, Unusable
from token0.fetch import Fetcher, FetchError
from token0.imaging import Imaging
from token0.interfaces import Context, NoConfig
from token0.testing import png
from token0.types import Image, ImagePart, Price, Request
from token0.wire import Endpoint

__all__ = ["engine"]  # a fixture


async def test_without_a_rule_images_are_sent_as_they_came(engine: Make) -> None:
    sent, report = await run(engine(), model="lab/unheard-of")
    assert sent["image"] == BIG
    assert report.images[0].before.tokens is None
    assert "no image-token rule for the model unheard-of" in report.warnings[0]


async def test_an_assumed_rule_is_told(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.LabCounter, "assumed", True)
    _, report = await run(engine())
    assert "is not published" in report.warnings[0]


@pytest.mark.parametrize(
    ("image", "note"),
    [("", "not a format known here"), ("bm8=", "not a format known here"), (BIG, "beyond the limit of 99 pixels")],
)
async def test_an_image_that_is_not_opened_is_sent_as_it_came(engine: Make, image: str, note: str) -> None:
    sent, report = await run(engine(workers=config.Workers(max_pixels=99)), image=image)
    assert sent["image"] == image
    assert note in (report.images[0].note or "")


async def test_broken_base64_is_refused_with_its_place(engine: Make) -> None:
    with pytest.raises(BadRequest) as caught:
        await run(engine(), image="?")
    assert caught.value.param == "image"


@pytest.mark.parametrize(("prompt", "moves"), [("Where is it? Give coordinates.", False), ("What is it?", True)])
async def test_steps_know_when_answers_are_positions(
    engine: Make, monkeypatch: pytest.MonkeyPatch, prompt: str, moves: bool
) -> None:
    seen: list[Context] = []

    def plan(self: object, image: Image, ctx: Context) -> None:
        seen.append(ctx)

    monkeypatch.setattr(lab.Act, "plan", plan)
    await run(engine(quality="thrifty"), prompt=prompt)
    assert [(ctx.coordinates, ctx.prompt, ctx.quality) for ctx in seen] == [(not moves, prompt, "thrifty")]


async def test_text_is_not_counted_in_the_event_loop(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    count = lab.LabCounter.count_text

    def count_text(self: lab.LabCounter, text: str) -> int:
        threads.append(threading.current_thread())
        return count(self, text)

    monkeypatch.setattr(lab.LabCounter, "count_text", count_text)
    _, report = await run(engine(), prompt="pid")
    assert report.images[0].after.format == "text"
    assert threads
    assert threading.main_thread() not in threads


async def test_workers_give_the_same_bytes_as_this_process(
    engine: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = await engine().optimize(body(), "lab")
    lab.install(tmp_path, monkeypatch)
    there, _ = await engine(in_process=False).optimize(body(), "lab")
    assert there == here


async def test_a_worker_that_dies_costs_only_the_saving(
    engine: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.install(tmp_path, monkeypatch)
    sent, report = await run(engine(in_process=False), prompt="die")
    assert sent["image"] == BIG
    assert report.images[0].note == "sent as it came: the worker ended with status 7"


async def test_a_worker_is_not_started_for_an_image_without_work(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("asyncio.create_subprocess_exec")
    _, report = await run(engine(in_process=False), prompt="rest")
    assert report.images[0].steps[0].why == "told to rest"


ADDRESS = "https://pictures.example/a.png"


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Remote images answer with the big picture; returns the addresses that were asked for."""
    asked: list[str] = []

    async def fetch(_: Fetcher, url: str) -> bytes:
        asked.append(url)
        if "gone" in url:
            raise FetchError("its server answered with status 404")
        return png(128, 128)

    monkeypatch.setattr(Fetcher, "fetch", fetch)
    return asked


@pytest.mark.parametrize("images", ["never", "needed"])
async def test_a_remote_image_is_left_to_a_provider_that_fetches(engine: Make, remote: list[str], images: Any) -> None:
    sent, report = await run(engine(fetch=Fetch(images=images)), image=ADDRESS)
    assert (sent["image"], remote) == (ADDRESS, [])
    assert report.images[0].note == "not in the request: fetched or held by the provider"


async def test_a_remote_image_is_fetched_to_be_optimized_where_allowed(engine: Make, remote: list[str]) -> None:
    sent, report = await run(engine(fetch=Fetch(images="always")), image=ADDRESS)
    assert (sent["image"], remote) == (HALF, [ADDRESS])
    assert [step.name for step in report.images[0].steps if step.applied] == ["act"]


async def test_a_fetched_image_that_stays_as_it_is_keeps_its_address(engine: Make, remote: list[str]) -> None:
    sent, _ = await run(engine(fetch=Fetch(images="always")), image=ADDRESS, prompt="rest")
    assert (sent["image"], remote) == (ADDRESS, [ADDRESS])


async def test_an_image_that_nobody_can_fetch_is_a_400_naming_the_part(
    engine: Make, remote: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.LabProvider, "fetches_images", False)
    with pytest.raises(BadRequest, match="status 404") as caught:
        await run(engine(fetch=Fetch(images="needed")), image=ADDRESS + "/gone")
    assert (caught.value.code, caught.value.param) == ("image_unreachable", "image")


async def test_an_image_fetched_in_vain_only_to_look_at_it_is_left_alone(engine: Make, remote: list[str]) -> None:
    sent, report = await run(engine(fetch=Fetch(images="always")), image=ADDRESS + "/gone")
    assert sent["image"] == ADDRESS + "/gone"
    assert report.images[0].note == "its server answered with status 404"


async def test_a_token_rule_that_fails_costs_the_saving_only(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def count(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(lab.LabCounter, "count", count)
    sent, report = await run(engine())
    assert sent == {"model": "lab", "image": BIG}
    assert report.images[0].note == "sent as it came: ZeroDivisionError"


def forbids(word: str) -> types.ModuleType:
    class Forbids(lab.Act):
        name = "forbids"
        formats = frozenset({"png", "unknown"})

        def apply(self, image: Image, plan: Any, ctx: Context) -> Any:
            raise Unusable(word)

    return plugin("forbids", token0_register_optimizers=lambda: [Forbids])


@pytest.mark.parametrize("encoded", [BIG, base64.b64encode(b"not an image").decode()])
async def test_an_image_that_must_not_be_sent_is_refused_with_its_place(engine: Make, encoded: str) -> None:
    running = engine(forbids("nothing of it can be read"), pipeline=(Step("forbids", NoConfig()),))
    with pytest.raises(BadRequest, match="The image cannot be used: nothing of it can be read") as caught:
        await run(running, image=encoded)
    assert (caught.value.param, caught.value.code) == ("image", "invalid_image")


async def test_what_is_no_image_is_sent_as_it_came(engine: Make) -> None:
    sent, report = await run(engine(), image="bm90IGFuIGltYWdl", token0_detail_override="low")
    assert sent["image"] == "bm90IGFuIGltYWdl"
    assert (report.images[0].note, report.images[0].steps) == ("not a format known here", ())


async def test_base64_in_lines_is_sent_in_one(engine: Make) -> None:
    sent, report = await run(engine(), image=f"{BIG[:40]}\r\n{BIG[40:]}", prompt="rest")
    assert sent["image"] == BIG
    assert report.applied == ["normalize"]


async def test_steps_learn_that_the_provider_refused(engine: Make) -> None:
    asked: list[bool] = []

    class Asks(lab.Act):
        name = "asks"

        def plan(self, image: Image, ctx: Context) -> None:
            asked.append(ctx.refused)

    module = plugin("asks", token0_register_optimizers=lambda: [Asks])
    running = engine(module, pipeline=(Step("asks", NoConfig()),))
    dialect = running.dialects["lab"]
    request = dialect.read(body(), Endpoint(kind="generate", path="/lab"))
    route = await running.router.route("lab")
    for refused in (False, True):
        await running.prepare(dialect, request, route, running.report("lab", request, route), refused=refused)
    assert asked == [False, True]


async def test_a_provider_that_takes_no_addresses_gets_the_image(
    engine: Make, remote: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.LabProvider, "fetches_images", False)
    sent, report = await run(engine(fetch=Fetch(images="needed")), image=ADDRESS, prompt="rest")
    assert (sent["image"], remote) == (BIG, [ADDRESS])
    assert report.applied == ["fetch"]


# With a cache


KEPT = CacheConfig(layers=(Step("shelf", shelving.Shelf.Config()),))


async def test_an_image_that_came_before_is_not_worked_on_again(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    running = engine(shelving, cache=KEPT)
    first, worked = await run(running)
    await asyncio.sleep(0)
    monkeypatch.delattr(lab.Act, "apply")
    second, kept = await run(running)
    assert (second, first["image"]) == (first, HALF)
    assert kept.images[0] == msgspec.structs.replace(worked.images[0], cached=True)


async def test_an_image_without_work_is_not_looked_up(engine: Make) -> None:
    running = engine(shelving, cache=KEPT)
    assert running.cache
    await run(running, prompt="rest")
    (shelf,) = running.cache._caches
    assert isinstance(shelf, shelving.Shelf)
    assert shelf.held == {}


async def test_requests_at_the_same_time_work_once(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[object] = []
    work = Imaging._run

    async def counted(*asked: Any) -> Any:
        worked.append(asked)
        return await work(*asked)

    monkeypatch.setattr(Imaging, "_run", counted)
    running = engine(shelving, cache=KEPT)
    answers = await asyncio.gather(*(run(running) for _ in range(5)))
    assert [sent["image"] for sent, _ in answers] == [HALF] * 5
    assert len(worked) == 1


async def test_a_fetched_image_is_kept_by_its_bytes(
    engine: Make, remote: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = engine(shelving, cache=KEPT, fetch=Fetch(images="always"))
    await run(running, image=ADDRESS)
    await asyncio.sleep(0)
    monkeypatch.delattr(lab.Act, "apply")
    sent, report = await run(running, image=ADDRESS)
    assert (sent["image"], report.images[0].cached) == (HALF, True)


async def test_without_a_cache_nothing_is_hashed(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("token0.imaging.digest")
    sent, _ = await run(engine())
    assert sent["image"] == HALF


async def test_every_eighth_image_is_worked_on_without_the_one_before(
    engine: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: list[bool] = []
    monkeypatch.setattr(lab.Act, "compares", True)
    monkeypatch.setattr(lab.Act, "plan", lambda _, image, ctx: alone.append(ctx.previous is None))
    running = engine()
    parts = tuple(ImagePart(path=("images", i), base64=BIG) for i in range(18))
    request, route = Request(body=b"", document={}, model="lab", parts=parts), await running.router.route("lab")
    await running.images(request, route, running.report("lab", request, route))
    assert [i for i, first in enumerate(alone) if first] == [0, 8, 16]


async def test_steps_over_all_images_know_what_the_model_costs(engine: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    prices: list[Price | None] = []

    def plan(self: object, images: Any, ctx: Context) -> list[Any]:
        prices.append(ctx.price)
        return []

    monkeypatch.setattr(joining.Together, "plan", plan)
    steps = plugin("steps", token0_register_conversation_optimizers=lambda: [joining.Together])
    await run(engine(steps, conversation=(Step("together", NoConfig()),), prices={"lab": Price(input=2.0)}))
    assert prices == [Price(input=2.0)]
