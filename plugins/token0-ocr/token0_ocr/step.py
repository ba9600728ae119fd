"""The step that replaces an image by the text on it, whatever reads it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from token0.interfaces import Context, Declined, Optimizer, Plan, Replacement
from token0.sniff import sniff
from token0.types import Content, Image
from token0_ocr.intent import judge
from token0_ocr.label import label

if TYPE_CHECKING:
    from token0_ocr.page import Engine

SHORTEST_SIDE = 32
LONGEST_SIDE = 8_000
MAX_PIXELS = 24_000_000

LETTERS_PER_TOKEN = 5
"""No tokenizer writes more letters with a token, on a page: one that has more is not even read."""


class TextStep(Optimizer):
    """What `ocr` does with the engine of a subclass. Its settings need `deadline_seconds` and `min_confidence`."""

    formats = frozenset({"jpeg", "png", "webp"})
    reads_prompt = True

    min_agreement: ClassVar[float] = 0.9
    """Share of the words that both readings must have, to be sent with a picture of the doubtful ones."""

    @abstractmethod
    def engine(self) -> Engine:
        """What reads. Called in a worker, for each image."""

    def plan(self, image: Image, ctx: Context) -> Plan | Declined:
        if why := _header_objection(self._source(image, ctx)) or _context_objection(ctx):
            return Declined(why)
        least = ctx.counter.count_text(label("", image.size))
        if least >= ctx.tokens(image):
            return Declined("even a short text would not be cheaper than the image")
        return Plan(tokens=least, why="read the text instead of looking at the image")

    def _source(self, image: Image, ctx: Context) -> Image:
        """What is read: an earlier step may have made the image smaller, but that is for eyes."""
        return ctx.original if ctx.original and ctx.original.format in self.formats else image

    def apply(self, image: Image, plan: Any, ctx: Context) -> Content | Replacement | Declined:
        from token0_ocr.choice import Choice
        from token0_ocr.reading import read_pixels
        from token0_pixels import Undecodable, decode

        try:
            pixels = decode(self._source(image, ctx))
        except Undecodable:
            return Declined("the image cannot be decoded")
        reading = read_pixels(
            pixels,
            self.engine(),
            deadline_seconds=self.config.deadline_seconds,
            most_letters=LETTERS_PER_TOKEN * ctx.tokens(image),
        )
        if isinstance(reading, Declined):
            return reading
        choice = Choice(image, pixels, reading, self.config.min_confidence, self.min_agreement, judge(ctx.prompt))
        return choice.made(ctx)

    def heeds(self, prompt: str) -> str:
        return repr(judge(prompt))


def _context_objection(ctx: Context) -> str | None:
    if ctx.quality == "lossless":
        return "quality is lossless, and a text is never the whole image"
    if ctx.coordinates:
        return "the answer may be a position in the image"
    return judge(ctx.prompt).objection


def _header_objection(image: Image) -> str | None:
    if min(image.size) < SHORTEST_SIDE:
        return "the image is too small to hold text"
    if max(image.size) > LONGEST_SIDE or image.width * image.height > MAX_PIXELS:
        return "the image is too large to be read in time"
    header = sniff(image.data)
    if header is None or header.animated:
        return "the image is animated"
    return None
