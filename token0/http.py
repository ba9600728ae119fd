"""Providers that are HTTP servers: one connection pool each, credentials in place, timeouts that tell what was late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, ClassVar, Literal

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from token0.errors import UpstreamError
from token0.wire import Answer, Call, Provider

_CREDENTIALS = frozenset({"authorization", "x-api-key", "x-goog-api-key", "api-key"})
# RFC 9110, 7.6.1, with the ones that aiohttp writes itself. Cookies belong to the client's other local servers.
_NOT_FORWARDED = frozenset(
    {
        "connection", "content-length", "cookie", "expect", "host", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "x-provider-key",
    }
)  # fmt: skip
_PIECE = 256 * 1024


class HttpConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of every HTTP provider; a plugin subclasses it to set its `base_url`."""

    base_url: Annotated[str, msgspec.Meta(description="Address up to and with the version: requests go below it.")]
    credentials: Annotated[
        Literal["client", "configured"],
        msgspec.Meta(description="Whose key is sent: the client's own, or `api_key` for whoever reaches this gateway."),
    ] = "client"
    api_key: Annotated[str, msgspec.Meta(description="Used only with `credentials: configured`.")] = ""
    connect_seconds: Annotated[float, msgspec.Meta(gt=0, description="To connect, with TLS.")] = 10.0
    first_byte_seconds: Annotated[float, msgspec.Meta(gt=0, description="From sending to the head of the answer.")] = (
        600.0
    )
    idle_seconds: Annotated[float, msgspec.Meta(gt=0, description="Between two chunks of the answer.")] = 120.0

    def __post_init__(self) -> None:
        if (self.credentials == "configured") != bool(self.api_key):
            raise ValueError("`api_key` and `credentials: configured` go together: set both or neither")


class HttpProvider(Provider):
    """A provider behind a base URL."""

    Config: ClassVar[type[HttpConfig]] = HttpConfig
    key_header: ClassVar[str] = "authorization"
    """The header this provider reads keys from."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._base = config.base_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    def authorize(self, headers: CIMultiDict[str], key: str) -> None:
        """Put `key` where this provider reads it."""
        headers[self.key_header] = f"Bearer {key}" if self.key_header == "authorization" else key

    async def send(self, call: Call) -> Answer:
        headers = self.headers(call)
        url = URL(self._base + call.path, encoded=True)
        try:
            return await self._request(call, url, headers)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            # A kept connection that the server had just closed or reset, or one refused: nothing was answered, so
            # once more.
            if not isinstance(call.body, bytes):
                raise self._unreachable(error) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error
        try:
            return await self._request(call, url, headers)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error

    async def _request(self, call: Call, url: URL, headers: CIMultiDict[str]) -> Answer:
        body: Any = call.body
        if isinstance(body, bytes):
            if body or call.method not in ("GET", "HEAD", "DELETE"):
                headers["Content-Length"] = str(len(body))
            body = _pieces(body) if len(body) > _PIECE else body or None
        elif length := call.headers.get("Content-Length"):
            headers["Content-Length"] = length
        async with asyncio.timeout(self.config.first_byte_seconds):
            response = await self._client().request(call.method, url, data=body, headers=headers, allow_redirects=False)
        return HttpAnswer(response, self.name, self.config.idle_seconds)

    def _unreachable(self, error: BaseException) -> UpstreamError:
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return UpstreamError(f"{self.name} could not be connected in time.", timeout=True)
        if isinstance(error, TimeoutError):
            seconds = self.config.first_byte_seconds
            return UpstreamError(f"{self.name} did not begin to answer within {seconds:g} s.", timeout=True)
        return UpstreamError(f"{self.name} could not be reached: {type(error).__name__}.")

    def headers(self, call: Call) -> CIMultiDict[str]:
        """The client's headers as the provider gets them: end-to-end ones, and exactly one vendor's credentials."""
        hop = {name.strip().lower() for name in ",".join(call.headers.getall("Connection", [])).split(",")}
        headers: CIMultiDict[str] = CIMultiDict()
        given: dict[str, str] = {}
        for name, value in call.headers.items():
            lower = name.lower()
            if lower in _CREDENTIALS:
                given[lower] = value
            elif lower not in _NOT_FORWARDED and lower not in hop and not lower.startswith("x-token0"):
                headers.add(name, value)
        self._credentials(headers, given, call.headers.get("X-Provider-Key"))
        return headers

    def _credentials(self, headers: CIMultiDict[str], given: dict[str, str], provider_key: str | None) -> None:
        if provider_key:
            self.authorize(headers, provider_key)
        elif self.config.credentials == "configured":
            self.authorize(headers, self.config.api_key)
        elif self.key_header in given:
            headers[self.key_header] = given[self.key_header]
        elif given:
            key = next(iter(given.values()))
            self.authorize(headers, key[7:] if key[:7].lower() == "bearer " else key)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
                timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=self.config.connect_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                # Providers answer with long rate-limit and request-id headers.
                max_line_size=32 * 1024,
                max_field_size=32 * 1024,
            )
        return self._session

    async def close(self) -> None:
        if self._session:
            await self._session.close()


class HttpAnswer(Answer):
    """An answer on its way over HTTP."""

    def __init__(self, response: aiohttp.ClientResponse, provider: str, idle_seconds: float) -> None:
        self.status = response.status
        self.headers = response.headers
        self._response = response
        self._provider = provider
        self._idle = idle_seconds

    async def chunks(self) -> AsyncIterator[bytes]:
        content = self._response.content
        idle = _Idle(content, self._idle)
        try:
            while True:
                idle.waiting()
                chunk = await content.readany()
                if not chunk:
                    return
                idle.heard()
                yield chunk
        except TimeoutError as error:
            raise UpstreamError(f"{self._provider} sent nothing for {self._idle:g} s.", timeout=True) from error
        except (aiohttp.ClientError, OSError) as error:
            raise UpstreamError(f"{self._provider} broke off its answer: {type(error).__name__}.") from error
        finally:
            idle.close()

    def close(self) -> None:
        # Does nothing once the body was read to its end: the connection is then back in the pool.
        self._response.close()


class _Idle:
    """Ends a read that waits too long. One timer for a whole answer: `asyncio.timeout` would make one a chunk.

    Only the time spent waiting counts, not the time a slow client takes.
    """

    def __init__(self, content: aiohttp.StreamReader, seconds: float) -> None:
        self._content = content
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None
        self._timer = self._loop.call_later(seconds, self._look)

    def waiting(self) -> None:
        """A read begins."""
        self._since = self._loop.time()

    def heard(self) -> None:
        """It has ended."""
        self._since = None

    def _look(self) -> None:
        late = 0.0 if self._since is None else self._loop.time() - self._since
        if late >= self._seconds:
            self._content.set_exception(TimeoutError())
        else:
            self._timer = self._loop.call_later(self._seconds - late, self._look)

    def close(self) -> None:
        """The answer is over."""
        self._timer.cancel()


async def _pieces(body: bytes) -> AsyncIterator[memoryview]:
    """Large bodies in pieces, so that one write does not hold the loop."""
    view = memoryview(body)
    for start in range(0, len(body), _PIECE):
        yield view[start : start + _PIECE]
