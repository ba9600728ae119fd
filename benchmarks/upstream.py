"""A provider for benchmarks: a small answer, or 200 chunks when the request asks for a stream.

Usage: python benchmarks/upstream.py [SECONDS]: how long it thinks before each answer.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys

from aiohttp import web

CHUNKS = 200
PAUSE = 0.004
THINKS = float(sys.argv[1]) if sys.argv[1:] else 0.0
HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}


def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return b"data: " + json.dumps({**HEAD, "choices": [choice], "usage": None}).encode() + b"\n\n"


EVENTS = [chunk({"role": "assistant", "content": ""})]
EVENTS += [chunk({"content": f"word {i} "}) for i in range(CHUNKS - 3)]
EVENTS += [chunk({}, "stop"), b"data: [DONE]\n\n"]

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
}


async def answer(request: web.Request) -> web.StreamResponse:
    streamed = False
    size = 0
    async for piece in request.content.iter_any():
        size += len(piece)
        streamed = streamed or b'"stream": true' in piece
    await asyncio.sleep(THINKS)
    if not streamed:
        return web.json_response(ANSWER)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for event in EVENTS:
        await response.write(event)
        # One network packet a chunk, as a model sends them.
        await asyncio.sleep(PAUSE)
    return response


if __name__ == "__main__":
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", answer)
    sock = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
    web.run_app(app, sock=sock, print=None, access_log=None)
