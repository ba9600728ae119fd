"""List prices by model name, as genai-prices carries them in its wheel."""

from __future__ import annotations

import importlib.metadata
from functools import lru_cache

from token0.interfaces import PriceTable
from token0.types import Price

_MILLION = 1_000_000


class GenaiPrices(PriceTable):
    """Asked after the tables of the providers themselves, so it fills their gaps.

    A price is the one for short prompts: genai-prices knows tiers, a `Price` is one figure.
    """

    name = "genai-prices"

    def price(self, model: str) -> Price | None:
        return _price(model)


@lru_cache(maxsize=1024)
def _price(model: str) -> Price | None:
    # Compiled data of 3 MB: only when a price is really looked up.
    from genai_prices import Usage, calc_price

    def dollars(usage: Usage) -> float:
        """US dollars per million tokens of the one kind that `usage` names a single one of."""
        return round(float(calc_price(usage, model).total_price) * _MILLION, 6)

    try:
        return Price(
            input=dollars(Usage(input_tokens=1)),
            output=dollars(Usage(output_tokens=1)),
            cached=dollars(Usage(input_tokens=1, cache_read_tokens=1)),
            write=dollars(Usage(input_tokens=1, cache_write_tokens=1)),
            as_of=importlib.metadata.version("genai-prices"),
            source="https://github.com/pydantic/genai-prices",
        )
    except LookupError:
        return None
