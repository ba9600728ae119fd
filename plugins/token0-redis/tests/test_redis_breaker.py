"""token0_redis.breaker: what has failed a few times is left alone for a while."""

from __future__ import annotations

import pytest

from token0_redis import breaker as module
from token0_redis.breaker import PAUSE_SECONDS, Breaker


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def broken() -> Breaker:
    breaker = Breaker()
    for _ in range(3):
        assert not breaker.is_open
        breaker.failed()
    assert breaker.is_open
    return breaker


def test_a_few_failures_stop_nothing(clock: Clock) -> None:
    breaker = Breaker()
    breaker.failed()
    breaker.failed()
    assert breaker.lets_through()


def test_only_failures_in_a_row_count(clock: Clock) -> None:
    breaker = Breaker()
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.worked()
    assert breaker.lets_through()


def test_after_several_in_a_row_nobody_asks(clock: Clock) -> None:
    assert not broken().lets_through()


def test_after_a_pause_one_asks(clock: Clock) -> None:
    breaker = broken()
    clock.now += PAUSE_SECONDS
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]


def test_one_that_fails_after_the_pause_means_another_pause(clock: Clock) -> None:
    breaker = broken()
    clock.now += PAUSE_SECONDS
    breaker.lets_through()
    breaker.failed()
    clock.now += PAUSE_SECONDS - 1
    assert not breaker.lets_through()


def test_one_that_works_after_the_pause_ends_it(clock: Clock) -> None:
    breaker = broken()
    clock.now += PAUSE_SECONDS
    breaker.lets_through()
    breaker.worked()
    assert not breaker.is_open
    assert [breaker.lets_through() for _ in range(3)] == [True, True, True]
