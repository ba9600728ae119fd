"""Real servers on loopback, in a thread of their own, so that the blocking official clients can talk to them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from aiohttp import web

from token0 import config, plugins
from token0.engine import Engine
from token0.gateway import Gateway
from token0.server import runner_of


class Loop:
    """An event loop in a thread, with servers on it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._closing: list[Callable[[], Coroutine[Any, Any, None]]] = []

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def serve(self, app: web.Application) -> str:
        """Start `app` on a free port; returns its address."""
        return str(self.run(self._serve(app)))

    def gateway(self, path: str, *modules: Any) -> str:
        """Start a gateway with the YAML at `path`; returns its address. `modules` are plugins besides the installed."""

        async def start() -> str:
            engine = _engine(path, modules) if modules else Engine.from_file(path)
            self._closing.append(engine.close)
            engine.startup()
            return await self._start(runner_of(Gateway(engine), 0.2))

        return str(self.run(start()))

    async def _serve(self, app: web.Application) -> str:
        return await self._start(web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.2))

    async def _start(self, runner: web.AppRunner) -> str:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._closing.append(runner.cleanup)
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    def close(self) -> None:
        for close in reversed(self._closing):
            self.run(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def _engine(path: str, modules: tuple[Any, ...]) -> Engine:
    """Worker processes would not find plugins that are not installed."""
    registry = plugins.load(modules=modules)
    return Engine(config.load(path, registry), registry, in_process=True)


@pytest.fixture
def loop() -> Iterator[Loop]:
    """Start servers with `loop.serve(app)` and `loop.gateway(yaml_path)`."""
    running = Loop()
    yield running
    running.close()
