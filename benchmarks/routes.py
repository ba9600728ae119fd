"""Which pictures are sent as text, with or without a picture beside it, and whether that was right.

Usage: python benchmarks/routes.py --data DIR [--models A,B] [--config FILE] [--questions]

The data set says of each picture whether its text may stand for it. Of those where it may, the share that is offered as
text is printed (a picture whose text would be dearer does not count); of the others, every question that needs pixels
and was answered with text alone is named. Readings of Tesseract are kept under --cache, so a second run is fast.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
from pathlib import Path
from typing import Any, NamedTuple

import pybase64
from answers import rows
from memory import Memory
from survival import scorer

from token0 import config as configuration
from token0 import plugins
from token0.engine import Engine
from token0.routing import Route
from token0.types import ImagePart, Request, Text
from token0_ocr.tesseract import Tesseract
from token0_rapidocr.engine import Rapid

MODELS = "ollama/llava:7b,ollama/moondream,gpt-4o,gemini-3.8-flash,gpt-6-astra,claude-opus-5-5"
STEPS = ("ocr", "rapidocr")
DEARER = ("cheaper", "dearer", "would not pay")
"""Words by which a step tells that it declined for the price."""

PIXELS = ("describe", "count", "color", "layout")
PICTURES = ("chart", "diagram", "photo")


class Sending(NamedTuple):
    """What was sent for one question: text, hybrid, picture, or dearer (a picture because it is cheaper)."""

    row: dict[str, Any]
    question: dict[str, Any]
    sent: str
    why: str
    answered: bool
    before: int
    saved: int

    @property
    def extract(self) -> bool:
        return bool(self.question["kind"] == "extract")

    @property
    def false(self) -> bool:
        """True when pixels were needed and none were sent."""
        needs = self.question["kind"] in PIXELS or self.row["category"] in PICTURES
        return self.sent == "text" and self.row["expect_text_route"] is False and needs


async def routed(engine: Engine, route: Route, row: dict[str, Any], data: bytes, score: Any) -> list[Sending]:
    found = []
    for question in row["questions"]:
        part = ImagePart(path=("image",), base64=pybase64.b64encode(data).decode(), prompt=question["q"])
        request = Request(body=b"", document={}, model=route.model, parts=(part,))
        report = engine.report("benchmark", request, route)
        contents = (await engine.images(request, route, report)).get(0, ())
        (image,) = report.images
        step = next((step for step in image.steps if step.name in STEPS), None)
        texts = [content.text for content in contents if isinstance(content, Text)]
        sent = "picture" if not texts else "text" if len(contents) == 1 else "hybrid"
        why = step.why if step else ""
        if sent == "picture" and any(word in why for word in DEARER):
            sent = "dearer"
        answered = any(score.answer_hit(score.Text(text), question) for text in texts if question.get("a"))
        saved = step.tokens_before - step.tokens_after if step and step.applied else 0
        found.append(Sending(row, question, sent, why, answered, image.before.tokens or 0, saved))
    return found


def show(routes: list[Sending], *, questions: bool) -> None:
    """The figures of one model."""
    ways = collections.defaultdict(set)
    for each in routes:
        if each.extract and each.row["expect_text_route"]:
            ways[each.row["file"]].add(each.sent)
    offered = sum(bool(way & {"text", "hybrid"}) for way in ways.values())
    dearer = sum("dearer" in way and not way & {"text", "hybrid"} for way in ways.values())
    hybrid = sum("hybrid" in way for way in ways.values())
    counting = len(ways) - dearer
    share = offered / counting if counting else 0.0
    print(
        f"  text may stand for {len(ways)} pictures; dearer for {dearer}; offered {offered} of {counting} = {share:.0%}"
    )
    print(f"    ({offered - hybrid} as text, {hybrid} as text with a picture)")
    texts = [each for each in routes if each.extract and each.sent in {"text", "hybrid"}]
    print(f"  questions sent text: {len(texts)}; the answer is in it: {sum(each.answered for each in texts)}")
    before, saved = sum(each.before for each in routes), sum(each.saved for each in routes)
    print(f"  saved by text, of all pictures: {saved} of {before} tokens = {saved / max(1, before):.1%}")
    wrong = [f"{each.row['file']} ({each.question['q']})" for each in routes if each.false]
    print("  text alone where pixels are needed:", "; ".join(wrong) or "none", flush=True)
    for each in routes if questions else ():
        print(f"    {each.row['file']} {each.question['q']!r}: {each.sent} {each.why}")


async def main(arguments: argparse.Namespace) -> None:
    score = scorer(arguments.data.parent / "score_text.py")
    memory = Memory(arguments.cache)
    memory.install(Tesseract, Rapid)
    registry = plugins.load()
    engine = Engine(configuration.load(arguments.config, registry), registry, in_process=True)
    pictures = rows(arguments.data, arguments.sample)
    for model in arguments.models.split(","):
        route = await engine.router.route(model)
        owed = memory.owed
        routes: list[Sending] = []
        for row in pictures:
            routes += await routed(engine, route, row, (arguments.data / row["file"]).read_bytes(), score)
        print(model)
        show(routes, questions=arguments.questions)
        read = [each for each in routes if each.sent in {"text", "hybrid"}]
        if read and memory.owed > owed:
            print(f"  CPU of reading: {(memory.owed - owed) / len(routes):.2f} s a question, kept readings only")
    await engine.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--config", default=str(Path(__file__).parent.parent / "examples" / "token0.yaml"))
    parser.add_argument("--models", default=MODELS)
    parser.add_argument("--sample", type=int, help="this many pictures, the same ones every time")
    parser.add_argument("--questions", action="store_true", help="print what became of each question, and why")
    parser.add_argument("--cache", type=Path, default=Path(".cache/answers"), help="kept readings")
    asyncio.run(main(parser.parse_args()))
