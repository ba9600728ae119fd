"""From pixels to text that may stand for them: one reading, the gates, a second reading that must agree."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from token0.interfaces import Declined
from token0_ocr import gates, picture
from token0_ocr.agreement import compare
from token0_ocr.ink import Ink, measure
from token0_ocr.layout import lay_out

if TYPE_CHECKING:
    from token0_ocr.page import Engine, Grey, Page

SECOND_SCALE = 0.65
"""Size of the second reading beside the first: another sampling of each letter, at half the time."""

LATE = Declined("the text could not be read in time")


def read_text(grey: Grey, engine: Engine, *, deadline_seconds: float, min_confidence: int) -> str | Declined:
    """The text of the picture in its layout, or why it must stay a picture."""
    start = time.monotonic()
    if picture.text_share(grey) < picture.TEXT_SHARE:
        return Declined("there is hardly any text on the picture")
    grey = picture.light_ground(grey)
    letter = picture.x_height(grey)
    if letter is None:
        return Declined("there is hardly any text on the picture")
    scale = picture.reading_scale(grey, letter)
    big = picture.scaled(grey, scale)
    page = engine.read(big, deadline_seconds)
    if page is None:
        return LATE
    why = gates.reading_objection(page, min_confidence) or gates.ink_objection(_ink(big, page))
    if why:
        return Declined(why)
    again = engine.read(picture.scaled(grey, scale * SECOND_SCALE), deadline_seconds - (time.monotonic() - start))
    if again is None:
        return LATE
    if why := gates.agreement_objection(compare(page, again)):
        return Declined(why)
    return lay_out(page)


def _ink(grey: Grey, page: Page) -> Ink:
    return measure(grey, [word.box for word in page.words if word.confidence >= gates.TRUSTED])
