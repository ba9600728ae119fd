"""What is sent for a picture that was read: its text, its text with a small picture, or the picture."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import msgspec

from token0.interfaces import Declined, Replacement
from token0.types import Text
from token0_ocr import gates
from token0_ocr.label import label
from token0_ocr.layout import lay_out, paragraphs
from token0_ocr.montage import design, lines_of, render
from token0_ocr.page import Box

if TYPE_CHECKING:
    from token0.interfaces import Context
    from token0.types import Content, Image
    from token0_ocr.intent import Intent
    from token0_ocr.page import Word
    from token0_ocr.reading import Reading
    from token0_pixels import Pixels

ILLEGIBLE = 6.0
"""Letters of fewer pixels, as the model sees them, say less than what is read from the file."""

SHOWN_LETTER = 10.0
"""Height of small letters in doubtful lines that go along; never more than in the file."""

WORTH = 0.75
"""Text with a picture costs at most this share of a picture that the model can read: else it is not worth the risk."""

MARK = "(?)"
"""Behind a word that was read doubtfully."""


class Choice(msgspec.Struct, frozen=True):
    """What must be known to choose. `image` is what would be sent otherwise, `pixels` are those that were read.

    min_confidence, min_agreement: what is asked of the engine's readings, see `TextStep`
    """

    image: Image
    pixels: Pixels
    reading: Reading
    min_confidence: int
    min_agreement: float
    intent: Intent

    def made(self, ctx: Context) -> Content | Replacement | Declined:
        """Text alone where it is all that is on the picture, or where the model could not read the picture at all."""
        reading = self.reading
        if why := gates.unfit(reading, self.intent):
            return Declined(why)
        why = gates.incomplete(reading, self.min_confidence)
        alone = self._text(pictured=False)
        if ctx.tokens(alone) >= ctx.tokens(self.image):
            return Declined("the text would not be cheaper than the image")
        if why is None:
            return alone
        illegible = self._illegible(ctx)
        if garbled := gates.garbled(reading, legible=not illegible, min_agreement=self.min_agreement):
            return Declined(garbled)
        beside = self._beside(ctx, 1.0 if illegible else WORTH)
        if beside:
            return beside
        return alone if illegible else Declined(f"{why}; text with a picture of the rest would not be cheaper")

    def _text(self, *, pictured: bool) -> Text:
        boxes = {word.box for word in _doubtful(self.reading)}
        words = [
            msgspec.structs.replace(word, text=word.text + MARK) if word.box in boxes else word
            for word in self.reading.page.words
        ]
        return Text(label(lay_out(words), self.image.size, marked=bool(boxes), pictured=pictured))

    def _beside(self, ctx: Context, worth: float) -> Replacement | None:
        """The text and a montage, where that costs less than the share `worth` of the image."""
        letter = self.reading.letter
        lines = lines_of([*_around(self.reading), *_unread(self.reading)], letter, self.pixels.size)
        plan = design(self.pixels.size, lines, min(1.0, SHOWN_LETTER / letter), ctx.counter)
        text = self._text(pictured=True)
        if plan and ctx.tokens(text) + ctx.counter.count(plan.size, plan.detail) < ctx.tokens(self.image) * worth:
            return Replacement((text, render(self.pixels, lines, plan)))
        return None

    def _illegible(self, ctx: Context) -> bool:
        """Whether no size of the picture would show its letters: that an earlier step shrank it does not count."""
        image = ctx.original or self.image
        seen = ctx.counter.seen(image.size, image.detail)
        scale = min(seen.width / self.pixels.size.width, seen.height / self.pixels.size.height)
        return self.reading.letter * scale < ILLEGIBLE


def _doubtful(reading: Reading) -> list[Word]:
    """Words of the page that only one reading has, or that no one would write like that."""
    boxes = {word.box for word in (*reading.agreement.doubtful, *reading.agreement.missed)}
    boxes.update(word.box for word in gates.malformed(reading.page.words))
    return [word for word in reading.page.words if word.box in boxes]


def _around(reading: Reading) -> list[Box]:
    """Paragraphs with a doubtful word: an address is read over several lines."""
    boxes = {word.box for word in _doubtful(reading)}
    return [
        reduce(Box.joined, (word.box for word in paragraph))
        for paragraph in paragraphs(reading.page.words)
        if any(word.box in boxes for word in paragraph)
    ]


def _unread(reading: Reading) -> list[Box]:
    """Where there is text without a word."""
    return [*(word.box for word in reading.agreement.missed), *reading.ink.places]
