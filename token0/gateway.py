"""The aiohttp application: finds the dialect and the provider of a request and connects the two."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import quote

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from token0 import documents, refusals
from token0.answers import Asked
from token0.bodies import Body, read_body
from token0.engine import Engine
from token0.errors import BadRequest, PluginError, PublicError
from token0.estimate import estimate
from token0.relay import Aborted, Relay, error_response, own_headers
from token0.report import Report
from token0.routing import Route
from token0.rules import find_counter
from token0.types import Request
from token0.wire import Answer, Call, Dialect, Endpoint, Provider, Translation, Translator

log = logging.getLogger(__name__)


class Gateway:
    """Serves one engine. `swap` puts another in its place; requests in flight keep theirs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._running: Counter[Engine] = Counter()
        self._closing: set[asyncio.Task[None]] = set()

    def swap(self, engine: Engine) -> None:
        """Serve requests from now on with `engine`; the one before it is closed when its last request is done."""
        before, self.engine = self.engine, engine
        self._retire(before)

    async def close(self) -> None:
        """Close the engine, and wait for those before it. Call it when no request is running any more."""
        await self.engine.close()
        await asyncio.gather(*self._closing)

    @contextlib.contextmanager
    def _using(self) -> Iterator[Engine]:
        """The engine for one request, which keeps it to its end."""
        engine = self.engine
        self._running[engine] += 1
        try:
            yield engine
        finally:
            self._running[engine] -= 1
            if engine is not self.engine:
                self._retire(engine)

    def _retire(self, engine: Engine) -> None:
        """Close an engine that was replaced, unless it still has requests. The last of them must not wait for it."""
        if self._running[engine]:
            return
        del self._running[engine]
        task = asyncio.create_task(_closed(engine))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def application(self) -> web.Application:
        """The application, with the pages of plugins. Raises `PluginError` naming a plugin whose pages fail."""
        app = web.Application(client_max_size=self.engine.config.server.max_body_bytes)
        app.router.add_get("/health", health)
        app.router.add_post("/v1/estimate", self.estimate)
        for name, call in self.engine.registry.each("token0_routes", router=app.router):
            try:
                call()
            except Exception as error:
                raise PluginError(f"plugin {name} could not add its pages: {error!r}") from error
        app.router.add_route("*", r"/{path:[\s\S]*}", self.handle)
        return app

    async def handle(self, http: web.Request) -> web.StreamResponse:
        """Serve one request of any dialect."""
        with self._using() as engine:
            return await _serve(engine, http)

    async def estimate(self, http: web.Request) -> web.Response:
        """What a request would cost; see `token0.estimate`."""
        with self._using() as engine:
            return await estimate(http, engine)


async def _serve(engine: Engine, http: web.Request) -> web.StreamResponse:
    """Find the dialect that knows the request line, and let it have the request."""
    passing = None
    for dialect in engine.dialects.values():
        # As it was sent: a decoded path could carry a query, or end the line, on its way to the provider.
        endpoint = dialect.match(http.method, http.rel_url.raw_path, http.headers)
        if endpoint is None:
            continue
        if endpoint.kind != "relay":
            return await Exchange(engine, dialect, endpoint, http).serve()
        # Another dialect may know better what this path is.
        if passing is None or endpoint.sure:
            passing = Exchange(engine, dialect, endpoint, http)
    if passing:
        return await passing.serve()
    paths = f"{http.method} {http.path} is no endpoint of an installed dialect ({', '.join(engine.dialects)})."
    unknown = {"error": {"message": paths, "type": "not_found_error"}}
    return web.json_response(unknown, status=404, headers=own_headers(Report(request_id=uuid.uuid4().hex, dialect="")))


async def _closed(engine: Engine) -> None:
    try:
        await engine.close()
    except Exception:
        log.exception("the engine before the reload could not be closed")


async def health(_: web.Request) -> web.Response:
    """Alive: the event loop answers."""
    return web.json_response({"status": "ok"})


class Exchange:
    """One request and its answer."""

    def __init__(self, engine: Engine, dialect: Dialect, endpoint: Endpoint, http: web.Request) -> None:
        self._engine = engine
        self._dialect = dialect
        self._endpoint = endpoint
        self._http = http
        self._id = uuid.uuid4().hex
        self._report: Report | None = None

    async def serve(self) -> web.StreamResponse:
        """The answer, in the client's dialect also when it is an error."""
        try:
            if self._endpoint.kind == "relay":
                return await self._relay()
            return await self._generate()
        except PublicError as error:
            return self._failed(error)
        except Aborted:
            return web.Response()
        except (ConnectionError, web.HTTPException):
            raise
        except Exception as error:
            # Not the exception's text: it may quote the request.
            log.exception("request %s failed inside the gateway", self._id)
            return self._failed(PublicError(500, f"The gateway failed: {type(error).__name__}.", kind="api_error"))
        finally:
            if self._report:
                self._report.lap("total", self._report.started)
                self._engine.done(self._report)

    def _failed(self, error: PublicError) -> web.Response:
        if self._report:
            self._report.status, self._report.error = error.status, error.message
        return error_response(
            self._dialect, error, self._report or Report(request_id=self._id, dialect=self._dialect.name)
        )

    async def _generate(self) -> web.StreamResponse:
        """Read, optimize, send, relay."""
        engine, dialect, http = self._engine, self._dialect, self._http
        received = await read_body(http, engine.config.server.max_body_bytes)
        off = http.headers.get("X-Token0", "").lower() == "off"
        request = documents.skim(received.plain, self._endpoint.model) if off else None
        if request is None:
            request = _with_headers(dialect.read(received.plain, self._endpoint), http, self._endpoint)
        named = http.headers.get("X-Token0-Provider") or (None if request.model else dialect.home)
        route = await engine.router.route(request.model, named)
        if self._endpoint.kind == "generate":
            route = engine.select(request, route)
        translator = self._translator(route.provider)
        report = self._report = engine.report(dialect.name, request, route, self._id)
        if engine.answers is None or self._endpoint.kind != "generate":
            return await self._ask(received, request, route, translator)
        asked = Asked(request, dialect, self._endpoint, route, http.headers)
        async with engine.answers.turn(asked, report) as turn:
            if turn.answer:
                return await Relay(http, request, report, dialect, None).send(turn.answer)
            copy = turn.recorder.feed if turn.recorder else None
            response = await self._ask(received, request, route, translator, copy)
            turn.done(response)
            return response

    async def _ask(
        self,
        received: Body,
        request: Request,
        route: Route,
        translator: Translator | None,
        copy: Callable[[bytes], None] | None = None,
    ) -> web.StreamResponse:
        """The provider's answer. `copy` gets what is worth recording of it."""
        dialect, report = self._dialect, self._report
        assert report
        call, translation = await self._outgoing(received, request, route, translator)
        answer = await route.provider.send(call)
        try:
            if report.images and answer.status in refusals.STATUSES:
                answer = held = await refusals.hold(answer)
                if held.blames_an_image:
                    again, anew = await self._outgoing(received, request, route, translator, refused=True)
                    if again.body != call.body and (taken := await self._again(again, route)):
                        held.close()
                        answer, translation = taken, anew
            origin = self._engine.dialects[translator.target] if translator else dialect
            return await Relay(self._http, request, report, dialect, origin, translation, copy).send(answer)
        finally:
            answer.close()

    async def _again(self, call: Call, route: Route) -> Answer | None:
        """The answer to a repaired request; None when it is refused once more, and the first refusal stands."""
        assert self._report
        answer = await route.provider.send(call)
        refused = answer.status in refusals.STATUSES
        self._report.warnings.append(
            "the provider refused an image; it was repaired and sent again" + (", in vain" if refused else "")
        )
        if refused:
            answer.close()
            return None
        return answer

    async def _outgoing(
        self, received: Body, request: Request, route: Route, translator: Translator | None, *, refused: bool = False
    ) -> tuple[Call, Translation | None]:
        """What to send for a request, and how its answer is translated back."""
        engine, report = self._engine, self._report
        assert report
        body = await engine.prepare(self._dialect, request, route, report, refused=refused)
        path, translation = self._below(self._endpoint.path.replace("{model}", quote(route.model, safe=""))), None
        if translator:
            drop = engine.config.routing.drop_untranslatable
            translation = translator.translate(msgspec.json.decode(body), route.model, drop=drop)
            body, path = translation.body, translation.path
            report.warnings += [each for each in translation.warnings if each not in report.warnings]
        unchanged = body is received.plain
        read = report.told or report.recorded or bool(translation)
        call = self._call(path, received.raw if unchanged else body, route, whole=read)
        spoken = engine.dialects[translator.target] if translator else self._dialect
        call = msgspec.structs.replace(call, speaks=spoken, request=request)
        if not unchanged:
            call.headers.popall("Content-Encoding", None)
        if route.provider.name != self._dialect.home:
            _drop_own(call.headers)
        return call, translation

    async def _relay(self) -> web.StreamResponse:
        """Bytes to the provider and back, neither held nor read."""
        http = self._http
        named = http.headers.get("X-Token0-Provider")
        provider = self._engine.router.named(named or self._dialect.home)
        self._report = Report(request_id=self._id, dialect=self._dialect.name, provider=provider.name)
        body = http.content.iter_any() if http.body_exists else b""
        call = self._call(self._below(self._endpoint.path), body)
        if provider.name != self._dialect.home:
            _drop_own(call.headers)
        answer = await provider.send(call)
        try:
            return await Relay(http, _NOTHING, self._report, self._dialect, self._dialect).send(answer)
        finally:
            answer.close()

    def _translator(self, provider: Provider) -> Translator | None:
        """None where the provider speaks the client's dialect itself. Raises `BadRequest` where nobody translates."""
        if self._dialect.name in provider.dialects:
            return None
        for target in provider.dialects:
            if found := self._engine.translators.get((self._dialect.name, target)):
                if self._endpoint.kind == "count":
                    break
                return found
        raise BadRequest(
            f"{provider.name} does not speak {self._dialect.name}, and no installed plugin translates this endpoint.",
            at=("model",),
            code="untranslatable_endpoint",
        )

    def _below(self, path: str) -> str:
        """`path` with the client's query. No translated request carries it: providers refuse what they do not know."""
        query = self._http.rel_url.raw_query_string
        return f"{path}?{query}" if query else path

    def _call(
        self, path: str, body: bytes | AsyncIterator[bytes], route: Route | None = None, *, whole: bool = False
    ) -> Call:
        headers = CIMultiDict(self._http.headers)
        if whole:
            # The answer will be read or edited, so it must come as it is.
            headers["Accept-Encoding"] = "identity"
        return Call(
            method=self._http.method,
            path=path,
            headers=headers,
            body=body,
            model=route.model if route else "",
            dialect=self._dialect.name,
            counter=find_counter(self._engine.registry, route.provider.name, route.model) if route else None,
            report=self._report,
        )


_NOTHING = Request(body=b"", document={}, model="")


def _drop_own(headers: CIMultiDict[str]) -> None:
    """Remove what only the client's own vendor may know: which organization asks, and with what."""
    for name in [name for name in headers if name.lower().startswith(("openai-", "x-stainless-"))]:
        headers.popall(name, None)


def _with_headers(request: Request, http: web.Request, endpoint: Endpoint) -> Request:
    """The request with its query and what headers say to the gateway. A count of tokens carries no report."""
    options = request.options
    if http.headers.get("X-Token0", "").lower() == "off":
        options = msgspec.structs.replace(options, optimize=False)
    if endpoint.kind == "count" or http.headers.get("X-Token0-Report", "").lower() == "off":
        options = msgspec.structs.replace(options, report=False)
    return msgspec.structs.replace(request, options=options, query=http.rel_url.raw_query_string)
