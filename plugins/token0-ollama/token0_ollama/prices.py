"""What local models cost: nothing. The table says so only for names that can be no other provider's."""

from __future__ import annotations

import re

from token0.interfaces import PriceTable
from token0.types import Price
from token0_ollama.counters import OllamaCounter
from token0_ollama.names import parse

_FREE = Price(input=0.0, output=0.0, cached=0.0, as_of="2026-11-23", source="runs on one's own machine")
_TAGGED = re.compile(r"(?!ft:)(?:(?:library|openbmb)/)?[\w.-]+:[\w.-]+")
_PREFIXED = re.compile(r"(?:ollama|ollama_chat|hf\.co)/.+")
_BEDROCK = re.compile(r".*-v\d+:\d+(?::\d+k)?")


class OllamaPrices(PriceTable):
    """Zero for models with a tag or a prefix of Ollama's, and for the families the counter knows; no cloud models."""

    name = "ollama"

    def price(self, model: str) -> Price | None:
        if parse(model).is_cloud or _BEDROCK.fullmatch(model):
            return None
        local = _TAGGED.fullmatch(model) or _PREFIXED.fullmatch(model) or OllamaCounter.for_model(model)
        return _FREE if local else None
