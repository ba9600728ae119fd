"""The image-token counter of the vision models that Ollama runs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from token0.interfaces import TokenCounter
from token0_ollama.families import FAMILIES, Engine, Family
from token0_ollama.names import Name, parse

if TYPE_CHECKING:
    from token0.types import Size


class OllamaCounter(TokenCounter):
    """One family's rule on one engine. Ollama knows no `detail`."""

    name = "ollama"

    def __init__(self, family: Family, engine: Engine = "llama-server", *, cloud: bool = False) -> None:
        self.family = family
        self.rule = family.go if engine == "go" and family.go is not None else family.rule
        self.grid = self.rule.grid
        # What runs behind a `-cloud` tag is not published.
        self.assumed = family.assumed or cloud

    @classmethod
    def for_model(cls, model: str, engine: Engine = "llama-server") -> OllamaCounter | None:
        """`engine` is "llama-server" from Ollama 0.30 on, "go" for 0.24 and older."""
        return _counter(model, engine)

    def count(self, size: Size, detail: str | None = None) -> int:
        return self.rule.count(size)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return self.rule.seen(size)


@lru_cache(maxsize=1024)
def _counter(model: str, engine: Engine) -> OllamaCounter | None:
    name = parse(model)
    family = next((family for family in FAMILIES if _follows(name, family)), None)
    return None if family is None else OllamaCounter(family, engine, cloud=name.is_cloud)


def _follows(name: Name, family: Family) -> bool:
    if re.fullmatch(family.models, name.family) is None:
        return False
    return family.text_tags is None or re.fullmatch(family.text_tags, name.tag) is None
