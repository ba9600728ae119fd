"""Remote images: what is fetched, and what is refused at every turn."""

from __future__ import annotations

import msgspec
import pytest
from aiohttp import web

from token0.config import Fetch
from token0.fetch import Fetcher, FetchError, is_public
from token0.testing import Upstream, png

OPEN = Fetch(images="always", http=True, max_bytes=4096, seconds=2)


def anywhere(_: str) -> bool:
    return True


async def fetch(url: str, config: Fetch = OPEN, permitted=anywhere) -> bytes:
    fetcher = Fetcher(config, permitted)
    try:
        return await fetcher.fetch(url)
    finally:
        await fetcher.close()


def answers(upstream: Upstream, body: bytes, **headers: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers=headers)

    upstream.answer = answer


def redirects(upstream: Upstream, location: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    upstream.answer = answer


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001:0:7f00:1::", "::127.0.0.1", "::ffff:0:7f00:1", "fec0::1", "168.63.129.16",
    ],
)  # fmt: skip
def test_other_addresses_are_not(address: str) -> None:
    assert not is_public(address)


async def test_an_image_arrives_as_its_bytes(upstream: Upstream) -> None:
    answers(upstream, png(4, 4))
    assert await fetch(upstream.url + "/a.png") == png(4, 4)


async def test_no_credentials_go_along(upstream: Upstream) -> None:
    answers(upstream, png(4, 4))
    await fetch(upstream.url + "/a.png")
    assert not {"authorization", "cookie", "x-api-key"} & set(upstream.received[0].headers)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
async def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(FetchError):
        await fetch(f"http://{host}:9/a.png", permitted=is_public)


async def test_a_redirect_is_judged_like_the_first_address(upstream: Upstream) -> None:
    redirects(upstream, "http://169.254.169.254/latest/meta-data")

    def only_the_server(address: str) -> bool:
        return address == "127.0.0.1"

    with pytest.raises(FetchError, match="not a public one"):
        await fetch(upstream.url, permitted=only_the_server)
    assert len(upstream.received) == 1


async def test_a_redirect_to_another_scheme_is_refused(upstream: Upstream) -> None:
    redirects(upstream, "file:///etc/passwd")
    with pytest.raises(FetchError):
        await fetch(upstream.url)


async def test_endless_redirects_end(upstream: Upstream) -> None:
    redirects(upstream, "/again")
    with pytest.raises(FetchError, match="redirects"):
        await fetch(upstream.url)
    assert len(upstream.received) == 4


async def test_a_name_that_resolves_to_a_private_address_is_refused() -> None:
    with pytest.raises(FetchError, match="not a public one"):
        await fetch("http://localhost:9/a.png", permitted=is_public)


async def test_plain_http_is_refused_unless_allowed(upstream: Upstream) -> None:
    with pytest.raises(FetchError, match="https://"):
        await fetch(upstream.url, msgspec.structs.replace(OPEN, http=False))
    assert not upstream.received


async def test_credentials_in_the_address_are_refused() -> None:
    with pytest.raises(FetchError, match="credentials"):
        await fetch("http://user:secret@127.0.0.1:9/")


async def test_a_large_image_is_cut_off(upstream: Upstream) -> None:
    answers(upstream, png(4, 4) + bytes(5000))
    with pytest.raises(FetchError, match="larger than 4096 bytes"):
        await fetch(upstream.url)


async def test_what_is_no_image_is_refused_whatever_its_label(upstream: Upstream) -> None:
    answers(upstream, b"<html>secret</html>", **{"Content-Type": "image/png"})
    with pytest.raises(FetchError, match="not an image"):
        await fetch(upstream.url)


async def test_an_error_page_is_refused(upstream: Upstream) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=404, body=png(4, 4))

    upstream.answer = answer
    with pytest.raises(FetchError, match="404"):
        await fetch(upstream.url)


async def test_a_slow_server_is_given_up(upstream: Upstream) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        import asyncio

        await asyncio.sleep(30)
        return web.Response()

    upstream.answer = answer
    with pytest.raises(FetchError, match=r"0\.2 s"):
        await fetch(upstream.url, msgspec.structs.replace(OPEN, seconds=0.2))


async def test_an_unreachable_server_is_named_by_its_error() -> None:
    with pytest.raises(FetchError, match="ClientConnectorError"):
        await fetch("http://127.0.0.1:9/a.png")
