"""What local models cost: nothing. The table says so only for names that can be no other provider's."""

from __future__ import annotations

import re

from token0.interfaces import PriceTable
from token0.types import Price
from token0_ollama.counters import OllamaCounter
from token0_ollama.names import parse

_FREE = Price(input=0.0, output=0.0, cached=0.0, as_of="2026-11-23", source="runs on one's own machine")
_TAGGED = re.compile(
    r"(?!ft:)(?:(?:ollama|ollama_chat|library|openbmb)/)*[\w.-]+:[\w.-]+|(?:ollama|ollama_chat|hf\.co)/.+"
)
_BEDROCK = re.compile(r".*-v\d+:\d+(?::\d+k)?")


class OllamaPrices(PriceTable):
    """Zero for models with a tag or a prefix of Ollama's, and for the families the counter knows; no cloud models."""

    name = "ollama"

    def price(self, model: str) -> Price | None:
        if parse(model).is_cloud or _BEDROCK.fullmatch(model):
            return None
        known = _TAGGED.fullmatch(model) is not None or OllamaCounter.for_model(model) is not None
        return _FREE if known else None
