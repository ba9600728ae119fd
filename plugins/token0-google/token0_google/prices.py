"""What Gemini costs: US dollars per million tokens.

The pro models cost more in prompts above 200,000 tokens; the table holds the base price.
"""

from __future__ import annotations

from token0.interfaces import PriceTable
from token0.types import Price
from token0_google.names import bare_name

SOURCE = "genai-prices 0.2.3"
AS_OF = "2026-10-14"

# input, output, cached input
_DOLLARS: dict[str, tuple[float, float, float | None]] = {
    "gemini-4-argon": (2.0, 10.0, 0.1),
    # Google announced that 3.8 Flash doubles on 2027-01-01.
    "gemini-3.8-flash": (0.75, 3.75, 0.075),
    "gemini-3.7-flash": (0.75, 3.75, 0.075),
    "gemini-3.6-flash": (0.75, 3.75, 0.075),
    "gemini-3.5-flash": (1.5, 9.0, 0.15),
    "gemini-3.5-flash-lite": (0.3, 2.5, 0.03),
    "gemini-3.1-pro": (2.0, 12.0, 0.2),
    "gemini-3.1-flash-lite": (0.25, 1.5, 0.025),
    "gemini-3-pro": (2.0, 12.0, 0.2),
    "gemini-3-flash": (0.5, 3.0, 0.05),
    "gemini-2.5-pro": (1.25, 10.0, 0.125),
    "gemini-2.5-flash": (0.3, 2.5, 0.03),
    "gemini-2.5-flash-lite": (0.1, 0.4, 0.01),
    "gemini-2.0-flash": (0.1, 0.4, 0.025),
    "gemini-2.0-flash-lite": (0.075, 0.3, None),
}

_PRICES = {
    model: Price(input=spent, output=answered, cached=cached, as_of=AS_OF, source=SOURCE)
    for model, (spent, answered, cached) in _DOLLARS.items()
}


class GooglePrices(PriceTable):
    """List prices of the Gemini API."""

    name = "google"

    def price(self, model: str) -> Price | None:
        return _PRICES.get(bare_name(model))
