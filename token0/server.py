"""Runs the gateway: one process, or several that share a port; SIGTERM lets running streams finish."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import socket
from collections.abc import Callable

from aiohttp import web

from token0.engine import Engine
from token0.gateway import Gateway

log = logging.getLogger(__name__)

# malloc.h
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_STOPPING = (signal.SIGTERM, signal.SIGINT)
_NOT_STARTED = 3


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `OSError` when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


def keep_large_blocks() -> None:
    """Let glibc reuse the memory of large bodies: fresh pages for each cost more than all other work on them."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        for option in (_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD):
            libc.mallopt(option, 256 * 1024 * 1024)


def runner_of(engine: Engine, shutdown_seconds: float | None = None) -> web.AppRunner:
    """A gateway of `engine` that is ready to be set up, with the settings of HTTP that it counts on."""
    seconds = engine.config.server.shutdown_seconds if shutdown_seconds is None else shutdown_seconds
    return web.AppRunner(
        Gateway(engine).application(),
        handle_signals=False,
        # A client that left must not keep its provider generating, nor billing.
        handler_cancellation=True,
        # Relayed bodies stay as they are; `bodies.py` decodes the others, within a limit.
        auto_decompress=False,
        access_log=None,
        shutdown_timeout=seconds,
        max_line_size=32 * 1024,
        max_field_size=32 * 1024,
    )


async def serve(engine: Engine, sock: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT; then take no new connections and wait for running answers."""
    keep_large_blocks()
    runner = runner_of(engine)
    await runner.setup()
    engine.startup()
    await web.SockSite(runner, sock).start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stopped.set)
    ready()
    await stopped.wait()
    log.info("stopping: running answers have %g s to finish", engine.config.server.shutdown_seconds)
    await runner.cleanup()
    await engine.close()


def prefork(build: Callable[[], Engine], sock: socket.socket, processes: int) -> int:
    """Serve with several processes on one socket; a process that dies is replaced.

    Returns the exit code: 1 when a process could not start, for then another one could not either.
    """
    children: set[int] = set()
    stopping = failed = False

    def stop(number: int, _: object) -> None:
        nonlocal stopping
        stopping = True
        # Held open here, it would let new clients queue for processes that take none.
        sock.close()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)

    for number in _STOPPING:
        signal.signal(number, stop)
    while True:
        # In between, a signal would miss the new child, or reach it while it still has its parent's handler.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        while len(children) < processes and not stopping:
            children.add(_fork(build, sock))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        try:
            child, status = os.wait()
        except ChildProcessError:
            return 1 if failed else 0
        children.discard(child)
        if not stopping:
            log.warning("server process %d ended with status %d", child, os.waitstatus_to_exitcode(status))
            if os.waitstatus_to_exitcode(status) == _NOT_STARTED:
                failed = True
                stop(signal.SIGTERM, None)


def _fork(build: Callable[[], Engine], sock: socket.socket) -> int:
    child = os.fork()
    if child:
        return child
    status = _NOT_STARTED

    def ready() -> None:
        nonlocal status
        status = 1

    try:
        for number in _STOPPING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        asyncio.run(serve(build(), sock, ready))
        status = 0
    except Exception:
        log.exception("server process %d failed", os.getpid())
    finally:
        os._exit(status)
