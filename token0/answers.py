"""The answer cache of an engine: one request, one answer, paid for once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple

from token0 import keeping, keys
from token0.aside import aside
from token0.flights import PATIENCE, Flight, Flights
from token0.recording import Recorder, Recording, Told
from token0.report import CacheReport, Report
from token0.types import Request, Usage

if TYPE_CHECKING:
    from aiohttp import web
    from multidict import CIMultiDictProxy

    from token0.config import CacheConfig
    from token0.layers import Layers
    from token0.lookalikes import Known, Lookalikes
    from token0.routing import Route
    from token0.wire import Dialect, Endpoint

log = logging.getLogger(__name__)

_LARGE = 64 * 1024
"""Bytes that hold the event loop for a millisecond or two where they are many small values."""

_ELSEWHERE = "an image of it was seen before in another encoding"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5


class Asked(NamedTuple):
    """A request with all that its answer depends on."""

    request: Request
    dialect: Dialect
    endpoint: Endpoint
    route: Route
    headers: CIMultiDictProxy[str]


class Turn:
    """One request before the cache: `answer` is what was kept; without it, `recorder` takes down what comes now."""

    def __init__(self, answer: Told | None = None, recorder: Recorder | None = None) -> None:
        self.answer = answer
        self.recorder = recorder
        self._response: web.StreamResponse | None = None

    def done(self, response: web.StreamResponse) -> None:
        """The answer was relayed to its end."""
        self._response = response

    def recording(self, report: Report) -> Recording | None:
        """What there is to keep."""
        return self.recorder.recording(self._response, report) if self.recorder and self._response else None


class _Seat:
    """What a request holds while others wait for it: its flight, and the claim on the work."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.flight: Flight | None = None
        self.claimed = False


class Answers:
    """Looks up, records, and lets requests for the same answer share one call."""

    def __init__(
        self, settings: CacheConfig, layers: Layers, fingerprint: bytes, lookalikes: Lookalikes | None = None
    ) -> None:
        self._settings = settings
        self._layers = layers
        self._fingerprint = fingerprint
        self._lookalikes = lookalikes
        self._flights = Flights()
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def turn(self, asked: Asked, report: Report) -> AsyncIterator[Turn]:
        """Wait while another request fetches the same answer. What is relayed to its end is kept afterwards."""
        started = time.perf_counter()
        wish = keeping.wish(self._settings, asked.request, asked.dialect, asked.headers)
        key, why = (None, wish.why) if wish.status == "off" else await self._key(asked)
        if key is None:
            report.cache = CacheReport(status="off", why=why)
            yield Turn()
            return
        report.cache = CacheReport(status="refresh" if wish.status == "refresh" else "miss")
        seat, turn, left = _Seat(key), Turn(recorder=Recorder(self._settings.max_answer_bytes)), False
        try:
            recording = await self._look(seat) if wish.status == "on" else None
            if recording and (answer := await self._told(recording, asked)):
                _tell(report, recording, why)
                turn = Turn(answer)
            report.lap("cache", started)
            yield turn
        except (asyncio.CancelledError, ConnectionError):
            left = True
            raise
        finally:
            task = asyncio.create_task(self._leave(seat, turn, asked, report, left=left))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait until all is kept."""
        await asyncio.gather(*self._tasks)

    async def _key(self, asked: Asked) -> tuple[str | None, str | None]:
        """The key of the answer and what there is to say about it, or why there is none."""
        size = len(asked.request.body)
        try:
            known: dict[int, Known] = {}
            # Asked first here: recognising takes longest of all.
            if self._lookalikes and not await aside(size, _LARGE, keeping.beyond, asked.request, asked.route.model):
                known = await self._lookalikes.known(asked.request.parts, keys.caller(asked.headers.items()))
            pictures = {i: each.picture for i, each in known.items()}
            key = await aside(size, _LARGE, self._identify, asked, pictures)
            return key, _ELSEWHERE if any(each.elsewhere for each in known.values()) else None
        except keys.Unkeyed as reason:
            return None, str(reason)
        except Exception as error:
            log.exception("a request goes without the cache")
            return None, f"failed: {type(error).__name__}"

    def _identify(self, asked: Asked, pictures: dict[int, bytes]) -> str:
        request, dialect = asked.request, asked.dialect
        if why := keeping.beyond(request, asked.route.model):
            raise keys.Unkeyed(why)
        place, headers = dialect.place(asked.endpoint, request), asked.headers.items()
        return keys.answer_key(request, asked.route, dialect.name, place, headers, self._fingerprint, pictures)

    async def _look(self, seat: _Seat) -> Recording | None:
        """The answer that was kept, or that another request has just fetched; without it, the seat is taken."""
        boarded = await self._flights.board(seat.key)
        if isinstance(boarded, Recording):
            return boarded
        seat.flight = boarded
        if boarded is None:
            return None
        recording = await self._find(seat.key) or await self._claim(seat)
        if recording:
            boarded.land(recording)
        return recording

    async def _find(self, key: str) -> Recording | None:
        held = await self._layers.get(key)
        recording = await aside(len(held), _LARGE, Recording.unpack, key, held) if held else None
        return recording if recording and recording.age < self._settings.answer_seconds else None

    async def _claim(self, seat: _Seat) -> Recording | None:
        """Claim the work among all processes. The answer, where another has it meanwhile."""
        deadline = time.monotonic() + PATIENCE
        pause = _FIRST_PAUSE
        while True:
            # Until it is known: whoever leaves meanwhile lets go of what it may have claimed.
            seat.claimed = True
            seat.claimed = await self._layers.claim(seat.key, PATIENCE)
            if seat.claimed or time.monotonic() > deadline:
                break
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            if recording := await self._find(seat.key):
                return recording
        # It may have come between the look and the claim.
        return await self._find(seat.key)

    async def _told(self, recording: Recording, asked: Asked) -> Told | None:
        try:
            return await aside(recording.size, _LARGE, recording.told, asked.dialect, asked.request)
        except Exception:
            log.exception("a recorded answer could not be told again")
            return None

    async def _leave(self, seat: _Seat, turn: Turn, asked: Asked, report: Report, *, left: bool) -> None:
        """Keep what is worth keeping, and let go of those who wait for it."""
        try:
            if recording := turn.recording(report):
                await self._keep(seat, recording, asked.dialect)
        except Exception:
            log.exception("an answer was not kept")
        finally:
            if seat.flight:
                seat.flight.land(None, left=left)
                self._flights.end(seat.key, seat.flight)
            if seat.claimed:
                await self._layers.release(seat.key)

    async def _keep(self, seat: _Seat, recording: Recording, dialect: Dialect) -> None:
        if not await aside(recording.size, _LARGE, recording.is_complete, dialect):
            return
        if seat.flight:
            seat.flight.land(recording)
        packed = await aside(recording.size, _LARGE, recording.pack, seat.key)
        await self._layers.put(seat.key, packed, self._settings.answer_seconds)


def _tell(report: Report, recording: Recording, why: str | None) -> None:
    """A hit bills nothing; what was saved on images is what was saved when they were sent."""
    report.cache = CacheReport(status="hit", age_seconds=int(recording.age), unbilled=recording.usage, why=why)
    report.usage = Usage(input_tokens=0)
    report.images = recording.images
    report.warnings += [each for each in recording.warnings if each not in report.warnings]
