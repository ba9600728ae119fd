"""What Claude costs: US dollars per million tokens, cache reads and writes included.

Haiku 5.5 costs five times as much in prompts above 100,000 tokens; the table holds the base price.
"""

from __future__ import annotations

from token0.interfaces import PriceTable
from token0.types import Price
from token0_anthropic.names import Claude, parse

SOURCE = "genai-prices 0.2.3"
AS_OF = "2026-10-14"

# input, output, cache read
_DOLLARS: dict[Claude, tuple[float, float, float]] = {
    Claude("fable", 5, 0): (10.0, 50.0, 1.0),
    Claude("fable", 5, 1): (10.0, 50.0, 0.25),
    Claude("fable", 5, 2): (8.0, 40.0, 0.2),
    Claude("mythos", 5, 2): (8.0, 40.0, 0.2),
    Claude("opus", 5, 5): (4.0, 20.0, 0.2),
    Claude("opus", 5, 0): (5.0, 25.0, 0.5),
    Claude("opus", 4, 8): (5.0, 25.0, 0.5),
    Claude("opus", 4, 7): (5.0, 25.0, 0.5),
    Claude("opus", 4, 6): (5.0, 25.0, 0.5),
    Claude("opus", 4, 5): (5.0, 25.0, 0.5),
    Claude("opus", 4, 1): (15.0, 75.0, 1.5),
    Claude("opus", 4, 0): (15.0, 75.0, 1.5),
    Claude("opus", 3, 0): (15.0, 75.0, 1.5),
    Claude("sonnet", 5, 5): (2.0, 10.0, 0.1),
    Claude("sonnet", 5, 0): (2.0, 10.0, 0.2),
    Claude("sonnet", 4, 6): (3.0, 15.0, 0.3),
    Claude("sonnet", 4, 5): (3.0, 15.0, 0.3),
    Claude("sonnet", 4, 0): (3.0, 15.0, 0.3),
    Claude("sonnet", 3, 7): (3.0, 15.0, 0.3),
    Claude("sonnet", 3, 5): (3.0, 15.0, 0.3),
    Claude("sonnet", 3, 0): (3.0, 15.0, 0.3),
    Claude("haiku", 5, 5): (0.1, 0.5, 0.01),
    Claude("haiku", 4, 5): (1.0, 5.0, 0.1),
    Claude("haiku", 3, 5): (0.8, 4.0, 0.08),
    Claude("haiku", 3, 0): (0.25, 1.25, 0.03),
}

# What the cache keeps for five minutes; for an hour it is twice the input price.
_WRITE = 1.25

_PRICES = {
    model: Price(input=spent, output=answered, cached=cached, write=spent * _WRITE, as_of=AS_OF, source=SOURCE)
    for model, (spent, answered, cached) in _DOLLARS.items()
}


class AnthropicPrices(PriceTable):
    """List prices of the first-party API; regional cloud endpoints add about a tenth."""

    name = "anthropic"

    def price(self, model: str) -> Price | None:
        claude = parse(model)
        return None if claude is None else _PRICES.get(claude)
