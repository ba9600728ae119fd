"""Which token rule and which price belong to a model."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TypeVar

from token0.interfaces import PriceTable, TokenCounter
from token0.plugins import Registry
from token0.types import Price

log = logging.getLogger(__name__)

_T = TypeVar("_T")


def find_counter(registry: Registry, provider: str, model: str) -> TokenCounter | None:
    """The rule for `model`: of the family named like the provider, else of the first family that knows the model.

    The second half serves providers that host other vendors' models.
    """
    for family in _own_first(registry.token_counters, provider):
        try:
            counter = family.for_model(model)
        except Exception:
            log.exception("the token rules of %s cannot tell about a model", family.name)
            continue
        if counter:
            return counter
    return None


def find_price(
    overrides: Mapping[str, Price], tables: Mapping[str, PriceTable], provider: str, model: str
) -> Price | None:
    """The price of `model`: from the YAML (`provider/model` or `model`, exact before glob), then from the tables."""
    for name in (f"{provider}/{model}", model):
        if name in overrides:
            return overrides[name]
        for pattern, price in overrides.items():
            if fnmatchcase(name, pattern):
                return price
    for table in _own_first(tables, provider):
        if found := table.price(model):
            return found
    return None


def _own_first(named: Mapping[str, _T], provider: str) -> Iterable[_T]:
    if provider in named:
        yield named[provider]
    yield from (each for name, each in named.items() if name != provider)
