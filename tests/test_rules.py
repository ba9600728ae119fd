"""token0.rules: which token rule and which price belong to a model."""

from __future__ import annotations

from types import MappingProxyType

import pluggy
import pytest

from token0.interfaces import PriceTable, TokenCounter
from token0.plugins import Registry
from token0.rules import find_counter, find_price
from token0.testing import PatchCounter
from token0.types import Price


class Hosted(PatchCounter):
    name = "hosted"


class Table(PriceTable):
    name = "first"

    def __init__(self, dollars: float, knows: str = "model") -> None:
        self._dollars, self._knows = dollars, knows

    def price(self, model: str) -> Price | None:
        return Price(input=self._dollars) if model == self._knows else None


def counter(provider: str, model: str = "patches-1") -> TokenCounter | None:
    families = MappingProxyType({"patches": PatchCounter, "hosted": Hosted})
    return find_counter(Registry(manager=pluggy.PluginManager("t"), token_counters=families), provider, model)


@pytest.mark.parametrize(
    ("provider", "family"), [("patches", PatchCounter), ("hosted", Hosted), ("reseller", PatchCounter)]
)
def test_the_family_named_like_the_provider_goes_first(provider: str, family: type[TokenCounter]) -> None:
    assert type(counter(provider)) is family


def test_an_unknown_model_has_no_rule() -> None:
    assert counter("patches", "unheard-of") is None


@pytest.mark.parametrize(
    ("patterns", "dollars"),
    [
        ({}, 5),
        ({"other": 1}, 5),
        ({"model": 1}, 1),
        ({"mod*": 1}, 1),
        ({"p/model": 1, "model": 2}, 1),
        ({"model": 2, "p/*": 1}, 1),
        ({"mod*": 1, "model": 2}, 2),
        ({"q/model": 1}, 5),
    ],
)
def test_the_price_of_the_operator_goes_first(patterns: dict[str, float], dollars: float) -> None:
    overrides = {name: Price(input=figure) for name, figure in patterns.items()}
    assert find_price(overrides, {"t": Table(5)}, "p", "model") == Price(input=dollars)


def test_the_table_named_like_the_provider_goes_before_others() -> None:
    tables = {"a": Table(1), "p": Table(2)}
    assert find_price({}, tables, "p", "model") == Price(input=2)


def test_another_table_helps_where_the_own_one_knows_nothing() -> None:
    tables = {"a": Table(1), "p": Table(2, knows="else")}
    assert find_price({}, tables, "p", "model") == Price(input=1)


def test_a_model_in_no_table_has_no_price() -> None:
    assert find_price({}, {"t": Table(5)}, "p", "unheard-of") is None


def test_a_family_that_fails_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    def for_model(_: str) -> None:
        raise KeyError

    monkeypatch.setattr(Hosted, "for_model", for_model)
    assert type(counter("hosted")) is PatchCounter
