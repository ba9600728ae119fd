"""The other end of `workers.py`: a process that folds images over the pipeline. Run as `python -m token0.worker`."""

from __future__ import annotations

import os
import resource
import signal
import sys
from typing import BinaryIO, TypeVar

import msgspec

from token0 import plugins
from token0.interfaces import Context, ConversationOptimizer, Matcher, Optimizer
from token0.joint import Joined, make
from token0.matching import Matched
from token0.matching import match as matched
from token0.pipeline import Outcome, run
from token0.rules import find_counter
from token0.workers import FRAME, JointTask, MatchTask, Setup, Task

_Step = TypeVar("_Step", Optimizer, ConversationOptimizer, Matcher)


def main() -> None:
    """Answer tasks from standard input until it closes."""
    source = sys.stdin.buffer
    # Ctrl-C reaches the whole group; the gateway ends its workers itself, when the last answer is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Libraries that print must not write into the frames.
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    setup = msgspec.msgpack.decode(_read(source) or b"", type=Setup)
    _limit(setup.memory_bytes)
    registry = plugins.load()
    steps = [_make(registry.optimizers[name], settings) for name, settings in setup.pipeline]
    joint = [_make(registry.conversation_optimizers[name], settings) for name, settings in setup.conversation]
    matcher = _make(registry.matchers[setup.matcher[0]], setup.matcher[1]) if setup.matcher else None
    while (frame := _read(source)) is not None:
        done: Outcome | Joined | Matched
        match msgspec.msgpack.decode(frame, type=Task | JointTask | MatchTask):
            case Task() as task:
                done = work(registry, steps, task)
            case JointTask() as task:
                done = join(registry, joint, task)
            case MatchTask(image=image, known=known):
                assert matcher
                done = matched(matcher, image, known)
        reply = msgspec.msgpack.encode(done)
        sink.write(FRAME.pack(len(reply)))
        sink.write(reply)
        sink.flush()


def work(registry: plugins.Registry, steps: list[Optimizer], task: Task) -> Outcome:
    """The outcome of one task."""
    counter = find_counter(registry, task.provider, task.model)
    if counter is None:
        return Outcome((task.image,))
    ctx = Context(
        model=task.model,
        counter=counter,
        quality=task.quality,
        prompt=task.prompt,
        previous=task.previous,
        coordinates=task.coordinates,
        limits=task.limits,
        refused=task.refused,
    )
    return run(task.image, ctx, steps)


def join(registry: plugins.Registry, steps: list[ConversationOptimizer], task: JointTask) -> Joined:
    """What a step over all images makes of the images of one joint."""
    counter = find_counter(registry, task.provider, task.model)
    if counter is None:
        return Joined(why="no image-token rule")
    ctx = Context(model=task.model, counter=counter, quality=task.quality, limits=task.limits)
    return make(steps[task.step], task.images, task.why, ctx)


def _make(kind: type[_Step], settings: bytes) -> _Step:
    return kind(msgspec.json.decode(settings, type=kind.Config))


def _limit(memory_bytes: int) -> None:
    """Bound private memory (RLIMIT_DATA: the address space that OpenCV reserves is far larger) and dump no core."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(source: BinaryIO) -> bytes | None:
    head = source.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    (length,) = FRAME.unpack(head)
    return source.read(length)


if __name__ == "__main__":
    main()
