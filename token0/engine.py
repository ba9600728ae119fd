"""The library behind the gateway: a request body in, a cheaper body and a report out. Works without a server."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from token0 import config as configuration
from token0 import plugins
from token0.answers import Answers
from token0.aside import aside
from token0.config import Config
from token0.documents import text_tokens
from token0.errors import PluginError
from token0.imaging import Imaging
from token0.keys import fingerprint
from token0.layers import Layers, layered
from token0.lookalikes import Lookalikes
from token0.report import Report
from token0.routing import Route, Router
from token0.rules import find_price
from token0.selection import Selecting
from token0.splice import splice
from token0.types import Content, Request
from token0.wire import Dialect, Endpoint, Provider, Translator

log = logging.getLogger(__name__)

_LARGE = 1024 * 1024
"""Walking more bytes of small values would hold the loop."""


class Engine:
    """Frozen after it was built; a new configuration makes a new engine.

    in_process runs the pipeline in threads of this process instead of limited worker processes: for command lines and
    tests with trusted images.
    """

    def __init__(self, config: Config, registry: plugins.Registry, *, in_process: bool = False) -> None:
        self.config = config
        self.registry = registry
        self.dialects: Mapping[str, Dialect] = MappingProxyType(
            {name: dialect() for name, dialect in registry.dialects.items()}
        )
        self.providers: Mapping[str, Provider] = MappingProxyType(
            {name: provider(config.providers[name]) for name, provider in registry.providers.items()}
        )
        self.translators: Mapping[tuple[str, str], Translator] = MappingProxyType(_translators(registry))
        self.router = Router(self.providers, config.routing.aliases, config.routing.default_provider)
        self._prices = {name: table() for name, table in registry.price_tables.items()}
        self.cache: Layers | None = layered(config.cache, registry)
        self._selecting = Selecting(config, registry, self.providers, self._prices)
        self._imaging = Imaging(config, registry, self.cache, in_process=in_process)
        self.answers = self._answers(self.cache) if self.cache and config.cache.answers != "never" else None

    @classmethod
    def from_file(cls, path: str | None = None, *, in_process: bool = False) -> Engine:
        """An engine of all installed plugins, configured by the YAML at `path`. Raises `ConfigError`, `PluginError`."""
        registry = plugins.load()
        config = configuration.load(path, registry) if path else configuration.default(registry)
        return cls(config, registry, in_process=in_process)

    async def optimize(
        self, body: bytes, dialect: str, model: str | None = None, *, path: str | None = None
    ) -> tuple[bytes, Report]:
        """Make the images of `body` cheap; return what to send and what was done.

        dialect is a name as `openai-chat`; model is routed and need only be given where the body does not name one;
        path tells dialects with several doors which one (default: the dialect's own). Raises `PublicError`.
        """
        speaker = self.dialects[dialect]
        request = speaker.read(body, Endpoint(kind="generate", path=path or "", model=model))
        route = self.select(request, await self.router.route(model or request.model))
        report = self.report(dialect, request, route)
        return await self.prepare(speaker, request, route, report), report

    def select(self, request: Request, route: Route) -> Route:
        """The route, with another model of its provider where the operator's selector names one for this request."""
        return self._selecting.route(request, route)

    def report(self, dialect: str, request: Request, route: Route, request_id: str | None = None) -> Report:
        """The report that this request starts with."""
        return Report(
            request_id=request_id or uuid.uuid4().hex,
            dialect=dialect,
            provider=route.provider.name,
            model=route.model,
            model_requested=route.instead_of,
            stream=request.stream,
            text_tokens=text_tokens(request),
            price=find_price(self.config.prices, self._prices, route.provider.name, route.model),
            warnings=[*request.options.warnings, *self._selecting.warnings(request, route), *self._cacheless(request)],
        )

    def _answers(self, layers: Layers) -> Answers:
        config, step = self.config, self.config.cache.matcher
        lookalikes = Lookalikes(config, step, self.registry, self._imaging.workers, layers) if step else None
        return Answers(config.cache, layers, fingerprint(config), lookalikes)

    def _cacheless(self, request: Request) -> list[str]:
        """What the report says to a client that wants its answer kept where none is."""
        return ["token0_enable_cache: no answers are kept here"] if request.options.cache and not self.answers else []

    async def prepare(
        self, dialect: Dialect, request: Request, route: Route, report: Report, *, refused: bool = False
    ) -> bytes:
        """Optimize the images of a read request, fill `report.images`, return the body to send.

        `refused` tells the steps that the provider did not take an image of what they made before. Without images to
        change and without edits of the dialect, that is the very object that came in.
        """
        edits = list(request.edits)
        if request.model != route.model:
            edits += dialect.edits_model(request, route.model)
        if request.parts and request.options.optimize:
            started = time.perf_counter()
            changes = await self.images(request, route, report, refused=refused)
            report.lap("optimize", started)
            # What a dialect may write depends on the model that will read it.
            edits += dialect.edits(msgspec.structs.replace(request, model=route.model), changes)
        if request.stream and (report.recorded or (report.changed and request.options.report)):
            edits += dialect.asks_usage(request)
        if not edits:
            return request.body
        return await aside(len(request.body), _LARGE, splice, request.body, edits)

    async def images(
        self, request: Request, route: Route, report: Report, *, refused: bool = False
    ) -> dict[int, Sequence[Content]]:
        """Run the pipeline over every image of `request` and fill `report.images`; return what changed, by part."""
        return await self._imaging.images(request, route, report, refused=refused)

    def startup(self) -> None:
        """Tell the plugins that the engine is ready. Raises `PluginError` naming the one that fails."""
        for name, call in self.registry.each("token0_startup", engine=self):
            try:
                call()
            except Exception as error:
                raise PluginError(f"plugin {name} failed to start: {error!r}") from error

    def done(self, report: Report) -> None:
        """Hand a complete report to every observer; a failing one costs nothing."""
        for name, call in self.registry.each("token0_request_done", report=report):
            try:
                call()
            except Exception:
                log.exception("observer %s failed", name)

    async def close(self) -> None:
        """End workers and connections."""
        for name, call in self.registry.each("token0_shutdown", engine=self):
            try:
                call()
            except Exception:
                log.exception("plugin %s failed to shut down", name)
        if self.answers:
            await self.answers.close()
        await self._imaging.close()
        for provider in self.providers.values():
            await provider.close()
        if self.cache:
            await self.cache.close()


def _translators(registry: plugins.Registry) -> dict[tuple[str, str], Translator]:
    """The translators by what they lead from and to. Raises `PluginError` when two lead the same way."""
    found: dict[tuple[str, str], Translator] = {}
    for name, translator in registry.translators.items():
        way = (translator.source, translator.target)
        if way in found:
            raise PluginError(f"{found[way].name} and {name} both translate {way[0]} to {way[1]}")
        found[way] = translator()
    return found
