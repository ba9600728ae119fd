"""What is saved, and what is lost: every picture and question of a data set through the pipeline, judged by a reader.

Usage: python benchmarks/answers.py --data DIR [--models A,B] [--quality legible] [--sample N] [--oracle] [--noise]
       [--plot F.svg]

A question counts where the reader finds its answer in the original, at the same share of what the model would see. It
is lost when it is neither in the text that is sent nor found in the picture that is sent. The reader is rapidocr, in an
environment of its own under --cache (made at the first run, 500 MB; the whole set takes an hour or two). Readings are
kept there, so that a run that was stopped goes on where it was. A lost answer is unsteady where the reader does not
find it in the original either, when that is shown 5 % larger or smaller: chance then decides as much as the pipeline.
`--noise` prints how often that happens where nothing was done to the pictures: what no pipeline can be told from.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pybase64
from chart import curve
from memory import Memory
from survival import NEAR, SHARE, Judge, Reader, scorer

from token0 import config as configuration
from token0 import plugins
from token0.engine import Engine
from token0.images import open_part
from token0.interfaces import TokenCounter
from token0.report import ImageReport
from token0.routing import Route
from token0.rules import find_counter
from token0.types import Content, Image, ImagePart, Request, Size
from token0_ocr.tesseract import Tesseract
from token0_rapidocr.engine import Rapid

MODELS = (
    "gpt-4o,gpt-4.1-mini,gpt-5.4,gpt-6-astra,claude-haiku-4-5,claude-opus-5-5,gemini-2.5-flash,gemini-3.8-flash,"
    "ollama/llava:7b,ollama/llava-llama3,ollama/minicpm-v,ollama/moondream"
)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class Sent(NamedTuple):
    """What is sent of one picture for one question."""

    row: dict[str, Any]
    question: dict[str, Any]
    original: Image
    contents: Sequence[Content]
    report: ImageReport
    ms: float


class Result(NamedTuple):
    """One question about one picture: tokens before and after, and whether the answer was there and stayed."""

    file: str
    category: str
    before: int
    after: int
    counted: bool
    lost: bool
    unsteady: bool
    ms: float


def rows(data: Path, sample: int | None) -> list[dict[str, Any]]:
    """Raster pictures that open and have questions; with `sample`, the same random ones every time."""
    every = [json.loads(line) for line in (data / "manifest.jsonl").read_text().splitlines()]
    found = [row for row in every if not row["hostile"] and row["format"] in FORMATS and row["questions"]]
    found = [row for row in found if row["opens"].get("cv2") == "ok"]
    return random.Random(1).sample(found, sample) if sample else found


class Run:
    """One model at one quality."""

    def __init__(self, engine: Engine, route: Route, judge: Judge, memory: Memory) -> None:
        self._engine, self._route, self._judge, self._memory = engine, route, judge, memory
        counter = find_counter(engine.registry, route.provider.name, route.model)
        assert counter
        self._counter = counter

    async def sent(self, row: dict[str, Any], question: dict[str, Any], data: bytes) -> Sent:
        """What the pipeline makes of one picture for one question."""
        part = ImagePart(path=("image",), base64=pybase64.b64encode(data).decode(), prompt=question["q"])
        request = Request(body=b"", document={}, model=self._route.model, parts=(part,))
        report = self._engine.report("benchmark", request, self._route)
        start, owed = time.process_time(), self._memory.owed
        changes = await self._engine.images(request, self._route, report)
        ms = (time.process_time() - start + self._memory.owed - owed) * 1000
        original = open_part(part, self._engine.config.workers.max_pixels)
        return Sent(row, question, original, changes.get(0, [original]), report.images[0], ms)

    def counted(self, original: Image, question: dict[str, Any]) -> bool:
        """True when the reader finds the answer in the picture as it came."""
        asked = bool(question.get("a")) and question["kind"] == "extract"
        return asked and self._judge.answered([original], question, self._counter)

    def noise(self, data: bytes, question: dict[str, Any]) -> list[bool] | None:
        """Whether the reader loses the answer with the original at each size near; None where it does not count."""
        part = ImagePart(path=("image",), base64=pybase64.b64encode(data).decode())
        original = open_part(part, self._engine.config.workers.max_pixels)
        if not self.counted(original, question):
            return None
        return [not self._judge.answered([original], question, self._counter, SHARE * near) for near in NEAR]

    def judged(self, sent: Sent, *, oracle: bool) -> Result:
        """Whether the answer is still there; with `oracle`, what the smallest resizing that keeps it would cost."""
        question = sent.question
        counted = self.counted(sent.original, question)
        before, after = sent.report.before.tokens or 0, sent.report.after.tokens or 0
        lost = False
        if oracle:
            after = self._oracle(sent.original, question) if counted else after
        else:
            lost = counted and not self._judge.answered(sent.contents, question, self._counter)
        unsteady = lost and not self._judge.steady(sent.original, question, self._counter)
        return Result(sent.row["file"], sent.row["category"], before, after, counted, lost, unsteady, sent.ms)

    def _oracle(self, image: Image, question: dict[str, Any]) -> int:
        """Tokens of the smallest resizing from which the reader still finds this very answer."""
        best = self._counter.count(image.size, image.detail)
        for size in _smaller(image, self._counter):
            smaller = msgspec.structs.replace(image, width=size.width, height=size.height)
            if not self._judge.answered([_resized(image, smaller)], question, self._counter):
                break
            best = min(best, self._counter.count(size, image.detail))
        return best


def _smaller(image: Image, counter: TokenCounter) -> Iterator[Size]:
    for percent in (80, 64, 50, 40, 32, 25, 20, 16, 12):
        seen = counter.seen(image.size, image.detail)
        yield Size(max(1, seen.width * percent // 100), max(1, seen.height * percent // 100))


def _resized(image: Image, target: Image) -> Image:
    from token0_pixels import decode, encode, resize

    data = encode(resize(decode(image, at_least=target.size), target.size), "png")
    return msgspec.structs.replace(target, data=data, format="png", orientation=1)


def table(results: list[Result]) -> tuple[float, float]:
    """Print a line for each category and one for all; return the shares saved and lost."""
    groups = collections.defaultdict(list)
    for result in results:
        groups[result.category].append(result)
    for category, group in [*sorted(groups.items()), ("all", results)]:
        before, after = sum(each.before for each in group), sum(each.after for each in group)
        counted = sum(each.counted for each in group)
        lost = sum(each.lost for each in group)
        saved = 1 - after / before if before else 0.0
        share = lost / counted if counted else 0.0
        ms = sum(each.ms for each in group) / len(group)
        unsteady = sum(each.unsteady for each in group)
        print(
            f"  {category:<12} saved {saved:7.1%}   lost {lost:3d} of {counted:3d} {share:7.2%}"
            f"   ({unsteady} unsteady)   {ms:6.0f} ms"
        )
    return saved, share


async def measure(run: Run, data: Path, sample: int | None, jobs: int, *, oracle: bool) -> list[Result]:
    """All questions of the set, judged by `jobs` readers side by side."""
    sent = []
    for row in rows(data, sample):
        picture = (data / row["file"]).read_bytes()
        sent += [await run.sent(row, question, picture) for question in row["questions"]]
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda each: run.judged(each, oracle=oracle), sent))


def noise(run: Run, data: Path, sample: int | None, jobs: int) -> str:
    """A line about the reader alone."""
    asked = [((data / row["file"]).read_bytes(), each) for row in rows(data, sample) for each in row["questions"]]
    with ThreadPoolExecutor(jobs) as pool:
        lost = [each for each in pool.map(lambda each: run.noise(*each), asked) if each is not None]
    counts = (f"{sum(at)} at {near:.2f}" for near, at in zip(NEAR, zip(*lost, strict=True), strict=False))
    return f"of {len(lost)} answers the reader alone loses {', '.join(counts)} of the size"


async def main(arguments: argparse.Namespace) -> None:
    reader = Reader(arguments.cache, arguments.jobs)
    judge = Judge(reader, scorer(arguments.data.parent / "score_text.py"))
    memory = Memory(arguments.cache)
    memory.install(Tesseract, Rapid)
    registry = plugins.load()
    points: dict[str, list[tuple[float, float, str]]] = {}
    for quality in arguments.quality.split(","):
        config = msgspec.structs.replace(configuration.load(arguments.config, registry), quality=quality)
        engine = Engine(config, registry, in_process=True)
        for model in arguments.models.split(","):
            run = Run(engine, await engine.router.route(model), judge, memory)
            if arguments.noise:
                print(f"{model}: {noise(run, arguments.data, arguments.sample, arguments.jobs)}", flush=True)
                continue
            results = await measure(run, arguments.data, arguments.sample, arguments.jobs, oracle=arguments.oracle)
            print(f"{model}, {'oracle' if arguments.oracle else quality}")
            saved, lost = table(results)
            print("  lost in:", " ".join(sorted({each.file for each in results if each.lost})) or "none", flush=True)
            points.setdefault(model, []).append((lost, saved, quality))
        await engine.close()
    if arguments.plot:
        arguments.plot.write_text(curve(points))
    reader.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--config", default=str(Path(__file__).parent.parent / "examples" / "token0.yaml"))
    parser.add_argument("--models", default=MODELS)
    parser.add_argument("--quality", default="legible", help="one or several of lossless, legible, thrifty")
    parser.add_argument("--sample", type=int, help="this many pictures, the same ones every time")
    parser.add_argument("--oracle", action="store_true", help="the best resizing that knows the question")
    parser.add_argument("--noise", action="store_true", help="what the reader loses of pictures that no one touched")
    parser.add_argument("--plot", type=Path, help="an SVG of saved against lost")
    parser.add_argument("--jobs", type=int, default=2, help="readers side by side")
    parser.add_argument("--cache", type=Path, default=Path(".cache/answers"), help="reader and readings")
    asyncio.run(main(parser.parse_args()))
