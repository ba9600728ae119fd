"""The step as the pipeline sees it. What it does with pixels is in `choice`, which is heavy to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from token0.interfaces import Declined, Optimizer, Plan
from token0.sniff import sniff

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Image, Size

UNCHOSEN = (None, "auto")
"""What a client says that leaves the choice to others."""


class DetailConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How small things may become, in pixels of the picture as the model sees it."""

    short_side: Annotated[
        int,
        msgspec.Meta(
            ge=64, le=4096, description="Shorter side of a picture; 3/4 of it with some text, half of it full of text."
        ),
    ] = 512
    text_height: Annotated[
        float, msgspec.Meta(ge=4, le=64, description="Height of a small x; up to 1.5 times that in faint print.")
    ] = 5.75
    digit_height: Annotated[
        float,
        msgspec.Meta(
            ge=4,
            le=64,
            description="Height of digits and capitals in lines that have nothing else; more in faint or narrow print.",
        ),
    ] = 8.6
    override_client: Annotated[bool, msgspec.Meta(description="Choose even where the client named a detail.")] = False


class Words(Plan, frozen=True, kw_only=True):
    """The words that are cheaper than what the image has now, the cheapest first."""

    words: tuple[str, ...]


class Detail(Optimizer):
    """Chooses the resolution word of each image; its bytes stay as they are.

    lossless: stands aside, as a cheaper word always gives the model less. legible: the cheapest word that keeps the
    floors of the settings. thrifty: floors at 0.7 of that.
    """

    name = "detail"
    Config = DetailConfig

    def plan(self, image: Image, ctx: Context) -> Words | Declined | None:
        """The bill at the cheapest word. What is written in the picture shows only when it is decoded."""
        words = self._words(image, ctx)
        if not words:
            return None
        if why := self._objection(image, ctx):
            return Declined(why)
        tokens = ctx.counter.count(image.size, words[0])
        return Words(tokens=tokens, why="a cheaper detail shows what is in the picture", words=words)

    def apply(self, image: Image, plan: Words, ctx: Context) -> Image | Declined:
        """Decode, measure what is written, choose."""
        from token0_detail.choice import choose
        from token0_pixels import Floors

        loss = linear_loss(ctx)
        short_side, text, digits = self.config.short_side, self.config.text_height, self.config.digit_height
        return choose(image, plan.words, ctx.counter, Floors(short_side * loss, text * loss, digits * loss))

    def _words(self, image: Image, ctx: Context) -> tuple[str, ...]:
        """Cheaper words that show enough of a page full of big letters, the least that is ever enough."""
        size, tokens = image.size, ctx.tokens(image)
        least = min(1.0, self.config.short_side / 2 * linear_loss(ctx) / min(size))
        costs = {word: ctx.counter.count(size, word) for word in ctx.counter.details}
        enough = [word for word in costs if scale(size, ctx.counter.seen(size, word)) >= least]
        return tuple(sorted((word for word in enough if costs[word] < tokens), key=costs.__getitem__))

    def _objection(self, image: Image, ctx: Context) -> str | None:
        if image.detail not in UNCHOSEN and not self.config.override_client:
            return f"the client chose the detail {image.detail}"
        if ctx.quality == "lossless":
            return "a cheaper detail would give the model less, and quality is lossless"
        if ctx.coordinates:
            return "the answer may be a position in this very picture"
        header = sniff(image.data)
        if header is None or header.animated:
            return "the picture is animated" if header else "the picture has no readable header"
        return None


def scale(size: Size, seen: Size) -> float:
    """How large a picture of `size` is where the model sees it, above 1 where it is enlarged."""
    return min(seen.width / size.width, seen.height / size.height)


def linear_loss(ctx: Context) -> float:
    """What the floors are multiplied by: `thrifty` takes 30 % of each, stated and no more."""
    return 0.7 if ctx.quality == "thrifty" else 1.0
