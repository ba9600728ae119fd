"""Local models cost nothing; nobody else's model is said to."""

from __future__ import annotations

import pytest

from token0_ollama.prices import OllamaPrices


@pytest.mark.parametrize(
    "model",
    [
        "llava",
        "llava:7b",
        "llama3:8b",
        "gpt-oss:20b",
        "ollama/mistral",
        "openbmb/minicpm-v4.5:8b",
        "hf.co/acme/model:Q4",
    ],
)
def test_local_models_are_free(model: str) -> None:
    price = OllamaPrices().price(model)
    assert price is not None
    assert (price.input, price.output) == (0.0, 0.0)


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o",
        "ft:gpt-4o:acme::x",
        "claude-opus-5-5",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "meta-llama/llama-4-scout:free",
        "qwen3-vl:235b-cloud",
        "gemini-2.5-flash",
        "",
    ],
)
def test_other_models_have_no_price_here(model: str) -> None:
    assert OllamaPrices().price(model) is None
