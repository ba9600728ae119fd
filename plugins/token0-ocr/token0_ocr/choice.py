"""What is sent for a picture that was read: its text, its text with a small picture, or the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from token0.interfaces import Declined, Replacement
from token0.types import Text
from token0_ocr import gates
from token0_ocr.label import label
from token0_ocr.layout import lay_out
from token0_ocr.montage import design, lines_of, render

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Content, Image
    from token0_ocr.intent import Intent
    from token0_ocr.page import Box, Word
    from token0_ocr.reading import Reading
    from token0_pixels import Pixels

ILLEGIBLE = 8.0
"""Letters of fewer pixels, as the model sees them, say nothing: whatever is read from the file is more."""

SHOWN_LETTER = 10.0
"""Height of small letters in doubtful lines that go along; never more than in the file."""

MARK = "(?)"
"""Behind a word that was read doubtfully."""


class Choice(msgspec.Struct, frozen=True):
    """What must be known to choose. `image` is what would be sent otherwise, `pixels` are those that were read."""

    image: Image
    pixels: Pixels
    reading: Reading
    min_confidence: int
    intent: Intent

    def made(self, ctx: Context) -> Content | Replacement | Declined:
        """Text alone where it is all that is on the picture, or where the model could not read the picture at all."""
        reading = self.reading
        if why := gates.unfit(reading, self.intent):
            return Declined(why)
        doubtful = _doubtful(reading)
        why = gates.incomplete(reading, self.min_confidence)
        alone = Text(label(lay_out(_marked(reading, doubtful)), self.image.size))
        if ctx.tokens(alone) >= ctx.tokens(self.image):
            return Declined("the text would not be cheaper than the image")
        if why is None:
            return alone
        beside = self._beside(alone, [*(word.box for word in doubtful), *_unread(reading)], ctx)
        if beside is not None:
            return beside
        if self._illegible(ctx):
            blurred = gates.blurred(reading)
            return Declined(blurred) if blurred else alone
        return Declined(why)

    def _beside(self, text: Text, boxes: list[Box], ctx: Context) -> Replacement | None:
        """The text and a montage, where that is cheaper than the image."""
        letter = self.reading.letter
        lines = lines_of(boxes, letter, self.pixels.size)
        plan = design(self.pixels.size, lines, min(1.0, SHOWN_LETTER / letter), ctx.counter)
        if plan is None:
            return None
        tokens = ctx.tokens(text) + ctx.counter.count(plan.size, plan.detail)
        if tokens >= ctx.tokens(self.image):
            return None
        return Replacement((text, render(self.pixels, lines, plan)))

    def _illegible(self, ctx: Context) -> bool:
        seen = ctx.counter.seen(self.image.size, self.image.detail)
        scale = min(seen.width / self.pixels.size.width, seen.height / self.pixels.size.height)
        return self.reading.letter * scale < ILLEGIBLE


def _doubtful(reading: Reading) -> list[Word]:
    """Words of the page that only one reading has, or that no one would write like that."""
    boxes = {word.box for word in (*reading.agreement.doubtful, *reading.agreement.missed)}
    boxes.update(word.box for word in gates.malformed_numbers(reading.page.words))
    return [word for word in reading.page.words if word.box in boxes]


def _unread(reading: Reading) -> list[Box]:
    """Where there is text without a word."""
    return [*(word.box for word in reading.agreement.missed), *reading.ink.places]


def _marked(reading: Reading, doubtful: list[Word]) -> list[Word]:
    """All words, the doubtful ones with their mark."""
    boxes = {word.box for word in doubtful}
    return [
        msgspec.structs.replace(word, text=word.text + MARK) if word.box in boxes else word
        for word in reading.page.words
    ]
