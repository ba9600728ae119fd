"""What OpenAI's models cost: standard tier, US dollars per million tokens.

Prompts above 272,000 tokens cost more on gpt-5.4 and later; the table holds the base price.
"""

from __future__ import annotations

from token0.interfaces import PriceTable
from token0.types import Price
from token0_openai.names import bare_name, undecorated

SOURCE = "genai-prices 0.2.3"
AS_OF = "2026-10-14"

# input, output, cached input
_DOLLARS: dict[str, tuple[float, float, float | None]] = {
    "gpt-6-astra": (10.0, 50.0, 1.0),
    "gpt-6-sol": (2.0, 10.0, 0.2),
    "gpt-6-luna": (0.1, 0.5, 0.01),
    "gpt-6.1-sol": (2.0, 10.0, 0.1),
    "gpt-6.1-terra": (1.0, 5.0, 0.05),
    "gpt-5.6": (4.0, 20.0, 0.4),
    "gpt-5.6-sol": (4.0, 20.0, 0.4),
    "gpt-5.6-terra": (2.0, 12.0, 0.2),
    "gpt-5.6-luna": (0.2, 1.2, 0.02),
    "gpt-5.5": (5.0, 30.0, 0.5),
    "gpt-5.5-pro": (30.0, 180.0, None),
    "gpt-5.4": (2.5, 15.0, 0.25),
    "gpt-5.4-mini": (0.75, 4.5, 0.075),
    "gpt-5.4-nano": (0.2, 1.25, 0.02),
    "gpt-5.4-pro": (30.0, 180.0, None),
    "gpt-5.3-codex": (1.75, 14.0, 0.175),
    "gpt-5.2": (1.75, 14.0, 0.175),
    "gpt-5.2-pro": (21.0, 168.0, None),
    "gpt-5.1": (1.25, 10.0, 0.125),
    "gpt-5.1-codex-mini": (0.25, 2.0, 0.025),
    "gpt-5": (1.25, 10.0, 0.125),
    "gpt-5-pro": (15.0, 120.0, None),
    "gpt-5-mini": (0.25, 2.0, 0.025),
    "gpt-5-nano": (0.05, 0.4, 0.005),
    "gpt-4.5-preview": (75.0, 150.0, 37.5),
    "gpt-4.1": (2.0, 8.0, 0.5),
    "gpt-4.1-mini": (0.4, 1.6, 0.1),
    "gpt-4.1-nano": (0.1, 0.4, 0.025),
    "gpt-4o": (2.5, 10.0, 1.25),
    "gpt-4o-2024-05-13": (5.0, 15.0, None),
    "gpt-4o-mini": (0.15, 0.6, 0.075),
    "chatgpt-4o": (5.0, 15.0, None),
    "gpt-4-turbo": (10.0, 30.0, None),
    "gpt-4-vision-preview": (10.0, 30.0, None),
    "o1": (15.0, 60.0, 7.5),
    "o1-pro": (150.0, 600.0, None),
    "o3": (2.0, 8.0, 0.5),
    "o3-pro": (20.0, 80.0, None),
    "o4-mini": (1.1, 4.4, 0.275),
    "codex-mini": (1.5, 6.0, 0.375),
    "computer-use-preview": (3.0, 12.0, None),
}

# From gpt-5.6 on, what the prompt cache did not know yet costs more than other input.
_WRITTEN = ("gpt-5.6", "gpt-6")
_WRITE = 1.25

_PRICES = {
    model: Price(
        input=spent,
        output=answered,
        cached=cached,
        write=spent * _WRITE if model.startswith(_WRITTEN) else None,
        as_of=AS_OF,
        source=SOURCE,
    )
    for model, (spent, answered, cached) in _DOLLARS.items()
}


class OpenAIPrices(PriceTable):
    """List prices. Fine-tuned models have their own, which are not listed."""

    name = "openai"

    def price(self, model: str) -> Price | None:
        name = undecorated(model)
        if name.startswith("ft:"):
            return None
        return _PRICES.get(name) or _PRICES.get(bare_name(name))
