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
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    ready()
    await stopped.wait()
    log.info("stopping: running answers have %g s to finish", engine.config.server.shutdown_seconds)
    await runner.cleanup()
    await engine.close()


def prefork(build: Callable[[], Engine], sock: socket.socket, processes: int) -> int:
    """Serve with several processes on one socket; a process that dies is replaced. Returns the exit code."""
    children: set[int] = set()
    stopping = False

    def stop(number: int, _: object) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while True:
        while len(children) < processes and not stopping:
            children.add(_fork(build, sock))
        try:
            child, status = os.wait()
        except ChildProcessError:
            return 0
        children.discard(child)
        if not stopping:
            log.warning("server process %d ended with status %d", child, os.waitstatus_to_exitcode(status))
            if os.waitstatus_to_exitcode(status) == 3:
                # It could not start; another one could not either.
                stop(signal.SIGTERM, None)


def _fork(build: Callable[[], Engine], sock: socket.socket) -> int:
    child = os.fork()
    if child:
        return child
    status = 3
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        engine = build()
        status = 1
        asyncio.run(serve(engine, sock))
        status = 0
    except Exception:
        log.exception("server process %d failed", os.getpid())
    finally:
        os._exit(status)
