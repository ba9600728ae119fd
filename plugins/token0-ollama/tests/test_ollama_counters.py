"""The counter of Ollama's models against known bills, and which models it claims."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import token0_ollama
from token0.types import Size
from token0_ollama.counters import OllamaCounter
from token0_ollama.families import Engine
from token0_ollama.prices import OllamaPrices

ROWS = [tuple(row) for row in json.loads(Path(__file__).with_name("image_token_vectors.json").read_text())["rows"]]
# provider, model, width, height, detail, tokens, kind, engine: kind says who vouches for the figure


def counter(model: str, engine: Engine = "llama-server") -> OllamaCounter:
    found = OllamaCounter.for_model(model, engine)
    assert found is not None
    return found


def models(*kinds: str) -> list[tuple[str, Engine]]:
    return sorted({(row[1], row[7]) for row in ROWS if row[6] in kinds})


def mismatches(model: str, engine: Engine, *kinds: str) -> list[str]:
    return [
        f"{width}x{height}: {counted} instead of {tokens}"
        for _, name, width, height, _, tokens, kind, runs_on in ROWS
        if (name, runs_on) == (model, engine) and kind in kinds
        if (counted := counter(model, engine).count(Size(width, height))) != tokens
    ]


@pytest.mark.parametrize(("model", "engine"), models("measured"))
def test_count_is_what_a_running_ollama_reported(model: str, engine: Engine) -> None:
    assert mismatches(model, engine, "measured") == []


@pytest.mark.parametrize(("model", "engine"), models("computed"))
def test_count_is_what_the_engines_code_gives(model: str, engine: Engine) -> None:
    assert mismatches(model, engine, "computed") == []


@pytest.mark.parametrize(
    ("model", "engine", "tokens"),
    [
        ("gemma3:4b", "llama-server", 258),
        ("gemma3:4b", "go", 260),
        ("llava:7b", "llama-server", 576),
        ("llava:7b", "go", 576),
        ("bakllava", "llama-server", 576),
        ("llama3.2-vision", "llama-server", 1),
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (640, 480), (9_000, 20)])
def test_size_does_not_matter_to_constant_models(
    model: str, engine: Engine, tokens: int, size: tuple[int, int]
) -> None:
    assert counter(model, engine).count(Size(*size)) == tokens


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        pytest.param((384, 384), 729, id="overview only"),
        pytest.param((768, 384), 3 * 729, id="two tiles"),
        pytest.param((768, 768), 5 * 729, id="four tiles"),
    ],
)
def test_granite_pays_for_each_tile(size: tuple[int, int], tokens: int) -> None:
    assert counter("granite3.2-vision").count(Size(*size)) == tokens


@pytest.mark.parametrize(
    ("model", "size", "seen"),
    [
        ("llava:7b", (4000, 2000), (336, 168)),
        ("moondream", (100, 50), (100, 50)),
        ("qwen2.5vl:7b", (640, 480), (640, 480)),
        ("qwen2.5vl:7b", (1920, 1080), (1920, 1080)),
        ("qwen2.5vl:7b", (1930, 1080), (1930, 1080)),
        ("llama4", (8000, 1000), (1008, 126)),
        ("minicpm-v", (1000, 448), (946, 424)),
        ("llama3.2-vision", (4480, 1120), (2240, 560)),
    ],
)
def test_model_sees_what_fits_its_canvas(model: str, size: tuple[int, int], seen: tuple[int, int]) -> None:
    assert counter(model).seen(Size(*size)) == seen


@pytest.mark.parametrize(
    ("model", "grid"),
    [
        ("llava:13b", None),
        ("llava-llama3:latest", None),
        ("llava-phi3", None),
        ("bakllava:7b-v1-q4_0", None),
        ("moondream:1.8b", None),
        ("llama3.2-vision:11b", None),
        ("gemma3:12b-it-qat", None),
        ("gemma3n:e4b", None),
        ("gemma4:e4b", 48),
        ("minicpm-v:8b", 448),
        ("openbmb/minicpm-v4.5:8b", 448),
        ("qwen2.5vl:3b-q4", 28),
        ("library/qwen2.5vl:7b", 28),
        ("ollama/qwen2.5vl:7b", 28),
        ("qwen2.5-vl", 28),
        ("qwen3-vl:235b-cloud", 32),
        ("qwen3.5:9b", 32),
        ("mistral-small3.1:24b", 28),
        ("mistral-small3.2", 28),
        ("ministral-3:8b", 28),
        ("pixtral:12b", 16),
        ("llama4:scout", 336),
        ("internvl3:8b", 448),
        ("granite3.2-vision:2b", 384),
    ],
)
def test_vision_models_are_known_with_any_tag(model: str, grid: int | None) -> None:
    assert counter(model).grid == grid


@pytest.mark.parametrize(
    "model",
    [
        "llama3:8b",
        "gemma3:1b",
        "gemma3:270m-it-q8_0",
        "gpt-oss:20b",
        "mistral-small:24b",
        "qwen3:8b",
        "qwen2.5:7b",
        "my-llava:7b",
        "llavax",
        "gpt-4o",
        "claude-opus-5-5",
        "gemini-2.5-flash",
        "mistralai/pixtral-12b",
        "",
    ],
)
def test_blind_and_foreign_models_are_not_claimed(model: str) -> None:
    assert OllamaCounter.for_model(model) is None


@pytest.mark.parametrize(
    ("model", "assumed"), [("qwen3-vl:8b", False), ("qwen3-vl:235b-cloud", True), ("pixtral:12b", True)]
)
def test_unverified_rules_are_marked_as_assumed(model: str, assumed: bool) -> None:
    assert counter(model).assumed is assumed


def test_hooks_offer_counter_and_prices() -> None:
    offered = (token0_ollama.token0_register_token_counters(), token0_ollama.token0_register_prices())
    assert offered == ([OllamaCounter], [OllamaPrices])
