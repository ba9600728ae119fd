"""Fetches remote images when the operator allows it: public addresses only, resolved once and pinned, with limits."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from token0.config import Fetch
from token0.errors import Token0Error
from token0.sniff import sniff

_MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
# Networks that carry another address inside, so that it cannot be judged; the site-local ones of old; and those with a
# cloud's metadata service, the last one Azure's.
_REFUSED = tuple(
    map(
        ipaddress.ip_network,
        (
            "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96", "fec0::/10",
            "192.0.0.0/24", "168.63.129.16/32",
        ),
    )
)  # fmt: skip


class FetchError(Token0Error):
    """The image was not fetched; the message says why and is safe to show."""


def is_public(address: str) -> bool:
    """True for a globally routable unicast address: no private, loopback, link-local or metadata one (RFC 6890)."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _REFUSED)


class _Resolver(AbstractResolver):
    """Resolves names to permitted addresses only; the connection goes to what was checked, not to a second look-up."""

    def __init__(self, permitted: Callable[[str], bool]) -> None:
        self._permitted = permitted

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        if not all(self._permitted(str(sockaddr[0])) for *_, sockaddr in found):
            raise FetchError("the address is not a public one")
        return [
            ResolveResult(hostname=host, host=str(sockaddr[0]), port=port, family=kind, proto=proto, flags=0)
            for kind, _, proto, _, sockaddr in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Fetcher:
    """Fetches images. `permitted` decides about every address that would be connected."""

    def __init__(self, config: Fetch, permitted: Callable[[str], bool] = is_public) -> None:
        self._config = config
        self._permitted = permitted
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, url: str) -> bytes:
        """The bytes of the image at `url`. Raises `FetchError`."""
        try:
            async with asyncio.timeout(self._config.seconds):
                return await self._follow(URL(url))
        except TimeoutError:
            raise FetchError(f"it did not arrive within {self._config.seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(f"it could not be fetched ({type(error).__name__})") from error

    async def _follow(self, url: URL) -> bytes:
        for _ in range(_MAX_REDIRECTS + 1):
            self._check(url)
            async with self._client().get(url, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await self._read(response)
                url = url.join(URL(response.headers.get("Location", "")))
        raise FetchError(f"it redirects more than {_MAX_REDIRECTS} times")

    def _check(self, url: URL) -> None:
        """An address in digits never reaches the resolver, so it is judged here."""
        if url.scheme != "https" and not (url.scheme == "http" and self._config.http):
            raise FetchError("its address must begin with https://")
        if not url.host or url.user or url.password:
            raise FetchError("its address must name a host and no credentials")
        try:
            ipaddress.ip_address(url.host)
        except ValueError:
            return
        if not self._permitted(url.host):
            raise FetchError("the address is not a public one")

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if response.status != 200:
            raise FetchError(f"its server answered with status {response.status}")
        limit = self._config.max_bytes
        data = b""
        async for chunk in response.content.iter_any():
            data += chunk
            if len(data) > limit:
                raise FetchError(f"it is larger than {limit} bytes (fetch.max_bytes)")
        if sniff(data) is None:
            raise FetchError("what its server sent is not an image")
        return data

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(resolver=_Resolver(self._permitted), use_dns_cache=False, limit=32)
            headers: dict[str, Any] = {"User-Agent": "token0-gateway", "Accept": "image/*"}
            self._session = aiohttp.ClientSession(
                connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session

    async def close(self) -> None:
        """Let go of connections."""
        if self._session:
            await self._session.close()
