"""How often `use: saliency` crops, what that saves, and whether the answer is in the crop.

Usage: python benchmarks/saliency.py --data DIR [--categories receipt,form] [--model gpt-6-astra]
DIR holds `manifest.jsonl`: a line a file with `file`, `category` and `questions`, each with `q`, `a` and `kind`. The
answer is looked for among the words that Tesseract reads, first on the whole page, then inside the crop; where the page
does not have it, nothing is judged. Lost answers are printed one by one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from token0 import plugins
from token0.interfaces import Context, Declined, Plan, Replacement
from token0.rules import find_counter
from token0.sniff import sniff
from token0.types import Image
from token0_ocr.page import Box, Page, Word
from token0_ocr.tesseract import Tesseract
from token0_pixels import decode
from token0_saliency.crop import read
from token0_saliency.optimizer import Saliency, SaliencyConfig
from token0_saliency.region import region
from token0_saliency.terms import spelled, terms

PROVIDERS = {"gpt": "openai", "claude": "anthropic", "gemini": "google"}
REGISTRY = plugins.load()


def questions(data: Path, categories: Sequence[str]) -> Iterator[tuple[Image, str, dict[str, Any]]]:
    """Pictures with a question whose answer is written on them."""
    for row in map(json.loads, (data / "manifest.jsonl").read_text().splitlines()):
        if row["category"] not in categories or row.get("hostile"):
            continue
        content = (data / row["file"]).read_bytes()
        header = sniff(content)
        if header is None or header.format not in Saliency.formats:
            continue
        image = Image(content, header.format, header.width, header.height, header.orientation)
        for question in row["questions"]:
            if question.get("kind") == "extract":
                yield image, row["file"], question


def holds(words: Sequence[Word], answer: str) -> bool:
    """True when all words of the answer are among `words`."""
    there = {part for word in words for part in spelled(word.text)}
    return set(spelled(answer)) <= there


def inside(word: Word, box: Box) -> bool:
    """True for a word that the crop shows whole."""
    return box.joined(word.box) == box


class Pages:
    """Readings of whole pages, each made once."""

    def __init__(self) -> None:
        self._engine, self._read = Tesseract(("eng",)), dict[bytes, Page | Declined]()

    def of(self, image: Image) -> Page | Declined:
        if image.data not in self._read:
            self._read[image.data] = read(decode(image).luma(), self._engine, 30.0)
        return self._read[image.data]


def measure(data: Path, categories: Sequence[str], ctx: Context) -> int:
    """Ask every question; print the counts; return how many answers were cut off."""
    config, pages = SaliencyConfig(deadline_seconds=30.0), Pages()
    step, said = Saliency(config), Counter[str]()
    before = after = judged = lost = asked = 0
    milliseconds: list[float] = []
    for image, file, question in questions(data, categories):
        asked += 1
        ctx = Context(model=ctx.model, counter=ctx.counter, prompt=question["q"])
        started = time.thread_time()
        plan = step.plan(image, ctx)
        result = step.apply(image, plan, ctx) if isinstance(plan, Plan) else plan
        milliseconds.append((time.thread_time() - started) * 1000)
        if not isinstance(result, Replacement):
            said[result.why] += 1
            continue
        said["cropped"] += 1
        before, after = before + ctx.tokens(image), after + ctx.tokens(*result.contents)
        page = pages.of(image)
        assert isinstance(page, Page)
        box = region(page, image.size, terms(question["q"]), confidence=config.confidence, lines=config.lines)
        assert isinstance(box, Box)
        if holds(page.words, question["a"]):
            judged += 1
            if not holds([word for word in page.words if inside(word, box)], question["a"]):
                lost += 1
                print(f"  cut off: {file}: {question['q']} {question['a']}")
    for why, count in said.most_common():
        print(f"{count:5}  {why}")
    print(f"{asked} questions, {said['cropped']} cropped; of those {before} tokens became {after}", end="")
    print(f" ({1 - after / before:.0%} saved)" if before else "")
    print(f"{judged} answers could be judged, {lost} were cut off; {sum(milliseconds) / max(1, asked):.0f} ms an image")
    return lost


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--categories", default="receipt,form,invoice,page,table")
    parser.add_argument("--model", default="gpt-6-astra")
    options = parser.parse_args()
    counter = find_counter(REGISTRY, PROVIDERS.get(options.model.partition("-")[0], "ollama"), options.model)
    if counter is None:
        parser.error(f"no image-token rule for {options.model}")
    measure(options.data, options.categories.split(","), Context(model=options.model, counter=counter))
    return 0


if __name__ == "__main__":
    sys.exit(main())
