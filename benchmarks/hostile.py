"""Hostile files through a real gateway, as every dialect's image or document: what each does to workers and gateway.

Usage: python benchmarks/hostile.py --data DIR [--only PART-OF-A-NAME]
DIR holds `manifest.jsonl`, a line a file with `file` and `hostile`. The pipeline is the shipped one, with one worker,
so that its memory can be told. Printed per file: the answers of all doors, the longest time, the worker's peak memory
and what the gateway says it did; then a verdict. A worker that ended is noticed where the answer says so.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from processes import Process, running

from token0.testing import png

HERE = Path(__file__).parent
SECONDS, MEGABYTES = 5.0, 512.0
GROWTH = 64.0
"""Megabytes by which the gateway's own process may grow over all files."""
PIPELINE = ("pdf", "repair", "tiles", "resize", "detail", "ocr")
PROMPT = "What does it say?"
LABELS = {
    ".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".tif": "image/tiff", ".tiff": "image/tiff",
    ".bmp": "image/bmp", ".svg": "image/svg+xml", ".heic": "image/heic", ".pdf": "application/pdf",
}  # fmt: skip


class Door(NamedTuple):
    """A request with the file in it, and where it goes."""

    name: str
    path: str
    body: dict[str, Any]


class Answered(NamedTuple):
    """What came of one request."""

    door: str
    status: int
    seconds: float
    megabytes: float
    said: str
    clear: bool
    ended: bool


def doors(data: bytes, label: str) -> list[Door]:
    """The file as each dialect carries pictures, and a PDF as each carries documents."""
    coded = base64.b64encode(data).decode()
    url = f"data:{label};base64,{coded}"
    blob = {"contents": [{"parts": [{"text": PROMPT}, {"inlineData": {"mimeType": label, "data": coded}}]}]}
    source = {"type": "base64", "media_type": label, "data": coded}
    chat = [{"type": "image_url", "image_url": {"url": url}}]
    response = [{"type": "input_image", "image_url": url}]
    found = [
        _chat("chat", chat),
        _response("responses", response),
        _message("messages", {"type": "image", "source": source}),
        Door("gemini", "/v1beta/models/gemini-3-flash-preview:generateContent", blob),
        Door("ollama", "/api/generate", {"model": "llava:7b", "prompt": PROMPT, "images": [coded], "stream": False}),
    ]
    if label == "application/pdf":
        file = {"filename": "a.pdf", "file_data": url}
        found += [
            _chat("chat file", [{"type": "file", "file": file}]),
            _response("responses file", [{"type": "input_file", **file}]),
            _message("messages document", {"type": "document", "source": source}),
        ]
    return found


def _chat(name: str, parts: list[Any]) -> Door:
    content = [{"type": "text", "text": PROMPT}, *parts]
    return Door(name, "/v1/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": content}]})


def _response(name: str, parts: list[Any]) -> Door:
    content = [{"type": "input_text", "text": PROMPT}, *parts]
    return Door(name, "/v1/responses", {"model": "gpt-4o", "input": [{"role": "user", "content": content}]})


def _message(name: str, block: dict[str, Any]) -> Door:
    content = [block, {"type": "text", "text": PROMPT}]
    messages = [{"role": "user", "content": content}]
    return Door(name, "/v1/messages", {"model": "claude-opus-5-5", "max_tokens": 99, "messages": messages})


class Watch:
    """The worker processes of a gateway, looked at while a request runs."""

    def __init__(self, gateway: Process) -> None:
        self._gateway = gateway.pid
        self.peak = 0.0
        self.seen: set[int] = set()

    def begin(self) -> None:
        """Forget the peaks so far."""
        self.seen, self.peak = set(self.workers()), 0.0
        for pid in self.seen:
            _try_write(Path(f"/proc/{pid}/clear_refs"), "5")

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(0.01)

    def look(self) -> None:
        """Note the peaks of all workers that there are."""
        for pid in self.workers():
            self.seen.add(pid)
            self.peak = max(self.peak, _peak_megabytes(pid))

    def workers(self) -> list[int]:
        """Children of the gateway, by their ids."""
        tasks = Path(f"/proc/{self._gateway}/task").glob("*/children")
        return [int(pid) for task in tasks for pid in task.read_text().split()]

    def lost(self) -> bool:
        """True when a worker that was there is gone."""
        return not self.seen <= set(self.workers())


def _try_write(path: Path, text: str) -> None:
    with contextlib.suppress(OSError):  # it may have ended
        path.write_text(text)


def _peak_megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


async def ask(client: aiohttp.ClientSession, gateway: Process, watch: Watch, door: Door) -> Answered:
    """Send one request and look at what it costs and says."""
    watch.begin()
    looking = asyncio.create_task(watch.run())
    body = json.dumps(door.body).encode()
    started = time.perf_counter()
    try:
        async with client.post(gateway.url + door.path, data=body) as answer:
            text = await answer.read()
    finally:
        seconds = time.perf_counter() - started
        looking.cancel()
    watch.look()
    said, clear = _said(answer.status, text)
    return Answered(door.name, answer.status, seconds, watch.peak, said, clear, watch.lost())


def _said(status: int, text: bytes) -> tuple[str, bool]:
    """What an answer tells about the file, and whether it is clear: what was done, or an error with a sentence."""
    try:
        document = json.loads(text)
    except ValueError:
        return f"no JSON: {text[:60]!r}", False
    if status == 200 and "token0" in document:
        images = document["token0"]["images"]
        return "; ".join(map(_done, images)) or "not looked at", bool(images)
    error = document.get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return str(message), 400 <= status < 500 and isinstance(message, str)


def _done(image: dict[str, Any]) -> str:
    if image["note"]:
        return str(image["note"])
    applied = [step["name"] for step in image["steps"] if step["applied"]]
    if applied:
        return f"{'+'.join(applied)} -> {image['after']['format']}"
    return "; ".join(f"{step['name']}: {step['why']}" for step in image["steps"]) or "as it came"


def files(data: Path, only: str) -> list[Path]:
    """The hostile files of the set."""
    rows = map(json.loads, (data / "manifest.jsonl").read_text().splitlines())
    return [data / row["file"] for row in rows if row.get("hostile") and only in row["file"]]


def settings(upstream: str) -> dict[str, Any]:
    """The configuration: all providers at one loopback server."""
    return {
        "server": {"port": 0},
        "workers": {"processes": 1},
        "pipeline": list(PIPELINE),
        "providers": {
            "openai": {"base_url": f"{upstream}/v1"},
            "anthropic": {"base_url": f"{upstream}/v1"},
            "google": {"base_url": upstream},
            "ollama": {"base_url": upstream},
        },
        "routing": {"default_provider": "ollama"},
    }


async def measure(gateway: Process, paths: list[Path]) -> list[str]:
    """Send all files and print a line for each; return what is wrong."""
    watch, wrong = Watch(gateway), []
    headers = {
        "Authorization": "Bearer sk",
        "x-api-key": "sk",
        "x-goog-api-key": "k",
        "Content-Type": "application/json",
    }
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as client:
        await ask(client, gateway, watch, doors(png(64, 64), "image/png")[0])
        before = gateway.memory_mb()
        for path in paths:
            label = LABELS.get(path.suffix, "image/png")
            answers = [await ask(client, gateway, watch, door) for door in doors(path.read_bytes(), label)]
            print(_line(path.name, answers), flush=True)
            wrong += [f"{path.name} as {each.door}: {what}" for each in answers if (what := _wrong(each))]
        async with client.get(gateway.url + "/health") as health:
            if health.status != 200:
                wrong.append(f"/health answers {health.status}")
        after = gateway.memory_mb()
    print(f"\ngateway: {before:.0f} MB before, {after:.0f} MB after, /health {health.status}")
    if after - before > GROWTH:
        wrong.append(f"the gateway grew by {after - before:.0f} MB")
    return wrong


def _line(name: str, answers: list[Answered]) -> str:
    statuses = " ".join(f"{count}x{status}" for status, count in Counter(each.status for each in answers).items())
    seconds, peak = max(each.seconds for each in answers), max(each.megabytes for each in answers)
    said = Counter(each.said for each in answers).most_common()
    ended = sum(each.ended for each in answers)
    text = " | ".join(f"{count}x {what}" for what, count in said)
    return f"{name:<28}{statuses:<14}{seconds:>6.2f} s{peak:>6.0f} MB{f' ended {ended}x' if ended else ''}  {text}"


def _wrong(answered: Answered) -> str | None:
    if answered.seconds > SECONDS:
        return f"took {answered.seconds:.1f} s"
    if answered.megabytes > MEGABYTES:
        return f"a worker took {answered.megabytes:.0f} MB"
    if answered.ended and "worker" not in answered.said and "no result" not in answered.said:
        return f"a worker ended unnoticed: {answered.said}"
    return None if answered.clear else f"no clear answer: {answered.status} {answered.said}"


def main() -> int:
    """Run and print; 1 when a file did harm."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", default="", help="files with this in their name")
    options = parser.parse_args()
    paths = files(options.data, options.only)
    with tempfile.TemporaryDirectory() as folder, running(str(HERE / "upstream.py")) as upstream:
        configuration = Path(folder) / "token0.yaml"
        configuration.write_text(json.dumps(settings(upstream.url)))
        with running("-m", "token0.cli", "run", "--port", "0", "--config", str(configuration)) as gateway:
            wrong = asyncio.run(measure(gateway, paths))
    print(f"{len(paths)} files: " + ("none does harm" if not wrong else f"{len(wrong)} times harm"))
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
