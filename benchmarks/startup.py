"""Start to first answer, memory before the first image, and /health while a 12-megapixel photo is worked on.

Usage: python benchmarks/startup.py [PHOTO]     Without PHOTO a noisy 4032x3024 JPEG is made.
"""

from __future__ import annotations

import asyncio
import base64
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from processes import running

CONFIG = "pipeline:\n  - use: resize\n"
TEXT = {"model": "dry-run/gpt-6-astra", "messages": [{"role": "user", "content": "Hello"}]}


def photo(width: int = 4032, height: int = 3024) -> bytes:
    """A JPEG that is as hard to decode as a photo."""
    import numpy as np
    import simplejpeg

    random = np.random.default_rng(1)
    coarse = random.integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
    pixels = coarse.repeat(8, axis=0).repeat(8, axis=1) // 2 + random.integers(
        0, 16, (height, width, 3), dtype=np.uint8
    )
    return simplejpeg.encode_jpeg(pixels, quality=90)


async def ask(client: aiohttp.ClientSession, url: str, document: object) -> dict[str, object]:
    async with client.post(url + "/v1/chat/completions", json=document) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def healths(client: aiohttp.ClientSession, url: str, stop: asyncio.Event) -> list[float]:
    times = []
    while not stop.is_set():
        start = time.perf_counter()
        async with client.get(url + "/health") as response:
            await response.read()
        times.append((time.perf_counter() - start) * 1000)
        await asyncio.sleep(0.002)
    return times


async def main(picture: bytes) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(CONFIG)
        config.flush()
        start = time.perf_counter()
        with running("-m", "token0.cli", "run", "--port", "0", "--config", config.name) as gateway:
            async with aiohttp.ClientSession() as client:
                await ask(client, gateway.url, TEXT)
                print(f"start to first answer       {time.perf_counter() - start:6.2f} s")
                print(f"memory before first image   {gateway.memory_mb():6.1f} MB")
                image = {"url": "data:image/jpeg;base64," + base64.b64encode(picture).decode()}
                content = [{"type": "text", "text": "Describe it."}, {"type": "image_url", "image_url": image}]
                document = {"model": "dry-run/gpt-6-astra", "messages": [{"role": "user", "content": content}]}
                for turn in ("first", "second", "third"):
                    stop = asyncio.Event()
                    health = asyncio.create_task(healths(client, gateway.url, stop))
                    start = time.perf_counter()
                    answer = await ask(client, gateway.url, document)
                    took = time.perf_counter() - start
                    stop.set()
                    times = await health
                    saved = answer["token0"]["tokens_saved"]  # type: ignore[index]
                    print(
                        f"{turn} {len(picture) / 1e6:.1f}-MB photo: {took * 1000:5.0f} ms, {saved} tokens saved; "
                        f"/health median {statistics.median(times):.1f} ms, slowest {max(times):.1f} ms"
                    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_bytes() if sys.argv[1:] else photo()))
