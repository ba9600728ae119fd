"""CPU per request and added latency: direct, through a bare aiohttp proxy, through the gateway. Side by side.

Usage: python benchmarks/relay.py [--rounds N]
Rounds alternate between the three, so that noise of the machine falls on all of them; medians over rounds are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp
from processes import Process, running

HERE = Path(__file__).parent
TEXT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Is this a benchmark? Answer in one word. " * 5}]}
PICTURE = "data:image/jpeg;base64," + base64.b64encode(os.urandom(3_750_000)).decode()
LARGE = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE}}]}],
}
CASES = {
    "text, 300 bytes": (TEXT, {}, 600, 1),
    "5 MB image, optimization off": (LARGE, {"X-Token0": "off"}, 40, 1),
    "stream of 200 chunks": ({**TEXT, "stream": True}, {}, 40, 10),
}


async def measure(
    server: Process | None, url: str, body: bytes, headers: dict[str, str], count: int, at_once: int
) -> list[float]:
    """CPU milliseconds per request of the server, and latency in milliseconds; `at_once` requests run side by side."""
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    async with aiohttp.ClientSession() as client:

        async def once() -> None:
            async with client.post(url + "/v1/chat/completions", data=pieces(body), headers=headers) as response:
                assert response.status == 200, await response.text()
                async for _ in response.content.iter_any():
                    pass

        await once()
        cpu = server.cpu_seconds() if server else 0.0
        start = time.perf_counter()
        for _ in range(count // at_once):
            await asyncio.gather(*(once() for _ in range(at_once)))
        took = time.perf_counter() - start
        used = (server.cpu_seconds() if server else 0.0) - cpu
    return [used / count * 1000, took / count * at_once * 1000]


async def pieces(body: bytes):  # type: ignore[no-untyped-def]
    for start in range(0, len(body), 1 << 18):
        yield body[start : start + (1 << 18)]


async def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder, running(str(HERE / "upstream.py")) as upstream:
        config = Path(folder) / "token0.yaml"
        config.write_text(f"providers:\n  openai:\n    base_url: {upstream.url}/v1\n")
        with (
            running(str(HERE / "bare_proxy.py"), upstream.url) as bare,
            running("-m", "token0.cli", "run", "--port", "0", "--config", str(config)) as gateway,
        ):
            for name, (document, headers, count, at_once) in CASES.items():
                body = json.dumps(document).encode()
                results: dict[str, list[list[float]]] = {"direct": [], "bare proxy": [], "gateway": []}
                for _ in range(rounds):
                    for who, server in (("direct", None), ("bare proxy", bare), ("gateway", gateway)):
                        url = server.url if server else upstream.url
                        results[who].append(await measure(server, url, body, headers, count, at_once))
                report(name, results)


def report(name: str, results: dict[str, list[list[float]]]) -> None:
    cpu = {who: statistics.median(row[0] for row in rows) for who, rows in results.items()}
    latency = {who: statistics.median(row[1] for row in rows) for who, rows in results.items()}
    print(name)
    for who in results:
        added = latency[who] - latency["direct"]
        print(f"  {who:<11} cpu {cpu[who]:7.3f} ms   latency {latency[who]:7.2f} ms   added {added:6.2f} ms")
    print(f"  gateway / bare proxy: cpu x{cpu['gateway'] / cpu['bare proxy']:.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(main(parser.parse_args().rounds))
