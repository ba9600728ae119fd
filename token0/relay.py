"""Carries an answer to the client: the same bytes at the same moment, a copy to a scanner, the report at the end."""

from __future__ import annotations

import logging
import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from urllib.parse import quote

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from token0.errors import PublicError, UpstreamError
from token0.report import Report
from token0.sse import ArraySplitter, Splitter, data, splitter
from token0.taps import Strip, insert
from token0.types import Request
from token0.wire import Answer, Dialect, Tap, Translation

log = logging.getLogger(__name__)

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}
)
_SMALL = 32 * 1024
_WHOLE = 64 * 1024 * 1024
"""Bytes of an answer that is no stream beyond which its usage is no longer looked for."""


class Scanner:
    """Reads a copy of the answer for the usage the provider tells. Never fails: what it cannot read it ignores.

    Without a dialect it looks at nothing.
    """

    def __init__(self, dialect: Dialect | None, report: Report, content_type: str, encoding: str | None) -> None:
        self._dialect = dialect
        self._report = report
        self._splitter: Splitter | None = splitter(content_type)
        self._json = "json" in content_type and self._splitter is None
        self._whole = bytearray()
        self._inflate = zlib.decompressobj(wbits=47) if encoding in ("gzip", "deflate") else None
        self._on = dialect is not None and encoding in (None, "", "identity", "gzip", "deflate")

    def feed(self, chunk: bytes) -> None:
        """Look at one chunk of the answer."""
        if not self._on:
            return
        try:
            if self._inflate:
                chunk = self._inflate.decompress(chunk, _WHOLE)
            if self._json and not self._whole and chunk.lstrip()[:1] == b"[":
                self._splitter, self._json = ArraySplitter(), False
            if self._splitter:
                self.events(self._splitter.feed(chunk))
            elif self._json and len(self._whole) + len(chunk) <= _WHOLE:
                self._whole += chunk
        except (zlib.error, OverflowError):
            self._on = False

    def events(self, events: Iterable[bytes]) -> None:
        """Look at whole events."""
        marks = self._dialect.usage_marks if self._dialect else ()
        for event in events:
            if any(mark in event for mark in marks):
                self.document(data(event))

    def close(self) -> None:
        """The answer is complete."""
        if self._splitter and self._on:
            self.events([self._splitter.rest])
        elif self._whole and self._on:
            self.document(self._whole)

    def document(self, text: bytes | bytearray) -> None:
        """Look at a JSON document."""
        try:
            document = msgspec.json.decode(text)
            if isinstance(document, dict) and self._dialect:
                self._report.usage = self._dialect.usage(document, self._report.usage)
        except (msgspec.DecodeError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
            log.debug("an answer of %s could not be read for its usage", self._report.provider)


class Relay:
    """One answer on its way back.

    `speaker` is the client's dialect, `origin` the one the provider answers in, None for an answer that was recorded.
    `copy` gets what is worth recording: the client's bytes before the report is put in.
    """

    def __init__(
        self,
        http: web.BaseRequest,
        request: Request,
        report: Report,
        speaker: Dialect,
        origin: Dialect | None,
        translation: Translation | None = None,
        copy: Callable[[bytes], None] | None = None,
    ) -> None:
        self._http = http
        self._request = request
        self._report = report
        self._speaker = speaker
        self._origin = origin
        self._translation = translation
        self._copy = copy
        self._last = b""

    async def send(self, answer: Answer) -> web.StreamResponse:
        """Relay `answer` to its end. Raises `UpstreamError` if it breaks before anything was sent."""
        self._report.status = answer.status
        content_type = answer.headers.get("Content-Type", "")
        events = splitter(content_type)
        if events is None and self._request.stream and self._translation is None and "json" in content_type:
            # Gemini's stream, where events were not asked for.
            events = ArraySplitter()
        wanted = self._request.options.report and answer.status == 200
        plain = answer.headers.get("Content-Encoding", "identity") in ("", "identity")
        whole = events is None or answer.status != 200
        tap = None if whole else self._tap(wanted=wanted)
        reported = wanted and whole and self._report.told
        if self._translation is None and not (plain and (reported or tap)):
            # A small answer costs one write when it is held, two when its head goes first.
            small = int(answer.headers.get("Content-Length", _SMALL + 1)) <= _SMALL
            if small and events is None and self._http.method != "HEAD":
                return await self._hold(answer, reported=False)
            return await self._pass(answer)
        if not plain:
            raise UpstreamError(f"{self._report.provider} compressed its answer though it was asked not to.")
        if events is None or whole:
            return await self._hold(answer, reported)
        return await self._stream(answer, events, tap)

    def _tap(self, *, wanted: bool) -> Tap | None:
        """What a stream goes through: it puts the report in, or takes out what the client did not ask for."""
        if wanted and self._report.changed:
            return self._speaker.tap(self._request, self._report)
        recorded = self._copy is not None or self._origin is None
        return Strip(self._speaker) if recorded and any(self._speaker.asks_usage(self._request)) else None

    async def _pass(self, answer: Answer) -> web.StreamResponse:
        """Bytes untouched; the scanner gets a copy."""
        headers = self.headers(answer)
        scanner = self._scanner(answer)
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(self._http)
        try:
            async for chunk in answer.chunks():
                await response.write(chunk)
                self._last = chunk[-1:]
                scanner.feed(chunk)
                if self._copy:
                    self._copy(chunk)
        except UpstreamError as error:
            await self._break(response, error)
        scanner.close()
        return response

    async def _hold(self, answer: Answer, reported: bool) -> web.StreamResponse:
        """An answer in one piece: translated where needed, with the report as its last key."""
        encoding = answer.headers.get("Content-Encoding")
        body = b"".join([chunk async for chunk in answer.chunks()])
        scanner = self._scanner(answer)
        scanner.feed(body)
        scanner.close()
        headers = self.headers(answer)
        if self._translation:
            headers["Content-Type"] = "application/json"
            if answer.status != 200:
                error = self._translation.error(answer.status, body)
                for name, value in error.headers.items():
                    headers.setdefault(name, value)
                return self._whole(answer.status, headers, self._speaker.error(error))
            body = self._translation.answer(body)
        if self._copy:
            self._copy(body)
        if reported and encoding in (None, "", "identity") and "json" in headers.get("Content-Type", ""):
            body = insert(body, self._report)
        return self._whole(answer.status, headers, body)

    def _whole(self, status: int, headers: CIMultiDict[str], body: bytes) -> web.Response:
        headers["Content-Length"] = str(len(body))
        return web.Response(status=status, headers=headers, body=body)

    async def _stream(self, answer: Answer, events: Splitter, tap: Tap | None) -> web.StreamResponse:
        """A stream that carries the report, or is changed event by event in another way."""
        headers = self.headers(answer)
        headers.popall("Content-Length", None)
        if self._translation:
            headers["Content-Type"] = "text/event-stream; charset=utf-8"
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(self._http)
        try:
            async for event in self._events(answer, events):
                if self._copy:
                    self._copy(event)
                if ready := self._tapped(event, tap):
                    await response.write(ready)
                    self._last = ready[-1:]
        except ConnectionError:
            raise
        except Exception as error:
            # Also what a tap or translator did not expect: the head is out, so only this way is left to tell.
            if not isinstance(error, UpstreamError):
                log.exception("an answer of %s could not be relayed", self._report.provider)
            if tap:
                await response.write(tap.close())
            broken = error if isinstance(error, UpstreamError) else UpstreamError("The answer could not be read.")
            await self._break(response, broken)
        if tap:
            await response.write(tap.close())
        return response

    async def _events(self, answer: Answer, events: Splitter) -> AsyncIterator[bytes]:
        """The client's events: the provider's own, or translated ones."""
        translation = self._translation
        scanner = self._scanner(answer)
        async for chunk in answer.chunks():
            for event in events.feed(chunk):
                scanner.events([event])
                if ready := translation.feed(event) if translation else event:
                    yield ready
        scanner.events([events.rest])
        if translation is None:
            if events.rest:
                yield events.rest
            return
        if events.rest.strip() and (ready := translation.feed(events.rest)):
            yield ready
        if ready := translation.close():
            yield ready

    def _scanner(self, answer: Answer) -> Scanner:
        return Scanner(
            self._origin,
            self._report,
            answer.headers.get("Content-Type", ""),
            answer.headers.get("Content-Encoding"),
        )

    def _tapped(self, events: bytes, tap: Tap | None) -> bytes:
        if tap is None:
            return events
        if self._translation is None:
            return tap.feed(events)
        # A translation may return several events at once; a tap wants them one by one.
        cut = splitter("text/event-stream" if events[:1] != b"{" else "application/x-ndjson")
        assert cut is not None
        return b"".join([tap.feed(event) for event in cut.feed(events)] + ([cut.rest] if cut.rest else []))

    async def _break(self, response: web.StreamResponse, error: UpstreamError) -> None:
        """Tell the client and cut the connection: an answer that broke off must never look finished."""
        self._report.error = error.message
        content_type = response.headers.get("Content-Type", "")
        if splitter(content_type) and "Content-Encoding" not in response.headers:
            # Ends an event that was cut. Readers of JSON lines stumble over an empty one.
            end = b"\n\n" if content_type.startswith("text/event-stream") else b"\n" * (self._last not in (b"", b"\n"))
            await response.write(end + self._speaker.error_event(error))
        if self._http.transport:
            self._http.transport.close()
        raise Aborted

    def headers(self, answer: Answer) -> CIMultiDict[str]:
        """End-to-end headers of the answer, with ours."""
        headers: CIMultiDict[str] = CIMultiDict()
        for name, value in answer.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                headers.add(name, value)
        if self._translation:
            headers.popall("Content-Length", None)
            headers.popall("Content-Encoding", None)
            if number := headers.get("request-id"):
                # Where clients of OpenAI look for it.
                headers.setdefault("x-request-id", number)
        headers.update(own_headers(self._report))
        return headers


class Aborted(Exception):
    """The connection to the client was cut on purpose."""


def own_headers(report: Report) -> dict[str, str]:
    """The headers that every answer of the gateway carries."""
    headers = {"x-token0-saved": str(report.tokens_saved), "x-token0-request-id": report.request_id}
    if report.model_requested:
        # A name from the configuration, but a header must not break over it.
        headers["x-token0-model"] = quote(report.model, safe="/:@")
    if report.cache:
        headers["x-token0-cache"] = report.cache.status
    if report.cache and report.cache.age_seconds is not None:
        headers["Age"] = str(report.cache.age_seconds)
    return headers


def error_response(dialect: Dialect, error: PublicError, report: Report) -> web.Response:
    """An error as an answer in the client's dialect."""
    headers = {**error.headers, **own_headers(report)}
    return web.Response(
        status=error.status, body=dialect.error(error), content_type="application/json", headers=headers
    )
