"""From pixels to text that may stand for them: one reading, the gates, a second reading that must agree."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import structs

from token0.interfaces import Declined
from token0_ocr import gates, picture
from token0_ocr.agreement import compare, trusted
from token0_ocr.ink import measure
from token0_ocr.layout import lay_out

if TYPE_CHECKING:
    from token0.types import Image
    from token0_ocr.page import Engine, Grey, Page

SECOND_SCALE = 0.65
"""Size of the second reading beside the first: another sampling of each letter, in less time.

It also looks for scattered text, without rules: what the first one dropped as part of a table or a picture comes back.
"""

NO_TEXT = Declined("there is hardly any text on the picture")
LATE = Declined("the text could not be read in time")


def read_image(image: Image, engine: Engine, *, deadline_seconds: float, min_confidence: int) -> str | Declined:
    """The text of the picture in its layout, or why it must stay a picture."""
    from token0_pixels import Undecodable, decode
    from token0_pixels.pixels import on_white

    try:
        pixels = decode(image)
    except Undecodable:
        return Declined("the image cannot be decoded")
    grey = pixels.luma()
    if picture.text_share(grey) < picture.TEXT_SHARE:
        return NO_TEXT
    colours = on_white(pixels.array) if pixels.alpha else pixels.array
    if not pixels.gray and picture.hidden_share(colours, grey) > picture.HIDDEN_SHARE:
        return Declined("something on the picture differs from its ground in colour alone")
    return read_text(grey, engine, deadline_seconds=deadline_seconds, min_confidence=min_confidence)


def read_text(grey: Grey, engine: Engine, *, deadline_seconds: float, min_confidence: int) -> str | Declined:
    """The text of a picture of one channel, or why it must stay a picture."""
    start = time.monotonic()
    grey = picture.light_ground(grey)
    letter = picture.x_height(grey)
    if letter is None:
        return NO_TEXT
    scale = picture.reading_scale(grey, letter)
    big = picture.scaled(grey, scale)
    page = engine.read(big, deadline_seconds)
    if page is None:
        return LATE
    page = _without_marks(page)
    if why := gates.reading_objection(page, min_confidence):
        return Declined(why)
    small = picture.scaled(picture.without_rules(big), SECOND_SCALE)
    again = engine.read(small, deadline_seconds - (time.monotonic() - start), scattered=True)
    if again is None:
        return LATE
    again = _without_marks(again)
    ink = measure(big, [word.box for word in trusted(page, again)])
    if why := gates.agreement_objection(compare(page, again)) or gates.ink_objection(ink):
        return Declined(why)
    return lay_out(page)


def _without_marks(page: Page) -> Page:
    """Leave out what is left of rules and frames."""
    words = tuple(word for word in page.words if word.text.strip("|_\u00a6"))
    return structs.replace(page, words=words)
