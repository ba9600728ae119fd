"""How long an image takes that came before, beside one that is worked on, with the shipped pipeline: medians.

Usage: python benchmarks/cache_images.py [--count N] [--redis URL]
`anew` reads a request, works on its image in a worker process, and writes the request; `again` does the same when the
image is kept. Of that, `hash` is the SHA-256 of the image, and `rest` all but it and the reading of the JSON, which is
there without a cache too; `best` is the least of the rests, which busy neighbours disturb less, and `cpu` the processor
time of `again`. `as it came` is an image that the pipeline leaves alone. The conversation has 20 images of 100 KB, all
sent before.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image

from token0 import config, plugins
from token0.config import CacheConfig, Step
from token0.engine import Engine
from token0.server import keep_large_blocks
from token0.wire import Endpoint

EXAMPLE = Path(__file__).parents[1] / "examples" / "token0.yaml"
REACH_MS = 2.0
TURNS = 20
COLUMNS = ("anew", "again", "hash", "rest", "best", "cpu")


def photo(width: int, height: int, size: int) -> bytes:
    """A JPEG of about `size` bytes: smooth noise."""
    coarse = np.random.default_rng(3).integers(0, 256, (height // 6, width // 6, 3), np.uint8)
    picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    for quality in range(98, 1, -2):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if out.tell() < size:
            break
    return out.getvalue()


def unseen(data: bytes, size: int) -> bytes:
    """The picture as nobody has sent it: behind its end are bytes that no decoder looks at."""
    return data + os.urandom(max(16, size - len(data)))


def body(*images: bytes) -> bytes:
    messages: list[dict[str, Any]] = []
    for image in images:
        url = "data:image/jpeg;base64," + base64.b64encode(image).decode()
        content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
        messages += [{"role": "user", "content": content}, {"role": "assistant", "content": "A picture."}]
    return json.dumps({"model": "gpt-6-astra", "messages": messages[:-1]}).encode()


async def milliseconds(work: Callable[[], Awaitable[Any]]) -> float:
    start = time.perf_counter()
    await work()
    return (time.perf_counter() - start) * 1000


async def asked(engine: Engine, data: bytes) -> tuple[float, float]:
    """Milliseconds of a request from bytes to bytes, and of that without reading."""
    dialect = engine.dialects["openai-chat"]
    start = time.perf_counter()
    request = dialect.read(data, Endpoint(kind="generate", path="", model=None))
    read = time.perf_counter()
    route = await engine.router.route(request.model)
    report = engine.report("openai-chat", request, route)
    await engine.prepare(dialect, request, route, report)
    end = time.perf_counter()
    return (end - start) * 1000, (end - read) * 1000


def hashing(data: bytes) -> float:
    start = time.perf_counter()
    hashlib.sha256(data).digest()
    return (time.perf_counter() - start) * 1000


async def measure(engine: Engine, name: str, picture: bytes, size: int, count: int) -> bool:
    """Print one line; True when it is within reach."""
    times: dict[str, list[float]] = {"anew": [], "again": [], "hash": [], "rest": [], "cpu": []}
    for _ in range(count):
        data = unseen(picture, size)
        whole, _ = await asked(engine, body(data))
        times["anew"].append(whole)
        await asyncio.sleep(0.05)
        hashed, again = hashing(data), body(data)
        before = time.process_time()
        whole, prepared = await asked(engine, again)
        times["cpu"].append((time.process_time() - before) * 1000)
        times["again"].append(whole)
        times["hash"].append(hashed)
        times["rest"].append(prepared - hashed)
    found = {what: statistics.median(each) for what, each in times.items()} | {"best": min(times["rest"])}
    print(f"{name:34}" + "".join(f"{found[what]:10.2f}" for what in COLUMNS), flush=True)
    return found["rest"] <= REACH_MS


async def converse(engine: Engine, picture: bytes, count: int) -> None:
    """A conversation whose last turn is new, again and again."""
    times = []
    known = [unseen(picture, 100_000) for _ in range(TURNS)]
    await engine.optimize(body(*known), "openai-chat")
    await asyncio.sleep(0.2)
    for _ in range(count):
        data = body(*known)
        times.append(await milliseconds(lambda data=data: engine.optimize(data, "openai-chat")))  # type: ignore[misc]
    print(f"{f'{TURNS} images sent before':34}{'':10}{statistics.median(times):10.2f}", flush=True)


async def run(layers: tuple[Step, ...], count: int) -> bool:
    registry = plugins.load()
    settings = config.load(EXAMPLE, registry)
    engine = Engine(msgspec.structs.replace(settings, cache=CacheConfig(layers=layers)), registry)
    try:
        await engine.optimize(body(photo(640, 480, 50_000)), "openai-chat")
        within = [
            await measure(engine, "4000x3000, 1 MB, made smaller", photo(4000, 3000, 1_000_000), 1_000_000, count),
            await measure(engine, "4000x3000, 3 MB, made smaller", photo(4000, 3000, 3_000_000), 3_000_000, count),
            await measure(engine, "1200x900, 200 KB, made smaller", photo(1200, 900, 200_000), 200_000, count),
            await measure(engine, "60x60, as it came", photo(60, 60, 5_000), 5_000, count),
        ]
        await converse(engine, photo(1200, 900, 100_000), count)
    finally:
        await engine.close()
    return all(within)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--redis", metavar="URL", help="also with a server that runs there")
    arguments = parser.parse_args()
    keep_large_blocks()
    registry = plugins.load()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"memory": {}, "disk": {"directory": folder}, "redis": {"url": arguments.redis}}
        for name in ("memory", "disk", "redis"):
            if name != "redis" or arguments.redis:
                print(f"{name:34}" + "".join(f"{what:>10}" for what in COLUMNS))
                layer = Step(name, msgspec.convert(settings[name], registry.caches[name].Config))
                within = asyncio.run(run((layer,), arguments.count))
                print(f"{'':34}the rest is {'' if within else 'NOT '}within {REACH_MS:g} ms\n")


if __name__ == "__main__":
    main()
