"""Those who ask the same at the same time, of one gateway or of several: one call, and nobody waits in vain."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from fakes.asking import PICTURE, Client, client, completion, held, numbered, one, shared, until
from fakes.shelving import Shelf

from token0 import answers
from token0.testing import Upstream

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["one"]  # a fixture


async def test_twenty_requests_at_the_same_time_are_one_call(one: Client, upstream: Upstream) -> None:
    gate = held(upstream, numbered(upstream))
    asking = [asyncio.create_task(one.ask()) for _ in range(20)]
    await until(lambda: bool(upstream.received))
    await asyncio.sleep(0.05)
    gate.set()
    got = await asyncio.gather(*asking)
    assert len(upstream.received) == 1
    assert len({each.body for each in got}) == 1
    assert sorted(each.cache or "" for each in got) == ["hit"] * 19 + ["miss"]


async def test_requests_at_the_same_time_are_shared_within_a_tenant_only(one: Client, upstream: Upstream) -> None:
    gate = held(upstream, numbered(upstream))
    asking = [asyncio.create_task(one.ask(key=f"sk-{number % 2}")) for number in range(10)]
    await until(lambda: len(upstream.received) == 2)
    gate.set()
    await asyncio.gather(*asking)
    assert len(upstream.received) == 2


async def test_when_the_leader_leaves_another_takes_over(one: Client, upstream: Upstream) -> None:
    gate = held(upstream, numbered(upstream))
    leader = asyncio.create_task(one.ask())
    await until(lambda: len(upstream.received) == 1)
    others = [asyncio.create_task(one.ask()) for _ in range(5)]
    await asyncio.sleep(0.05)
    leader.cancel()
    await until(lambda: len(upstream.received) == 2)
    gate.set()
    got = await asyncio.gather(*others)
    assert (len(upstream.received), {each.status for each in got}) == (2, {200})


async def test_a_failure_of_the_leader_is_its_own(one: Client, upstream: Upstream) -> None:
    """The provider refuses the first call and answers the second one."""

    async def answer(_: web.Request) -> web.StreamResponse:
        if len(upstream.received) == 1:
            return web.json_response({"error": {"message": "busy"}}, status=500)
        return web.json_response(completion("yes"))

    gate = held(upstream, answer)
    asking = [asyncio.create_task(one.ask()) for _ in range(6)]
    await until(lambda: bool(upstream.received))
    await asyncio.sleep(0.05)
    gate.set()
    assert sorted(each.status for each in await asyncio.gather(*asking)) == [200] * 5 + [500]
    assert len(upstream.received) == 2


async def test_answers_that_cannot_be_shared_are_not_fetched_one_after_the_other(
    one: Client, upstream: Upstream
) -> None:
    waiting = 0

    async def refuse(_: web.Request) -> web.StreamResponse:
        nonlocal waiting
        waiting += 1
        return web.json_response({"error": {"message": "no"}}, status=400)

    gate = held(upstream, refuse)
    asking = [asyncio.create_task(one.ask()) for _ in range(8)]
    await until(lambda: bool(upstream.received))
    await asyncio.sleep(0.05)
    gate.set()
    assert {each.status for each in await asyncio.gather(*asking)} == {400}
    assert len(upstream.received) == 8


async def test_a_provider_that_cannot_be_reached_is_an_error_for_each(tmp_path: Path) -> None:
    async with client(tmp_path, "http://127.0.0.1:9") as lost:
        got = await asyncio.gather(*(lost.ask() for _ in range(4)))
    assert {each.status for each in got} == {502}


async def test_what_one_gateway_fetched_another_has(tmp_path: Path, upstream: Upstream) -> None:
    cache = shared()
    async with client(tmp_path, upstream.url, cache=cache) as one, client(tmp_path, upstream.url, cache=cache) as other:
        first, second = await one.ask(PICTURE), await other.ask(PICTURE)
    assert (first.cache, second.cache, len(upstream.received)) == ("miss", "hit", 1)


async def test_two_gateways_that_are_asked_the_same_at_the_same_time_make_one_call(
    tmp_path: Path, upstream: Upstream
) -> None:
    cache = shared()
    gate = held(upstream, numbered(upstream))
    async with client(tmp_path, upstream.url, cache=cache) as one, client(tmp_path, upstream.url, cache=cache) as other:
        asking = [asyncio.create_task(each.ask()) for each in (one, other, one, other)]
        await until(lambda: len(upstream.received) == 1)
        await asyncio.sleep(0.1)
        gate.set()
        got = await asyncio.gather(*asking)
    assert (len(upstream.received), sorted(each.cache or "" for each in got)) == (1, ["hit", "hit", "hit", "miss"])
    assert not Shelf.boards["common"][1]


async def test_a_gateway_takes_over_what_another_left(tmp_path: Path, upstream: Upstream) -> None:
    cache = shared()
    gate = held(upstream, numbered(upstream))
    async with client(tmp_path, upstream.url, cache=cache) as one, client(tmp_path, upstream.url, cache=cache) as other:
        leader = asyncio.create_task(one.ask())
        await until(lambda: len(upstream.received) == 1)
        waiting = asyncio.create_task(other.ask())
        await asyncio.sleep(0.05)
        leader.cancel()
        await until(lambda: len(upstream.received) == 2)
        gate.set()
        assert (await waiting).status == 200


async def test_a_claim_that_nobody_ends_is_waited_for_within_bounds(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "PATIENCE", 0.05)
    cache = shared()
    async with client(tmp_path, upstream.url, cache=cache) as one:
        await one.ask()
        held_answers, claims = Shelf.boards["common"]
        claims.update(held_answers)
        held_answers.clear()
        assert (await one.ask()).status == 200
        # It was another's, so it is another's to end.
        assert claims
    assert len(upstream.received) == 2


async def test_all_who_ask_for_a_kept_answer_at_the_same_time_get_it(
    one: Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one.ask()
    get = Shelf.get

    async def slowly(self: Shelf, key: str) -> bytes | None:
        await asyncio.sleep(0.05)
        return await get(self, key)

    monkeypatch.setattr(Shelf, "get", slowly)
    got = await asyncio.gather(*(one.ask() for _ in range(8)))
    assert ([each.cache for each in got], len(upstream.received)) == (["hit"] * 8, 1)


async def test_leaders_that_leave_one_after_the_other_do_not_scatter_those_who_wait(
    one: Client, upstream: Upstream
) -> None:
    gate = held(upstream, numbered(upstream))
    leaders = []
    for number in (1, 2):
        leaders.append(asyncio.create_task(one.ask()))
        await (until(lambda: bool(upstream.received)) if number == 1 else asyncio.sleep(0.05))
    others = [asyncio.create_task(one.ask()) for _ in range(4)]
    await asyncio.sleep(0.05)
    for number, leader in enumerate(leaders, start=2):
        leader.cancel()
        await until(lambda number=number: len(upstream.received) == number)  # type: ignore[misc]
    gate.set()
    assert {each.status for each in await asyncio.gather(*others)} == {200}
    assert len(upstream.received) == 3


async def test_an_answer_that_comes_between_the_look_and_the_claim_is_taken(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = shared()
    async with client(tmp_path, upstream.url, cache=cache) as one:
        await one.ask()
        kept, _ = Shelf.boards["common"]
        elsewhere = dict(kept)
        kept.clear()

        async def claim(self: Shelf, key: str, seconds: float) -> bool:
            kept.update(elsewhere)
            return True

        monkeypatch.setattr(Shelf, "claim", claim)
        assert (await one.ask()).cache == "hit"
