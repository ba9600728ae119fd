"""How long an answer from the cache takes beside one that is fetched, for a request of 1 MB: median and 99 %.

Usage: python benchmarks/cache.py [--count N] [--delay SECONDS]
Hits and misses take turns. A miss has an image that was never seen, sent to a provider on loopback that answers at
once, or after the delay, as a model does. `direct` is the same request to that provider without a gateway: what the
transport alone takes. `cpu` is the processor time of the server: on a busy machine it says more than the clock.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import io
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from processes import Process, running

HERE = Path(__file__).parent
IMAGE_BYTES = 750_000
REACH_MS = 3.0
HEADERS = {"Authorization": "Bearer sk-1", "Content-Type": "application/json"}
LAYERS: dict[str, list[Any]] = {"memory": ["memory"], "disk": ["disk"], "memory, disk": ["memory", "disk"]}


def photo() -> bytes:
    """A JPEG of a little less than `IMAGE_BYTES`: smooth noise of 2.4 megapixels."""
    coarse = np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8)
    picture = Image.fromarray(coarse).resize((1800, 1350), Image.Resampling.BICUBIC)
    for quality in range(98, 1, -2):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if out.tell() < IMAGE_BYTES:
            break
    return out.getvalue()


PHOTO = photo()


def request(*, stream: bool = False) -> bytes:
    """A request nobody has made: behind the end of the picture are bytes that no decoder looks at."""
    data = PHOTO + os.urandom(IMAGE_BYTES - len(PHOTO))
    url = "data:image/jpeg;base64," + base64.b64encode(data).decode()
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
    messages = [{"role": "user", "content": content}]
    return json.dumps({"model": "gpt-4o", "temperature": 0, "stream": stream, "messages": messages}).encode()


def ask(server: http.client.HTTPConnection, body: bytes, expected: str | None) -> float:
    """Milliseconds until the last byte of the answer. Blocking, as that client takes the least time itself."""
    start = time.perf_counter()
    server.request("POST", "/v1/chat/completions", body, HEADERS)
    answer = server.getresponse()
    answer.read()
    took = (time.perf_counter() - start) * 1000
    assert (answer.status, answer.headers.get("x-token0-cache")) == (200, expected), answer.headers
    return took


def measure(gateway: Process, upstream: Process, count: int, *, stream: bool) -> dict[str, list[float]]:
    """Milliseconds of each request, and the servers' processor time for some."""
    times: dict[str, list[float]] = {"direct": [], "miss": [], "hit": [], "direct, cpu": [], "hit, cpu": []}
    near, far = (http.client.HTTPConnection(each.url.removeprefix("http://")) for each in (gateway, upstream))
    known = request(stream=stream)
    ask(near, known, "miss")
    ask(near, known, "hit")
    for _ in range(count):
        times["miss"].append(ask(near, request(stream=stream), "miss"))
        # What is kept of the miss is no work of the hit.
        time.sleep(0.05)
        for name, server, process, expected in (("direct", far, upstream, None), ("hit", near, gateway, "hit")):
            before = process.cpu_seconds()
            times[name].append(ask(server, known, expected))
            times[f"{name}, cpu"].append((process.cpu_seconds() - before) * 1000)
    return times


def report(name: str, times: dict[str, list[float]]) -> float:
    """Print a line for each; returns the median of a hit."""
    print(name)
    median = {who: float(np.percentile(each, 50)) for who, each in times.items()}
    for who, each in times.items():
        ratio = f"   hit x{median[who] / median['hit']:.1f} faster" if who == "miss" else ""
        print(
            f"  {who:<11} p50 {median[who]:8.2f} ms   p99 {float(np.percentile(each, 99)):8.2f} ms{ratio}", flush=True
        )
    return median["hit"]


def main(count: int, delay: float) -> None:
    hits = []
    for name, layers in LAYERS.items():
        for seconds, stream in ((0.0, False), (delay, False), (0.0, True)):
            with tempfile.TemporaryDirectory() as folder, running(str(HERE / "upstream.py"), str(seconds)) as upstream:
                config = Path(folder) / "token0.yaml"
                shelf = [{"use": "disk", "directory": f"{folder}/kept"} if each == "disk" else each for each in layers]
                providers = {"openai": {"base_url": f"{upstream.url}/v1"}}
                config.write_text(
                    json.dumps({"providers": providers, "pipeline": ["resize"], "cache": {"layers": shelf}})
                )
                with running("-m", "token0.cli", "run", "--port", "0", "--config", str(config)) as gateway:
                    often = count if seconds == 0 and not stream else max(5, count // 5)
                    times = measure(gateway, upstream, often, stream=stream)
            kind = "stream of 200 chunks" if stream else f"answer after {seconds:g} s"
            hits.append(report(f"{name}; {kind}", times))
    whole = [hit for number, hit in enumerate(hits) if number % 3 != 2]
    verdict = "reached" if max(whole) <= REACH_MS else "missed"
    print(f"p50 of a hit, at most: {max(whole):.2f} ms (reach: {REACH_MS:g} ms, {verdict})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--delay", type=float, default=0.5)
    given = parser.parse_args()
    main(given.count, given.delay)
