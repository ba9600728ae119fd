"""All images of a request: fetched where allowed, labelled right, taken through the pipeline, and reported."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

import msgspec
import pybase64

from token0 import plugins
from token0.aside import aside
from token0.config import Config
from token0.conversation import Conversation, Done
from token0.coordinates import in_prompt
from token0.errors import BadRequest, PublicError, WorkerError, dotted
from token0.fetch import Fetcher, FetchError
from token0.finished import Finished
from token0.images import UNKNOWN, Unopened, corrections, digest, is_hashed, open_part
from token0.interfaces import Context, Optimizer, TokenCounter
from token0.layers import Layers
from token0.pipeline import Outcome, look, run, shape
from token0.report import ImageReport, Report, Shape, StepReport
from token0.routing import Route
from token0.rules import find_counter
from token0.sticky import Decision, Place, Sticky, places
from token0.types import Content, Image, ImagePart, Request, Text
from token0.workers import Task, Workers

log = logging.getLogger(__name__)

CHAIN = 8
"""So many images may lean each on the one before; then one stands alone, so that those before it can be left out."""

_LARGE = 1536 * 1024
"""Bytes that would hold the event loop for a millisecond: they are hashed in a thread."""


class Imaging:
    """The part of an engine that has to do with images. in_process: see `Engine`."""

    def __init__(self, config: Config, registry: plugins.Registry, cache: Layers | None, *, in_process: bool) -> None:
        self._config = config
        self._registry = registry
        self._steps: Sequence[Optimizer] = [registry.optimizers[step.use](step.config) for step in config.pipeline]
        self._workers = None if in_process else Workers(config)
        self._compares = any(step.compares for step in self._steps)
        joint = [registry.conversation_optimizers[step.use](step.config) for step in config.conversation]
        self._conversation = Conversation(joint, self._workers)
        self._fetcher = None if config.fetch.images == "never" else Fetcher(config.fetch)
        self._finished = Finished(cache, config, registry, self._steps) if cache else None
        self._sticky = Sticky(cache, self._finished, config.cache.image_seconds) if cache and self._finished else None

    @property
    def workers(self) -> Workers | None:
        """The pool; None where all is done in threads."""
        return self._workers

    async def images(
        self, request: Request, route: Route, report: Report, *, refused: bool = False
    ) -> dict[int, Sequence[Content]]:
        """Run the pipeline over every image of `request` and fill `report.images`; return what changed, by part."""
        counter = find_counter(self._registry, route.provider.name, route.model)
        if counter is None:
            report.warnings.append(f"no image-token rule for the model {route.model}: images are sent as they came")
        elif counter.assumed:
            report.warnings.append(f"the image-token rule of {route.model} is not published: a relative's is used")
        ctx = self._context(request, route, counter, refused=refused) if counter else None
        contexts = self._contexts(request, ctx)
        found: list[Place | None] = [None] * len(request.parts)
        if ctx and self._sticky:
            found = await aside(len(request.body), _LARGE, places, request, route, report.dialect)
        done: Sequence[Done] = await asyncio.gather(
            *(
                self._guarded(part, own, route, request, place, self._previous(request, i))
                for i, (part, own, place) in enumerate(zip(request.parts, contexts, found, strict=True))
            )
        )
        if ctx:
            ctx = msgspec.structs.replace(ctx, price=report.price)
            done = await self._conversation.run(done, request, ctx, route.provider.name)
        report.images = tuple(each.report for each in done)
        return {i: each.contents for i, each in enumerate(done) if each.contents is not None}

    def _context(self, request: Request, route: Route, counter: TokenCounter, *, refused: bool) -> Context:
        return Context(
            model=route.model,
            counter=counter,
            quality=self._config.quality,
            limits=route.provider.limits,
            refused=refused,
        )

    def _contexts(self, request: Request, ctx: Context | None) -> list[Context | None]:
        """For each image what its steps may know."""
        prompts = {part.prompt for part in request.parts}
        asked = {prompt: request.coordinates or in_prompt(prompt) for prompt in prompts}
        return [
            ctx and msgspec.structs.replace(ctx, prompt=part.prompt, coordinates=asked[part.prompt])
            for part in request.parts
        ]

    def _previous(self, request: Request, i: int) -> ImagePart | None:
        """The image before, where a step compares; at the start of a chain there is none."""
        return request.parts[i - 1] if i % CHAIN and self._compares else None

    async def _guarded(
        self,
        part: ImagePart,
        ctx: Context | None,
        route: Route,
        request: Request,
        place: Place | None,
        previous: ImagePart | None,
    ) -> Done:
        """`_image`; a token rule or a dialect of a plugin that fails costs the saving, never the request."""
        try:
            return await self._image(part, ctx, route, request, place, previous)
        except PublicError:
            raise
        except Exception as error:
            log.exception("image %s is sent as it came", dotted(part.path))
            note = f"sent as it came: {type(error).__name__}"
            return Done(report=ImageReport(at=dotted(part.path), before=Shape(), after=Shape(), note=note))

    async def _image(
        self,
        part: ImagePart,
        ctx: Context | None,
        route: Route,
        request: Request,
        place: Place | None,
        previous: ImagePart | None,
    ) -> Done:
        """One image after the pipeline."""
        at = dotted(part.path)
        try:
            part, fetched = await self._fetched(part, route)
            original = open_part(part, self._config.workers.max_pixels)
        except (Unopened, FetchError) as reason:
            empty = Shape(bytes=len(part.base64 or "") * 3 // 4, detail=part.detail)
            return Done(report=ImageReport(at=at, before=empty, after=empty, note=str(reason)))
        known = original.format != UNKNOWN
        corrected = fetched + corrections(part, original, route.provider.limits) if known else ()
        if ctx is None:
            as_sent = shape([original], None)
            forced = any(step.applied for step in corrected)
            report = ImageReport(at=at, before=as_sent, after=as_sent, steps=corrected)
            return Done(report=report, contents=[original] if forced else None)
        pictured = known and original.format != "pdf"
        image, overridden = _override(original, request.options.detail if pictured else None, ctx)
        if place and fetched:
            place = place.of(await _digest(part))
        decision = await self._decided(image, part, ctx, route, place, previous)
        outcome = decision.outcome
        if outcome.unusable:
            raise BadRequest(f"The image cannot be used: {outcome.unusable}.", at=part.path, code="invalid_image")
        steps = corrected + overridden + outcome.steps
        before = shape([original], ctx, outcome.instead_of)
        changed = any(step.applied for step in steps)
        after = await _measured(outcome.contents, ctx) if changed else before
        note = decision.note or (None if known or changed else "not a format known here")
        report = ImageReport(at=at, before=before, after=after, steps=steps, note=note, cached=decision.cached)
        contents = outcome.contents if changed else None
        return Done(report=report, contents=contents, original=original, leans=outcome.leans)

    async def _decided(
        self,
        image: Image,
        part: ImagePart,
        ctx: Context,
        route: Route,
        place: Place | None,
        previous: ImagePart | None,
    ) -> Decision:
        """What becomes of an image: as it was sent before, or else what the pipeline makes of it."""
        if place is None or self._sticky is None:
            return await self._outcome(image, part, self._beside(ctx, previous), route)
        if place.earlier and not ctx.refused and (decision := await self._sticky.get(place, image)):
            return decision
        decision = await self._outcome(image, part, self._beside(ctx, previous), route)
        if decision.outcome.unusable is None:
            self._sticky.put(place, image, decision)
        return decision

    def _beside(self, ctx: Context, previous: ImagePart | None) -> Context:
        """`ctx` with the image before. It is opened only now: most turns of a conversation were decided earlier."""
        try:
            opened = previous and open_part(previous, self._config.workers.max_pixels)
        except (Unopened, BadRequest):
            opened = None
        return msgspec.structs.replace(ctx, previous=opened)

    async def _outcome(self, image: Image, part: ImagePart, ctx: Context, route: Route) -> Decision:
        """What the pipeline makes of an image, kept or anew, with a note when it could not be run."""
        reasons = look(image, ctx, self._steps)
        if reasons is not None:
            return Decision(Outcome((image,), reasons))
        try:
            if self._finished is None:
                return Decision(await self._run(image, ctx, route))
            return await self._kept(self._finished, image, part, ctx, route)
        except WorkerError as error:
            log.warning("image %s is sent as it came: %s", dotted(part.path), error)
            return Decision(Outcome((image,)), note=f"sent as it came: {error}")

    async def _kept(self, finished: Finished, image: Image, part: ImagePart, ctx: Context, route: Route) -> Decision:
        found, size = await _digest(part), len(ctx.previous.data) if ctx.previous else 0
        key = await aside(size, _LARGE, finished.key, found, image, ctx, route.provider.name)
        outcome, cached = await finished.made(key, image, lambda: self._run(image, ctx, route))
        return Decision(outcome, key=key, cached=cached)

    async def _fetched(self, part: ImagePart, route: Route) -> tuple[ImagePart, tuple[StepReport, ...]]:
        """The part with its remote image, where the operator lets the gateway fetch it.

        Raises `BadRequest` for an image the provider cannot fetch either, else `FetchError`.
        """
        needed = not route.provider.fetches_images
        if part.url is None or not (self._config.fetch.images == "always" or (needed and self._fetcher)):
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
                previous=ctx.previous,
                coordinates=ctx.coordinates,
                limits=ctx.limits,
                refused=ctx.refused,
            )
        )

    async def close(self) -> None:
        """End workers and connections."""
        if self._workers:
            await self._workers.close()
        if self._fetcher:
            await self._fetcher.close()


async def _digest(part: ImagePart) -> bytes:
    return await aside(0 if is_hashed(part) else len(part.base64 or ""), _LARGE, digest, part)


async def _measured(contents: Sequence[Content], ctx: Context) -> Shape:
    """The shape of what is sent. Text is counted aside: pages are long, and a vocabulary may have to be loaded."""
    letters = sum(len(content.text) for content in contents if isinstance(content, Text))
    return await aside(letters, 0, shape, contents, ctx)


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
