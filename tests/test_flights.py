"""token0.flights: one works, the others wait, and nobody waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from token0.flights import Flight, Flights
from token0.recording import Recording

ANSWER = Recording(content_type="application/json", stream=False, chunks=(b"{}",), created=0.0)


async def lead(flights: Flights, key: str = "k") -> Flight:
    flight = await flights.board(key)
    assert isinstance(flight, Flight)
    return flight


async def followers(flights: Flights, count: int) -> list[asyncio.Task[Flight | Recording | None]]:
    tasks = [asyncio.create_task(flights.board("k")) for _ in range(count)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)
    return tasks


async def test_followers_get_what_the_leader_brings() -> None:
    flights = Flights()
    leader = await lead(flights)
    waiting = await followers(flights, 3)
    leader.land(ANSWER)
    assert await asyncio.gather(*waiting) == [ANSWER] * 3


async def test_another_key_waits_for_nobody() -> None:
    flights = Flights()
    await lead(flights)
    await lead(flights, "other")


async def test_after_the_end_the_next_one_leads() -> None:
    flights = Flights()
    leader = await lead(flights)
    leader.land(ANSWER)
    flights.end("k", leader)
    await lead(flights)


async def test_whoever_comes_before_the_end_gets_the_answer_at_once() -> None:
    flights = Flights()
    (await lead(flights)).land(ANSWER)
    assert await flights.board("k") is ANSWER


async def taken_over(waiting: list[asyncio.Task[Flight | Recording | None]]) -> Flight:
    """The flight of the one that no longer waits, which leaves the list."""
    await asyncio.sleep(0.01)
    (taken,) = [task for task in waiting if task.done()]
    waiting.remove(taken)
    flight = taken.result()
    assert isinstance(flight, Flight)
    return flight


async def test_whenever_a_leader_leaves_one_takes_over_and_the_others_wait_for_that_one() -> None:
    flights = Flights()
    flight = await lead(flights)
    waiting = await followers(flights, 4)
    while waiting:
        flight.land(None, left=True)
        flight = await taken_over(waiting)


async def test_when_the_leader_fails_one_takes_over_and_when_that_fails_everybody_goes_alone() -> None:
    flights = Flights()
    first = await lead(flights)
    waiting = await followers(flights, 4)
    first.land(None)
    (await taken_over(waiting)).land(None)
    assert await asyncio.gather(*waiting) == [None] * 3


async def test_nobody_waits_longer_than_the_patience_lasts() -> None:
    flights = Flights()
    await lead(flights)
    assert await flights.board("k", patience=0.01) is None


async def test_a_follower_that_leaves_harms_nobody() -> None:
    flights = Flights()
    leader = await lead(flights)
    going, staying = await followers(flights, 2)
    going.cancel()
    leader.land(ANSWER)
    assert await staying is ANSWER
    with pytest.raises(asyncio.CancelledError):
        await going


def test_only_the_first_landing_counts() -> None:
    flight = Flight()
    flight.land(ANSWER)
    flight.land(None, left=True)
    assert (flight.recording, flight.left) == (ANSWER, False)
