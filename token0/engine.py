"""The library behind the gateway: a request body in, a cheaper body and a report out. Works without a server."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec
import pybase64

from token0 import config as configuration
from token0 import plugins
from token0.config import Config
from token0.coordinates import in_prompt
from token0.errors import BadRequest, PluginError, PublicError, WorkerError, dotted
from token0.fetch import Fetcher, FetchError
from token0.images import UNKNOWN, Unopened, corrections, open_part
from token0.interfaces import Context, Dialect, Endpoint, Optimizer, Provider, Translator
from token0.pipeline import Outcome, look, run, shape
from token0.report import ImageReport, Report, Shape, StepReport
from token0.routing import Route, Router
from token0.rules import find_counter, find_price
from token0.sniff import MEDIA_TYPES
from token0.splice import splice
from token0.types import Content, Image, ImagePart, Request
from token0.workers import Task, Workers

log = logging.getLogger(__name__)


_LARGE = 1024 * 1024


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
        self._steps: Sequence[Optimizer] = [registry.optimizers[step.use](step.config) for step in config.pipeline]
        self._workers = None if in_process else Workers(config)
        self._fetcher = None if config.fetch.images == "never" else Fetcher(config.fetch)

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
        route = await self.router.route(model or request.model)
        report = self.report(dialect, request, route)
        return await self.prepare(speaker, request, route, report), report

    def report(self, dialect: str, request: Request, route: Route, request_id: str | None = None) -> Report:
        """The report that this request starts with."""
        images = sum(len(part.base64 or "") for part in request.parts)
        return Report(
            request_id=request_id or uuid.uuid4().hex,
            dialect=dialect,
            provider=route.provider.name,
            model=route.model,
            stream=request.stream,
            # Four bytes a token over the whole JSON but the images: an estimate, and called one.
            text_tokens=(len(request.body) - images) // 4,
            price=find_price(self.config.prices, self._prices, route.provider.name, route.model),
            warnings=list(request.options.warnings),
        )

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
            if report.changed and request.stream and request.options.report:
                edits += dialect.asks_usage(request)
        if not edits:
            return request.body
        if len(request.body) > _LARGE:
            # Walking megabytes of small values would hold the loop.
            return await asyncio.to_thread(splice, request.body, edits)
        return splice(request.body, edits)

    async def images(
        self, request: Request, route: Route, report: Report, *, refused: bool = False
    ) -> dict[int, Sequence[Content]]:
        """Run the pipeline over every image of `request` and fill `report.images`; return what changed, by part."""
        counter = find_counter(self.registry, route.provider.name, route.model)
        if counter is None:
            report.warnings.append(f"no image-token rule for the model {route.model}: images are sent as they came")
        elif counter.assumed:
            report.warnings.append(f"the image-token rule of {route.model} is not published: a relative's is used")
        contexts = {
            prompt: Context(
                model=route.model,
                counter=counter,
                quality=self.config.quality,
                prompt=prompt,
                coordinates=request.coordinates or in_prompt(prompt),
                limits=route.provider.limits,
                images=sum(part.media_type != MEDIA_TYPES["pdf"] for part in request.parts),
                refused=refused,
            )
            for prompt in {part.prompt for part in request.parts}
            if counter
        }
        results = await asyncio.gather(
            *(self._guarded(part, contexts.get(part.prompt), route, request) for part in request.parts)
        )
        report.images = tuple(result for result, _ in results)
        return {i: contents for i, (_, contents) in enumerate(results) if contents is not None}

    async def _guarded(
        self, part: ImagePart, ctx: Context | None, route: Route, request: Request
    ) -> tuple[ImageReport, Sequence[Content] | None]:
        """`_image`; a token rule or a dialect of a plugin that fails costs the saving, never the request."""
        try:
            return await self._image(part, ctx, route, request)
        except PublicError:
            raise
        except Exception as error:
            log.exception("image %s is sent as it came", dotted(part.path))
            note = f"sent as it came: {type(error).__name__}"
            return ImageReport(at=dotted(part.path), before=Shape(), after=Shape(), note=note), None

    async def _image(
        self, part: ImagePart, ctx: Context | None, route: Route, request: Request
    ) -> tuple[ImageReport, Sequence[Content] | None]:
        """The report of one image, and what to send in its place; None to send it as it came."""
        at = dotted(part.path)
        try:
            part, fetched = await self._fetched(part, route)
            original = open_part(part, self.config.workers.max_pixels)
        except (Unopened, FetchError) as reason:
            empty = Shape(bytes=len(part.base64 or "") * 3 // 4, detail=part.detail)
            return ImageReport(at=at, before=empty, after=empty, note=str(reason)), None
        known = original.format != UNKNOWN
        corrected = fetched + corrections(part, original, route.provider.limits) if known else ()
        if ctx is None:
            as_sent = shape([original], None)
            forced = any(step.applied for step in corrected)
            return ImageReport(at=at, before=as_sent, after=as_sent, steps=corrected), [original] if forced else None
        pictured = known and original.format != "pdf"
        image, overridden = _override(original, request.options.detail if pictured else None, ctx)
        outcome, note = await self._outcome(image, ctx, route, at)
        if outcome.unusable:
            raise BadRequest(f"The image cannot be used: {outcome.unusable}.", at=part.path, code="invalid_image")
        steps = corrected + overridden + outcome.steps
        before = shape([original], ctx, outcome.instead_of)
        changed = any(step.applied for step in steps)
        after = shape(outcome.contents, ctx) if changed else before
        note = note or (None if known or changed else "not a format known here")
        report = ImageReport(at=at, before=before, after=after, steps=steps, note=note)
        return report, outcome.contents if changed else None

    async def _outcome(self, image: Image, ctx: Context, route: Route, at: str) -> tuple[Outcome, str | None]:
        """What the pipeline makes of an image, and a note when it could not be run."""
        reasons = look(image, ctx, self._steps)
        if reasons is not None:
            return Outcome((image,), reasons), None
        try:
            return await self._run(image, ctx, route), None
        except WorkerError as error:
            log.warning("image %s is sent as it came: %s", at, error)
            return Outcome((image,)), f"sent as it came: {error}"

    async def _fetched(self, part: ImagePart, route: Route) -> tuple[ImagePart, tuple[StepReport, ...]]:
        """The part with its remote image, where the operator lets the gateway fetch it.

        Raises `BadRequest` for an image the provider cannot fetch either, else `FetchError`.
        """
        needed = not route.provider.fetches_images
        if part.url is None or not (self.config.fetch.images == "always" or (needed and self._fetcher)):
            return part, ()
        started = time.perf_counter()
        try:
            assert self._fetcher
            data = await self._fetcher.fetch(part.url)
        except FetchError as error:
            if needed:
                raise BadRequest(
                    f"The image cannot be used: {error}.", at=part.path, code="image_unreachable"
                ) from error
            raise
        ms = round((time.perf_counter() - started) * 1000, 2)
        why = f"{route.provider.name} takes no image addresses" if needed else "to look at it"
        step = StepReport(name="fetch", applied=needed, why=why, tokens_before=0, tokens_after=0, ms=ms)
        return msgspec.structs.replace(part, base64=pybase64.b64encode(data).decode()), (step,)

    async def _run(self, image: Image, ctx: Context, route: Route) -> Outcome:
        if self._workers is None:
            return await asyncio.to_thread(run, image, ctx, self._steps)
        return await self._workers.run(
            Task(
                image=image,
                provider=route.provider.name,
                model=route.model,
                quality=ctx.quality,
                prompt=ctx.prompt,
                coordinates=ctx.coordinates,
                limits=ctx.limits,
                images=ctx.images,
                refused=ctx.refused,
            )
        )

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
        if self._workers:
            await self._workers.close()
        if self._fetcher:
            await self._fetcher.close()
        for provider in self.providers.values():
            await provider.close()


def _override(image: Image, detail: str | None, ctx: Context) -> tuple[Image, tuple[StepReport, ...]]:
    """The image with the `detail` that the client demanded from the gateway; its own wish, so no price is asked."""
    if detail is None or detail == image.detail:
        return image, ()
    changed = msgspec.structs.replace(image, detail=detail)
    step = StepReport(
        name="detail_override",
        applied=True,
        why=f"the request asks for detail {detail}",
        tokens_before=ctx.tokens(image),
        tokens_after=ctx.tokens(changed),
        ms=0.0,
    )
    return changed, (step,)


def _translators(registry: plugins.Registry) -> dict[tuple[str, str], Translator]:
    """The translators by what they lead from and to. Raises `PluginError` when two lead the same way."""
    found: dict[tuple[str, str], Translator] = {}
    for name, translator in registry.translators.items():
        way = (translator.source, translator.target)
        if way in found:
            raise PluginError(f"{found[way].name} and {name} both translate {way[0]} to {way[1]}")
        found[way] = translator()
    return found
