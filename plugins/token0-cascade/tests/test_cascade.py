"""token0_cascade: the cheaper model is chosen only where it is cheaper for this very request."""

from __future__ import annotations

import msgspec
import pytest

import token0_cascade
from token0.interfaces import Quote, Selection
from token0.types import Request
from token0_cascade.selector import Cascade, CascadeConfig

SIMPLE = Request(body=b"", document={"messages": [{"role": "user", "content": "Hello?"}]}, model="big")
BIG = Quote(prompt=0.01, output=10)


def select(other: Quote | None, model: str = "big", request: Request = SIMPLE, **settings: object) -> Selection | None:
    cascade = Cascade(msgspec.convert({"models": {"big": "small", "large-*": "small"}, **settings}, CascadeConfig))
    return cascade.select(request, model, {"big": BIG, "large-2": BIG, "small": other}.get)


def test_the_plugin_offers_its_selector() -> None:
    assert token0_cascade.token0_register_selectors() == [Cascade]


@pytest.mark.parametrize("model", ["big", "large-2"])
def test_a_simple_request_goes_to_the_cheaper_model(model: str) -> None:
    assert select(Quote(prompt=0.002, output=1), model) == Selection(
        "small", "a simple request, whose prompt costs $0.002000 there and not $0.010000"
    )


def test_a_model_that_is_not_named_stays() -> None:
    assert select(Quote(prompt=0.002, output=1), "other") is None


def test_a_request_that_is_not_simple_stays() -> None:
    thinking = msgspec.structs.replace(SIMPLE, document={**SIMPLE.document, "reasoning_effort": "high"})
    assert select(Quote(prompt=0.002, output=1), request=thinking) is None


@pytest.mark.parametrize(("prompt", "saves", "chosen"), [(0.005, 0.5, True), (0.006, 0.5, False), (0.006, 0.4, True)])
def test_the_stated_share_must_be_saved(prompt: float, saves: float, chosen: bool) -> None:
    assert (select(Quote(prompt=prompt, output=1), saves=saves) is not None) is chosen


def test_a_model_whose_images_are_dearer_is_not_chosen() -> None:
    # As gpt-4o-mini in place of gpt-4o: text for a seventeenth, images for twice the price.
    assert select(Quote(prompt=0.02, output=1)) is None


def test_a_model_whose_answers_are_dearer_is_not_chosen() -> None:
    assert select(Quote(prompt=0.002, output=11)) is None


def test_what_cannot_be_priced_is_not_chosen() -> None:
    assert select(None) is None


def test_no_model_is_built_in() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({}, CascadeConfig)
