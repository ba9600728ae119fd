"""The image-token counter of Gemini."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from token0.interfaces import TokenCounter
from token0_google.names import bare_name
from token0_google.rules import CropRule, FlatRule, ResolutionRule

if TYPE_CHECKING:
    from token0.types import Size

MEDIA_RESOLUTION = "https://ai.google.dev/gemini-api/docs/media-resolution"
IMAGES = "https://ai.google.dev/gemini-api/docs/image-understanding"
AS_OF = "2025-12"


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Models with one rule; `models` is a pattern for the whole bare name."""

    models: str
    rule: ResolutionRule | CropRule | FlatRule
    source: str
    as_of: str = AS_OF
    assumed: bool = False


_GEMINI_3 = ResolutionRule(low=280, medium=560, high=1120, ultra_high=2240)

FAMILIES = (
    Family(models=r"gemini-3(\.\d+)?-(pro|flash|flash-lite)", rule=_GEMINI_3, source=MEDIA_RESOLUTION),
    Family(
        models=r"gemini-4(\.\d+)?-(argon|pro|flash|flash-lite)|gemini-(pro|flash|flash-lite)-latest",
        rule=_GEMINI_3,
        source=MEDIA_RESOLUTION,
        assumed=True,
    ),
    Family(models=r"gemini-2\.[05]-(pro|flash|flash-lite)", rule=CropRule(), source=IMAGES),
    Family(models=r"gemini-1\.5-(pro|flash|flash-8b)", rule=FlatRule(), source=IMAGES),
)


class GoogleCounter(TokenCounter):
    """One family's rule.

    `detail` may be Gemini's level (`MEDIA_RESOLUTION_LOW`, `low`, `medium`, `high`, `ultra_high`, `default`) or
    OpenAI's word: `original` is `ultra_high`, `auto` says nothing about a size, so it is the default.
    """

    name = "google"

    def __init__(self, family: Family) -> None:
        self.family = family
        self.grid = family.rule.grid
        self.assumed = family.assumed
        self.details = family.rule.details

    @classmethod
    def for_model(cls, model: str) -> GoogleCounter | None:
        return _counter(model)

    def count(self, size: Size, detail: str | None = None) -> int:
        return self.family.rule.count(size, detail)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return self.family.rule.seen(size, detail)

    def count_document(self, pages: int, text: str, detail: str | None = None) -> int:
        """So many tokens a page; the text inside the file is shown to the model and not billed."""
        return pages * self.family.rule.page(detail)


@lru_cache(maxsize=1024)
def _counter(model: str) -> GoogleCounter | None:
    name = bare_name(model)
    return next((GoogleCounter(family) for family in FAMILIES if re.fullmatch(family.models, name)), None)
