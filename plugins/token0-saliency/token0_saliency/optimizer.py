"""The step as the pipeline sees it. What it does to pixels is in `crop`, which is heavy to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from token0.errors import PluginError
from token0.interfaces import Declined, Optimizer, Plan
from token0.sniff import sniff
from token0_ocr.tesseract import Tesseract, installed_languages
from token0_saliency.pricing import least
from token0_saliency.terms import terms

if TYPE_CHECKING:
    from token0.interfaces import Context, Replacement
    from token0.types import Image

_LARGEST = 8_000
"""Longest side of what can be read in time."""


class SaliencyConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a page may become a crop, and how much goes along."""

    lines: Annotated[int, msgspec.Meta(ge=2, le=50, description="Lines kept above and below what was found.")] = 5
    thumbnail: Annotated[
        int, msgspec.Meta(ge=64, le=2048, description="Longest side of the whole page that goes along, in pixels.")
    ] = 384
    confidence: Annotated[
        int, msgspec.Meta(ge=50, le=100, description="Percent of certainty with which a word must have been read.")
    ] = 75
    languages: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_]{3,16}$")], ...],
        msgspec.Meta(min_length=1, max_length=8, description="Languages of the pages, as Tesseract names them."),
    ] = ("eng",)
    deadline_seconds: Annotated[
        float, msgspec.Meta(gt=0, le=60, description="Time for reading; afterwards the image is kept.")
    ] = 4


class Saliency(Optimizer):
    """Sends the lines of a page that the prompt asks about, found by their words, and the whole as a thumbnail."""

    name = "saliency"
    formats = frozenset({"jpeg", "png", "webp"})
    reads_prompt = True
    Config = SaliencyConfig

    def __init__(self, config: Any) -> None:
        """Raises `PluginError` for a language whose data are not installed."""
        super().__init__(config)
        if missing := sorted(set(config.languages) - installed_languages()):
            raise PluginError(f"saliency: no Tesseract data for {', '.join(missing)}")

    def plan(self, image: Image, ctx: Context) -> Plan | Declined:
        """The bill for one line and the thumbnail; which part is asked about shows only when the page is read."""
        if ctx.quality == "lossless":
            return Declined("a crop is never the whole image, and quality is lossless")
        if ctx.coordinates:
            return Declined("the answer may be a position in this very picture")
        if objection := terms(ctx.prompt).objection:
            return Declined(objection)
        header = sniff(image.data)
        if header is None or header.animated or max(image.size) > _LARGEST:
            return Declined("the picture is animated, or too large to be read in time")
        tokens = least(image, ctx, self.config.thumbnail)
        if tokens >= ctx.tokens(image):
            return Declined("no crop with a thumbnail would be cheaper")
        return Plan(tokens=tokens, why="only what the prompt asks about, and the rest as a thumbnail")

    def apply(self, image: Image, plan: Plan, ctx: Context) -> Replacement | Declined:
        """Read the page, find the words, cut."""
        from token0_saliency.crop import crop

        return crop(image, ctx, self.config, Tesseract(self.config.languages), terms(ctx.prompt))

    def heeds(self, prompt: str) -> str:
        wanted = terms(prompt)
        return wanted.objection or repr([[sorted(word) for word in each] for each in (wanted.words, wanted.kinds)])
