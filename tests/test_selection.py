"""token0.selection: another model only where the operator's selector names one, and nobody objects."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from fakes import lab
from fakes.engines import Make, body, engine, plugin, run

from token0.config import Step
from token0.interfaces import ModelSelector, NoConfig, Quote, Selection
from token0.types import Price, Request

__all__ = ["engine"]  # a fixture

PRICES = {"lab": Price(input=10, output=30), "lab-2": Price(input=2, output=8)}
"""The image of `body` is 128x128, which the lab's rule counts as 16 tokens."""


def choosing(answer: Callable[..., Any]) -> ModuleType:
    """A plugin whose selector `choose` answers with what `answer(request, model, quote)` returns."""

    class Choose(ModelSelector):
        name = "choose"

        def select(self, request: Request, model: str, quote: Callable[[str], Quote | None]) -> Selection | None:
            return answer(request, model, quote)  # type: ignore[no-any-return]

    return plugin("choosing", token0_register_selectors=lambda: [Choose])


def to(model: str) -> ModuleType:
    return choosing(lambda *_: Selection(model, "it is simple"))


@pytest.fixture
def selecting(engine: Make) -> Make:
    """Makes engines whose YAML says `selector: choose`."""
    return lambda *modules, **settings: engine(
        *modules, selector=Step("choose", NoConfig()), **{"prices": PRICES, **settings}
    )


async def test_the_model_that_the_selector_names_is_asked(selecting: Make) -> None:
    sent, report = await run(selecting(to("lab-2")), prompt="rest")
    assert (sent["model"], report.model, report.model_requested) == ("lab-2", "lab-2", "lab")
    assert report.warnings == ["the model lab-2 was chosen instead of lab: it is simple"]


async def test_images_are_counted_by_the_rule_of_the_model_that_is_asked(selecting: Make) -> None:
    _, report = await run(selecting(to("unruled")), prompt="rest")
    assert report.images[0].before.tokens is None


async def test_an_installed_selector_does_nothing_unless_the_configuration_names_it(engine: Make) -> None:
    sent, report = await run(engine(to("lab-2")), prompt="rest")
    assert (sent["model"], report.model_requested, report.warnings) == ("lab", None, [])


@pytest.mark.parametrize("field", ["token0_enable_cascade", "token0_optimize"])
async def test_a_client_that_does_not_want_it_keeps_its_model(selecting: Make, field: str) -> None:
    sent, _ = await run(selecting(to("lab-2")), **{field: False})
    assert sent["model"] == "lab"


async def test_a_client_cannot_switch_on_what_is_not_configured(engine: Make) -> None:
    sent, report = await run(engine(to("lab-2")), prompt="rest", token0_enable_cascade=True)
    assert sent["model"] == "lab"
    assert report.warnings == ["token0_enable_cascade: no selector is configured"]


@pytest.mark.parametrize("answer", [None, Selection("lab", "the same")])
async def test_without_another_model_the_body_is_the_same_object(selecting: Make, answer: Selection | None) -> None:
    same = body(prompt="rest")
    sent, report = await selecting(choosing(lambda *_: answer)).optimize(same, "lab")
    assert sent is same
    assert (report.model_requested, report.warnings) == (None, [])


@pytest.mark.parametrize("answer", [lambda *_: 1 / 0, lambda *_: "lab-2"], ids=["fails", "returns text"])
async def test_a_broken_selector_costs_nothing_but_the_choice(
    selecting: Make, answer: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    sent, report = await run(selecting(choosing(answer)), prompt="rest")
    assert (sent["model"], report.model_requested) == ("lab", None)


async def test_a_model_of_another_provider_is_never_asked(selecting: Make, caplog: pytest.LogCaptureFixture) -> None:
    class Elsewhere(lab.LabProvider):
        name = "elsewhere"

        def claims(self, model: str) -> bool:
            return model == "foreign-1"

    other = plugin("other", token0_register_providers=lambda: [Elsewhere])
    settings = {"providers": {"lab": NoConfig(), "elsewhere": NoConfig()}}
    sent, _ = await run(selecting(to("foreign-1"), other, **settings), prompt="rest")
    assert sent["model"] == "lab"
    assert "foreign-1 is not one of lab" in caplog.text


@pytest.mark.parametrize(
    ("model", "prompt", "output"), [("lab", 10, 30), ("lab-2", 2, 8)], ids=["as requested", "the other"]
)
async def test_a_quote_is_text_and_images_at_list_price(
    selecting: Make, model: str, prompt: int, output: float
) -> None:
    quotes: list[Quote | None] = []
    await run(selecting(choosing(lambda _, __, quote: quotes.append(quote(model)))), prompt="rest")
    text = len(json.dumps({"model": "lab", "image": "", "prompt": "rest"})) // 4
    assert quotes == [Quote(prompt=(text + 16) * prompt / 1e6, output=output)]


@pytest.mark.parametrize(
    ("model", "image"),
    [("lab-unpriced", None), ("unruled", None), ("lab", "https://example.org/a.png"), ("lab", "PHN2Zy8+")],
    ids=["no price", "no image rule", "an image elsewhere", "an image of no size"],
)
async def test_what_cannot_be_priced_has_no_quote(selecting: Make, model: str, image: str | None) -> None:
    quotes: list[Quote | None] = []
    prices = {**PRICES, "unruled": Price(input=1)}
    running = selecting(choosing(lambda _, __, quote: quotes.append(quote(model))), prices=prices)
    await run(running, prompt="rest", **({"image": image} if image else {}))
    assert quotes == [None]


async def test_text_alone_needs_no_image_rule(selecting: Make) -> None:
    quotes: list[Quote | None] = []
    running = selecting(
        choosing(lambda _, __, quote: quotes.append(quote("unruled"))), prices={"unruled": Price(input=4)}
    )
    await running.optimize(b'{"model": "lab", "prompt": "hello, you!"}', "lab")
    assert quotes == [Quote(prompt=10 * 4 / 1e6, output=0)]
