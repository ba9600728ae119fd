"""A matcher at work on one picture, or on two. A matcher that fails has recognised nothing."""

from __future__ import annotations

import logging

import msgspec

from token0.interfaces import Matcher, Sketch
from token0.types import Image

log = logging.getLogger(__name__)


class Matched(msgspec.Struct, frozen=True):
    """What a matcher says: of one picture its sketch, of two whether they are the same."""

    sketch: Sketch | None = None
    same: bool = False


def match(matcher: Matcher, image: Image, known: Image | None) -> Matched:
    """Sketch `image`, or compare it with one that is known. Blocking; decodes untrusted bytes."""
    try:
        return Matched(sketch=matcher.sketch(image)) if known is None else Matched(same=matcher.same(image, known))
    except Exception as error:
        log.warning("the matcher %s failed: %s", matcher.name, type(error).__name__, exc_info=True)
        return Matched()
