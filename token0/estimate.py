"""`POST /v1/estimate`: what a request costs as it is, and as the gateway would send it. Nothing of it is sent."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from token0 import documents
from token0.bodies import read_body
from token0.errors import BadRequest, PublicError
from token0.relay import own_headers
from token0.report import Report
from token0.wire import Dialect, Endpoint

if TYPE_CHECKING:
    from token0.engine import Engine

log = logging.getLogger(__name__)


async def estimate(http: web.Request, engine: Engine) -> web.Response:
    """The answer to one request: the price of its body, whatever the dialect, image by image and step by step.

    The dialect is told by `X-Token0-Dialect` or `?dialect=`, else recognized; `X-Token0-Model` or `?model=` goes before
    the body's model. Errors are in the dialect's shape, or in OpenAI's where there is none yet.
    """
    asked = _Estimate(engine, http)
    try:
        report = await asked.report()
    except PublicError as error:
        return asked.failed(error)
    except Exception as error:
        # Not the exception's text: it may quote the request.
        log.exception("estimate %s failed inside the gateway", asked.id)
        return asked.failed(PublicError(500, f"The gateway failed: {type(error).__name__}.", kind="api_error"))
    report.lap("total", report.started)
    return _json(200, msgspec.json.encode(report.priced()), own_headers(report))


class _Estimate:
    """One estimate; keeps the dialect, for an error that comes later."""

    def __init__(self, engine: Engine, http: web.Request) -> None:
        self.id = uuid.uuid4().hex
        self._engine = engine
        self._http = http
        self._dialect: Dialect | None = None

    async def report(self) -> Report:
        """The report of the request, made as for one that is sent. Raises `PublicError`."""
        engine = self._engine
        dialect = self._dialect = self._named()
        body = (await read_body(self._http, engine.config.server.max_body_bytes)).plain
        if dialect is None:
            dialect = self._dialect = recognized(documents.decode(body), engine.dialects)
        model = self._asked("model")
        request = dialect.read(body, Endpoint(kind="generate", path="", model=model))
        model = model or request.model
        route = await engine.router.route(
            model, self._http.headers.get("X-Token0-Provider") or (None if model else dialect.home)
        )
        route = engine.select(request, route)
        report = engine.report(dialect.name, request, route, self.id)
        if request.options.optimize:
            await engine.images(request, route, report)
        else:
            report.warnings.append("token0_optimize is false: images are neither worked on nor counted")
        return report

    def _asked(self, what: str) -> str | None:
        return self._http.headers.get(f"X-Token0-{what.title()}") or self._http.query.get(what) or None

    def _named(self) -> Dialect | None:
        """The dialect that the client names, None where it does not. Raises `BadRequest`."""
        name = self._asked("dialect")
        if name is not None and name not in self._engine.dialects:
            installed = ", ".join(self._engine.dialects)
            raise BadRequest(f"There is no dialect {name!r} here; installed: {installed}.", code="unknown_dialect")
        return self._engine.dialects[name] if name else None

    def failed(self, error: PublicError) -> web.Response:
        """The error as an answer."""
        body = self._dialect.error(error) if self._dialect else _error(error)
        report = Report(request_id=self.id, dialect=self._dialect.name if self._dialect else "")
        return _json(error.status, body, {**error.headers, **own_headers(report)})


def recognized(document: dict[str, Any], dialects: Mapping[str, Dialect]) -> Dialect:
    """The one dialect that knows `document` as its own. Raises `BadRequest` where none or several do."""
    found = [dialect for dialect in dialects.values() if dialect.recognizes(document)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(dialect.name for dialect in found) or "none"
    raise BadRequest(
        f"Which dialect the body is in cannot be told from it ({names} of {', '.join(dialects)}): "
        "name it in the header X-Token0-Dialect.",
        code="unknown_dialect",
    )


def _error(error: PublicError) -> bytes:
    said = {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}
    return msgspec.json.encode({"error": said})


def _json(status: int, body: bytes, headers: dict[str, str]) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
