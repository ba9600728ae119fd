"""The step with the real rules, where their plugins are installed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from token0.interfaces import Context, Plan
from token0.types import Image
from token0_detail.optimizer import Detail, DetailConfig

if TYPE_CHECKING:
    from token0.interfaces import TokenCounter

    Pictures = dict[str, Image]


def counter(model: str) -> TokenCounter:
    family = {"gem": "Google", "cla": "Anthropic", "lla": "Ollama"}.get(model[:3], "OpenAI")
    module = f"token0_{family.lower()}.counters"
    pytest.importorskip(module)
    found: TokenCounter | None = getattr(importlib.import_module(module), f"{family}Counter").for_model(model)
    assert found is not None
    return found


def chosen(image: Image, model: str) -> tuple[str | None, int]:
    ctx = Context(model=model, counter=counter(model))
    step = Detail(DetailConfig())
    plan = step.plan(image, ctx)
    result = step.apply(image, plan, ctx) if isinstance(plan, Plan) else None
    sent = result if isinstance(result, Image) else image
    return sent.detail, ctx.tokens(sent)


@pytest.mark.parametrize(
    ("model", "name", "detail", "tokens"),
    [
        # OpenAI: 85 tokens and 170 a tile; 32-px patches at 1.2 tokens, at most 2,500 of them at `high`.
        ("gpt-4o", "icon", "low", 85),
        ("gpt-4o", "photo", "low", 85),
        ("gpt-4o", "page", None, 765),
        ("gpt-6-astra", "photo", "low", 308),
        ("gpt-6-astra", "icon", None, 59),
        ("gpt-5.4", "photo", None, 3000),
        ("gpt-5.2", "photo", None, 4916),
        ("gpt-4.1-mini", "icon", None, 80),
        # Gemini 3: 16 x 16, 23 x 23 and 33 x 33 tokens for a square, at 48 px each.
        ("gemini-3.8-flash", "icon", "low", 256),
        ("gemini-3.8-flash", "photo", "low", 256),
        # `low` shows letters of 14 px at 7 px.
        ("gemini-3.8-flash", "page", "low", 256),
        # Letters of 5 px may be smaller still: they need more than the 1.9 times that `low` enlarges them.
        ("gemini-3.8-flash", "tiny text", "medium", 529),
        ("gemini-3.8-flash", "small text", "low", 256),
        ("gemini-2.5-flash", "icon", None, 258),
        ("claude-opus-5-5", "icon", None, 64),
        ("llava:7b", "icon", None, 576),
    ],
)
def test_word_and_bill(model: str, name: str, detail: str | None, tokens: int, pictures: Pictures) -> None:
    assert chosen(pictures[name], model) == (detail, tokens)
