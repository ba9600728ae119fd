"""The least an aiohttp reverse proxy can do: the measure for the gateway's own cost. Usage: bare_proxy.py UPSTREAM"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web


async def session(app: web.Application) -> AsyncIterator[None]:
    timeout = aiohttp.ClientTimeout(total=None)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(auto_decompress=False, timeout=timeout, connector=connector) as client:
        app["client"] = client
        yield


async def proxy(request: web.Request) -> web.StreamResponse:
    headers = {name: value for name, value in request.headers.items() if name not in ("Host", "Connection")}
    url = sys.argv[1] + request.path
    body = request.content.iter_any() if request.body_exists else None
    async with request.app["client"].request(request.method, url, data=body, headers=headers) as upstream:
        answer = web.StreamResponse(status=upstream.status)
        for name in ("Content-Type", "Content-Length"):
            if name in upstream.headers:
                answer.headers[name] = upstream.headers[name]
        await answer.prepare(request)
        async for chunk in upstream.content.iter_any():
            await answer.write(chunk)
        return answer


app = web.Application(client_max_size=1 << 30)
app.cleanup_ctx.append(session)
app.router.add_route("*", "/{path:.*}", proxy)

if __name__ == "__main__":
    import socket

    sock = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
    web.run_app(app, sock=sock, print=None, access_log=None, handle_signals=True)
