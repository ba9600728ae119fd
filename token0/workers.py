"""Worker processes: bounded, with a deadline and a memory limit each. Untrusted image bytes are decoded only there.

Messages are MessagePack frames over a pipe, never pickles: a decoder that was taken over can return a wrong picture,
but cannot run code in the gateway. Workers start with the first image and see none of the gateway's environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import sys
from typing import TYPE_CHECKING, TypeVar

import msgspec

from token0.errors import WorkerError
from token0.joint import Joined
from token0.matching import Matched
from token0.pipeline import Outcome
from token0.types import Image, Limits, Placed, Quality

if TYPE_CHECKING:
    from token0.config import Config

FRAME = struct.Struct("<I")
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "TMPDIR", "LD_LIBRARY_PATH", "TESSDATA_PREFIX")
_ONE_THREAD = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS")

_PATIENCE = 6
"""Deadlines that an image may wait for a worker."""

_MAX_REPLY = 128 * 1024 * 1024
"""Bytes, beyond any image that a provider takes: what a worker sends is not trusted either."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told once: its limits and the pipeline, as names and encoded settings."""

    memory_bytes: int
    pipeline: tuple[tuple[str, bytes], ...]
    conversation: tuple[tuple[str, bytes], ...] = ()
    matcher: tuple[str, bytes] | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One image to fold over the pipeline. The token rule travels as names; the worker looks it up."""

    image: Image
    previous: Image | None = None
    provider: str
    model: str
    quality: Quality
    prompt: str
    coordinates: bool
    limits: Limits = Limits()
    refused: bool = False


class JointTask(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Images for the step of this number over all images, to make what its plan left open."""

    step: int
    images: tuple[Placed, ...]
    why: str
    provider: str
    model: str
    quality: Quality
    limits: Limits = Limits()


class MatchTask(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A picture for the matcher: to be sketched, or to be compared with one that is known."""

    image: Image
    known: Image | None = None


_Answer = TypeVar("_Answer", Outcome, Joined, Matched)


class Workers:
    """A pool of `token0.worker` processes. `run` may be called by any number of tasks."""

    def __init__(self, config: Config) -> None:
        pipeline, conversation = (
            tuple((step.use, msgspec.json.encode(step.config)) for step in steps)
            for steps in (config.pipeline, config.conversation)
        )
        step = config.cache.matcher
        setup = Setup(
            memory_bytes=config.workers.memory_bytes,
            pipeline=pipeline,
            conversation=conversation,
            matcher=(step.use, msgspec.json.encode(step.config)) if step else None,
        )
        self._setup = msgspec.msgpack.encode(setup)
        self._deadline = config.workers.deadline_seconds
        self._slots = asyncio.Semaphore(config.workers.processes)
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()

    async def run(self, task: Task) -> Outcome:
        """The outcome for one image. Raises `WorkerError` when the worker dies or the deadline passes.

        The deadline counts from when a worker has the image, so that a long queue changes no result; waiting for a
        worker has a limit of its own. A worker that is late, or whose caller went away, is killed: it may be stuck in a
        decoder.
        """
        return await self._answered(task, Outcome)

    async def join(self, task: JointTask) -> Joined:
        """What a step over all images makes; as `run`."""
        return await self._answered(task, Joined)

    async def match(self, task: MatchTask) -> Matched:
        """What the matcher says; as `run`."""
        return await self._answered(task, Matched)

    async def _answered(self, task: Task | JointTask | MatchTask, kind: type[_Answer]) -> _Answer:
        try:
            async with asyncio.timeout(self._deadline * _PATIENCE):
                await self._slots.acquire()
        except TimeoutError:
            raise WorkerError("all workers are busy") from None
        try:
            async with asyncio.timeout(self._deadline):
                return await self._asked(task, kind)
        except TimeoutError:
            raise WorkerError(f"no result within {self._deadline:g} s") from None
        finally:
            self._slots.release()

    async def _asked(self, task: Task | JointTask | MatchTask, kind: type[_Answer]) -> _Answer:
        # A killed one stays in the set until it has ended: `close` waits for it.
        self._all = {process for process in self._all if not process.ended}
        self._idle = [process for process in self._idle if not process.ended]
        process = self._idle.pop() if self._idle else await _Process.start(self._setup)
        self._all.add(process)
        try:
            answer = await process.ask(task, kind)
        except BaseException:
            process.kill()
            raise
        self._idle.append(process)
        return answer

    async def close(self) -> None:
        """End the workers, also those with an image in hand."""
        ending, self._all = self._all, set()
        self._idle.clear()
        for process in ending:
            process.kill()
        for process in ending:
            await process.gone()


class _Process:
    """One worker process and its pipe."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout

    @classmethod
    async def start(cls, setup: bytes) -> _Process:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment |= dict.fromkeys(_ONE_THREAD, "1")
        # -P: a module that lies in the working directory must not stand for an installed one.
        command = (sys.executable, "-P", "-m", "token0.worker")
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=environment)
        except OSError as error:
            raise WorkerError(f"no worker could be started: {error.strerror}") from error
        worker = cls(process)
        worker._write(setup)
        return worker

    async def ask(self, task: Task | JointTask | MatchTask, kind: type[_Answer]) -> _Answer:
        try:
            self._write(msgspec.msgpack.encode(task))
            await self._stdin.drain()
            (length,) = FRAME.unpack(await self._stdout.readexactly(FRAME.size))
            if length > _MAX_REPLY:
                raise WorkerError(f"the worker wants to send {length} bytes")
            reply = await self._stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            status = await self._process.wait()
            raise WorkerError(f"the worker ended with status {status}") from None
        try:
            return msgspec.msgpack.decode(reply, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise WorkerError("the worker sent something else than an outcome") from error

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    def _write(self, message: bytes) -> None:
        self._stdin.write(FRAME.pack(len(message)))
        self._stdin.write(message)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._stdin.close()

    async def gone(self) -> None:
        """Wait until the process has ended, so that nothing of it is left when the loop closes."""
        await self._process.wait()
