"""The image-token counter of OpenAI's models."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from token0.interfaces import TokenCounter
from token0_openai.families import BY_MODEL, Family
from token0_openai.names import bare_name
from token0_openai.text_tokens import count_tokens

if TYPE_CHECKING:
    from token0.types import Size


class OpenAICounter(TokenCounter):
    """One family's rule. Detail words it does not know mean `auto`, and `original` where refused means `high`."""

    name = "openai"

    def __init__(self, family: Family) -> None:
        self.family = family
        self.grid = family.rule.grid
        self.assumed = family.assumed
        self.details = family.rule.details

    @classmethod
    def for_model(cls, model: str) -> OpenAICounter | None:
        return _counter(model)

    def count(self, size: Size, detail: str | None = None) -> int:
        return self.family.rule.count(size, detail)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return self.family.rule.seen(size, detail)

    def count_text(self, text: str) -> int:
        return count_tokens(text, self.family.encoding)

    def count_document(self, pages: int, text: str, detail: str | None = None) -> None:
        """Not published: the file-inputs guide bills the text and a picture of every page, and tells no size."""


@lru_cache(maxsize=1024)
def _counter(model: str) -> OpenAICounter | None:
    family = BY_MODEL.get(bare_name(model))
    return None if family is None else OpenAICounter(family)
