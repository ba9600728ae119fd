from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from token0.types import Size
from token0_tiles.borders import border

if TYPE_CHECKING:
    from collections.abc import Callable

    from token0.interfaces import Context, TokenCounter

SIZES = [Size(width, height) for width in range(500, 2300, 83) for height in range(400, 1700, 71)]
MODELS = ["patches", "tiles", "enlarging"]


@pytest.mark.parametrize(
    ("counter", "size", "expected"),
    [
        ("tiles", (513, 513), (512, 512)),
        ("tiles", (512, 513), (512, 512)),
        ("tiles", (1030, 520), (1024, 512)),
        ("tiles", (1030, 530), (995, 512)),
        ("tiles", (2200, 1600), (1024, 745)),
        ("tiles", (1024, 700), None),
        ("tiles", (1025, 700), (1024, 699)),
        ("tiles", (512, 512), None),
        ("tiles", (550, 550), None),
        ("patches", (1000, 1000), (960, 960)),
        ("patches", (1024, 1024), None),
        ("patches", (65, 65), (64, 64)),
        ("patches", (68, 68), None),
        ("flat", (513, 513), None),
        ("enlarging", (500, 500), None),
    ],
)
def test_cheapest_size_within_the_loss(
    counter: str, size: tuple[int, int], expected: tuple[int, int] | None, ctx: Callable[..., Context]
) -> None:
    assert border(Size(*size), None, ctx(counter).counter, 0.05) == expected


@pytest.mark.parametrize(("loss", "expected"), [(0.05, None), (0.07, (512, 512))])
def test_loss_bounds_what_is_taken_away(
    loss: float, expected: tuple[int, int] | None, ctx: Callable[..., Context]
) -> None:
    assert border(Size(550, 550), None, ctx().counter, loss) == expected


def test_detail_counts_too(ctx: Callable[..., Context]) -> None:
    assert border(Size(513, 513), "low", ctx().counter, 0.05) is None


def chosen(counter: TokenCounter, loss: float = 0.05) -> list[tuple[Size, Size]]:
    pairs = [(size, border(size, None, counter, loss)) for size in SIZES]
    return [(size, found) for size, found in pairs if found is not None]


@pytest.mark.parametrize("counter", ["patches", "tiles"])
def test_nothing_more_than_the_loss_is_taken_away(counter: str, ctx: Callable[..., Context]) -> None:
    rule = ctx(counter).counter
    found = chosen(rule)
    assert len(found) > 10
    pairs = [pair for size, new in found for pair in zip(new, rule.seen(size), strict=True)]
    assert all(0.95 <= new / seen <= 1 for new, seen in pairs)


@pytest.mark.parametrize("counter", ["patches", "tiles"])
def test_aspect_is_kept(counter: str, ctx: Callable[..., Context]) -> None:
    ratios = [new.width * old.height / (new.height * old.width) for old, new in chosen(ctx(counter).counter)]
    # 1 % on purpose, and half a pixel of the shorter side by rounding.
    assert all(abs(ratio - 1) < 0.016 for ratio in ratios)


@pytest.mark.parametrize("counter", MODELS)
@pytest.mark.parametrize("loss", [0.05, 0.1])
def test_more_tokens_than_pixels_are_saved(counter: str, loss: float, ctx: Callable[..., Context]) -> None:
    rule = ctx(counter).counter
    assert all(rule.count(new) <= (1 - loss) ** 2 * rule.count(old) for old, new in chosen(rule, loss))


@pytest.mark.parametrize("counter", MODELS)
@pytest.mark.parametrize("loss", [0.05, 0.1])
def test_its_own_choice_stays(counter: str, loss: float, ctx: Callable[..., Context]) -> None:
    rule = ctx(counter).counter
    assert [new for _, new in chosen(rule, loss) if border(new, None, rule, loss)] == []


@pytest.mark.parametrize(
    ("module", "counter", "model", "size", "tokens"),
    [
        ("token0_openai", "OpenAICounter", "gpt-4o", (513, 513), (765, 255)),
        ("token0_openai", "OpenAICounter", "gpt-4o", (2200, 1600), (1105, 765)),
        ("token0_openai", "OpenAICounter", "gpt-4o-mini", (1030, 520), (36835, 14167)),
        ("token0_openai", "OpenAICounter", "gpt-6-astra", (1000, 1000), (1229, 1080)),
        ("token0_anthropic", "AnthropicCounter", "claude-opus-5-5", (290, 290), (121, 100)),
        ("token0_google", "GoogleCounter", "gemini-2.5-flash", (385, 385), (1032, 1032)),
        ("token0_google", "GoogleCounter", "gemini-3.8-flash", (513, 513), (1089, 1089)),
        ("token0_ollama", "OllamaCounter", "minicpm-v", (450, 450), (199, 66)),
    ],
)
def test_bill_of_real_models(
    module: str, counter: str, model: str, size: tuple[int, int], tokens: tuple[int, int]
) -> None:
    pytest.importorskip(module)
    rule = getattr(importlib.import_module(f"{module}.counters"), counter).for_model(model)
    found = border(Size(*size), None, rule, 0.05) or Size(*size)
    assert (rule.count(Size(*size)), rule.count(found)) == tokens
