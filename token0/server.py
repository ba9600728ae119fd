"""Runs the gateway: one process, or several that share a port.

SIGTERM lets running streams finish; SIGHUP reads the configuration again and keeps the old one when the new is wrong.
"""

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
from aiohttp.http_exceptions import HttpProcessingError

from token0.config import Config
from token0.engine import Engine
from token0.errors import Token0Error
from token0.gateway import Gateway
from token0.plugins import Registry

log = logging.getLogger(__name__)

# malloc.h
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_STOPPING = (signal.SIGTERM, signal.SIGINT)
_HANDLED = (*_STOPPING, signal.SIGHUP)
_NOT_STARTED = 3


class Source:
    """Where engines come from: the installed plugins, and a configuration that can be read again."""

    def __init__(self, read: Callable[[], Config], registry: Registry) -> None:
        """Reads the configuration. Raises `ConfigError`, `OSError`."""
        self._read = read
        self._registry = registry
        self.config = read()

    def engine(self) -> Engine:
        """A new engine. Raises whatever a plugin raises that cannot live with its settings."""
        return Engine(self.config, self._registry)

    def again(self) -> Source:
        """The same with the configuration as it is now. Raises like the constructor."""
        return Source(self._read, self._registry)


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


def runner_of(gateway: Gateway, shutdown_seconds: float | None = None) -> web.AppRunner:
    """A gateway that is ready to be set up, with the settings of HTTP that it counts on."""
    logging.getLogger("aiohttp.server").addFilter(_unquoted)
    seconds = gateway.engine.config.server.shutdown_seconds if shutdown_seconds is None else shutdown_seconds
    return web.AppRunner(
        gateway.application(),
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


def _unquoted(record: logging.LogRecord) -> bool:
    """One line about what is no HTTP: aiohttp quotes the header or URL that it could not read, with the key in it."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}", ()
        record.exc_info = None
    return True


async def serve(source: Source, sock: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT; then take no new connections and wait for running answers."""
    keep_large_blocks()
    engine = source.engine()
    gateway = Gateway(engine)
    runner = runner_of(gateway)
    await runner.setup()
    engine.startup()
    await web.SockSite(runner, sock).start()
    stopped, hangup = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stopped.set)
    loop.add_signal_handler(signal.SIGHUP, hangup.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)
    reloading = asyncio.create_task(_reload_at(hangup, gateway, source))
    ready()
    await stopped.wait()
    reloading.cancel()
    log.info("stopping: running answers have %g s to finish", engine.config.server.shutdown_seconds)
    await runner.cleanup()
    await gateway.close()


async def _reload_at(hangup: asyncio.Event, gateway: Gateway, source: Source) -> None:
    """Swap the gateway's engine at each hangup. One at a time: of those that come meanwhile the last one counts."""
    while True:
        await hangup.wait()
        hangup.clear()
        engine = None
        try:
            engine = await asyncio.to_thread(lambda: source.again().engine())
            engine.startup()
        except Exception as error:
            _log_kept(error)
            if engine:
                await _abandon(engine)
            continue
        gateway.swap(engine)
        log.info("the configuration was read again")


async def _abandon(engine: Engine) -> None:
    """Close an engine that could not start; that it fails in this too is no news."""
    with contextlib.suppress(Exception):
        await engine.close()


def _log_kept(error: Exception) -> None:
    """Say why the configuration stays as it is; a plugin's own exception with where it came from."""
    why = "".join(f"\n  {line}" for line in (str(error) or repr(error)).splitlines())
    log.error("the configuration stays as it was:%s", why, exc_info=None if _is_expected(error) else error)


def _is_expected(error: Exception) -> bool:
    """True where the message alone tells what to do."""
    return isinstance(error, Token0Error | OSError)


def prefork(source: Source, sock: socket.socket, processes: int) -> int:
    """Serve with several processes on one socket; a process that dies is replaced.

    Returns the exit code: 1 when a process could not start, for then another one could not either.
    """
    children: set[int] = set()
    stopping = failed = False

    def tell(number: int) -> None:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)

    def stop(number: int, _: object) -> None:
        nonlocal stopping
        stopping = True
        # Held open here, it would let new clients queue for processes that take none.
        sock.close()
        tell(number)

    def reload(number: int, _: object) -> None:
        nonlocal source
        try:
            # Here too: processes that take the place of others begin with it.
            newer = source.again()
            newer.engine()
        except Exception as error:
            _log_kept(error)
        else:
            source = newer
            tell(number)

    for number in _STOPPING:
        signal.signal(number, stop)
    signal.signal(signal.SIGHUP, reload)
    while True:
        # In between, a signal would miss the new child, or reach it while it still has its parent's handler.
        signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
        while len(children) < processes and not stopping:
            children.add(_fork(source, sock))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)
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


def _fork(source: Source, sock: socket.socket) -> int:
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
        # A hangup waits until there is something to swap.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        asyncio.run(serve(source, sock, ready))
        status = 0
    except Exception as error:
        log.error("server process %d failed: %s", os.getpid(), error, exc_info=None if _is_expected(error) else error)
    finally:
        os._exit(status)
