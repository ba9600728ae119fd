"""The counter of Gemini against known bills, and which models it claims."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import token0_google
from token0.types import Size
from token0_google.counters import GoogleCounter
from token0_google.prices import GooglePrices

ROWS = [tuple(row) for row in json.loads(Path(__file__).with_name("image_token_vectors.json").read_text())["rows"]]
# provider, model, width, height, detail, tokens, kind: kind says who vouches for the figure


def counter(model: str) -> GoogleCounter:
    found = GoogleCounter.for_model(model)
    assert found is not None
    return found


def models(*kinds: str) -> list[str]:
    return sorted({row[1] for row in ROWS if row[6] in kinds})


def mismatches(model: str, *kinds: str) -> list[str]:
    return [
        f"{width}x{height} {detail}: {counted} instead of {tokens}"
        for _, name, width, height, detail, tokens, kind in ROWS
        if name == model and kind in kinds and (counted := counter(model).count(Size(width, height), detail)) != tokens
    ]


@pytest.mark.parametrize("model", models("doc", "measured"))
def test_count_is_what_google_documents_and_bills(model: str) -> None:
    assert mismatches(model, "doc", "measured") == []


@pytest.mark.parametrize("model", models("computed"))
def test_count_is_what_the_rule_gives(model: str) -> None:
    assert mismatches(model, "computed") == []


@pytest.mark.parametrize(
    ("detail", "tokens"),
    [
        (None, 1089),
        ("auto", 1089),
        ("default", 1089),
        ("original", 2209),
        ("high", 1089),
        ("low", 256),
        ("medium", 529),
        ("ultra_high", 2209),
        ("MEDIA_RESOLUTION_UNSPECIFIED", 1089),
        ("MEDIA_RESOLUTION_LOW", 256),
        ("MEDIA_RESOLUTION_MEDIUM", 529),
        ("MEDIA_RESOLUTION_HIGH", 1089),
        ("MEDIA_RESOLUTION_ULTRA_HIGH", 2209),
    ],
)
def test_words_of_both_vendors_choose_the_level(detail: str | None, tokens: int) -> None:
    assert counter("gemini-3-pro-preview").count(Size(1024, 1024), detail) == tokens


@pytest.mark.parametrize(("detail", "tokens"), [("low", 64), ("MEDIA_RESOLUTION_MEDIUM", 256), ("high", 1548)])
def test_level_counts_on_gemini_2_too(detail: str, tokens: int) -> None:
    assert counter("gemini-2.5-flash").count(Size(1920, 1080), detail) == tokens


@pytest.mark.parametrize(("size", "tokens"), [((384, 384), 258), ((385, 384), 1032), ((1, 1), 258)])
def test_small_image_is_one_crop_on_gemini_2(size: tuple[int, int], tokens: int) -> None:
    assert counter("gemini-2.5-pro").count(Size(*size)) == tokens


def test_strip_is_one_row_of_tokens() -> None:
    assert counter("gemini-3-pro").count(Size(100_000, 50), "low") == 280


@pytest.mark.parametrize(
    ("model", "detail", "seen"),
    [
        ("gemini-3-pro", None, (1584, 1584)),
        ("gemini-3-pro", "low", (768, 768)),
        ("gemini-3-pro", "medium", (1104, 1104)),
        ("gemini-3-pro", "original", (2256, 2256)),
        ("gemini-2.5-flash", None, (3072, 3072)),
        ("gemini-2.5-flash", "low", (768, 768)),
        ("gemini-1.5-pro", None, (3072, 3072)),
    ],
)
def test_large_image_is_seen_smaller(model: str, detail: str | None, seen: tuple[int, int]) -> None:
    assert counter(model).seen(Size(5000, 5000), detail) == seen


@pytest.mark.parametrize(
    ("size", "detail", "seen"),
    [
        ((64, 64), "low", (768, 768)),
        ((1920, 1080), "low", (1056, 576)),
        ((100, 200), None, (1104, 2256)),
        ((100_000, 50), "low", (13_440, 48)),
    ],
)
def test_image_fills_the_tokens_it_costs_on_gemini_3(
    size: tuple[int, int], detail: str | None, seen: tuple[int, int]
) -> None:
    assert counter("gemini-3-pro").seen(Size(*size), detail) == seen


@pytest.mark.parametrize(
    ("model", "details"),
    [
        ("gemini-3.8-flash", ("low", "medium", "high")),
        ("gemini-4-argon", ("low", "medium", "high")),
        ("gemini-2.5-flash", ()),
        ("gemini-1.5-pro", ()),
    ],
)
def test_details_are_the_words_that_one_image_may_have(model: str, details: tuple[str, ...]) -> None:
    assert counter(model).details == details


@pytest.mark.parametrize(
    ("model", "grid"),
    [
        ("gemini-3-pro-preview", None),
        ("models/gemini-3.1-flash-lite", None),
        ("gemini-3.8-flash-preview-10-2026", None),
        ("gemini-4-argon", None),
        ("gemini-flash-latest", None),
        ("gemini-2.5-flash-preview-09-2025", 768),
        ("gemini-2.5-pro-latest", 768),
        ("gemini-2.5-flash-2025-06-17", 768),
        ("gemini-2.0-flash-lite-001", 768),
        ("google/gemini-2.5-pro", 768),
        ("publishers/google/models/gemini-2.5-pro", 768),
        ("gemini-1.5-flash-8b-latest", None),
    ],
)
def test_pixels_count_only_before_gemini_3(model: str, grid: int | None) -> None:
    assert counter(model).grid == grid


@pytest.mark.parametrize(
    "model",
    [
        "gemini-embedding-001",
        "gemini-2.5-flash-preview-tts",
        "gemini-2.5-flash-image",
        "gemini-2.5-flash-native-audio-preview-09-2025",
        "gemini-pro",
        "my-gemini-2.5-flash",
        "gemini-2.5-flash-tuned",
        "gemma3:4b",
        "gpt-4o",
        "claude-opus-5-5",
        "",
    ],
)
def test_blind_and_foreign_models_are_not_claimed(model: str) -> None:
    assert GoogleCounter.for_model(model) is None


@pytest.mark.parametrize(
    ("model", "assumed"), [("gemini-3-pro", False), ("gemini-4-argon", True), ("gemini-pro-latest", True)]
)
def test_models_without_a_published_rule_are_marked_as_assumed(model: str, assumed: bool) -> None:
    assert counter(model).assumed is assumed


def test_hooks_offer_counter_and_prices() -> None:
    offered = (token0_google.token0_register_token_counters(), token0_google.token0_register_prices())
    assert offered == ([GoogleCounter], [GooglePrices])


@pytest.mark.parametrize(
    ("model", "detail", "tokens"),
    [
        ("gemini-3.8-flash", None, 1120),
        ("gemini-3.8-flash", "low", 560),
        ("gemini-3.8-flash", "MEDIA_RESOLUTION_HIGH", 2240),
        ("gemini-2.5-flash", None, 516),
        ("gemini-1.5-pro", None, 516),
    ],
)
def test_a_document_is_billed_by_its_pages_alone(model: str, detail: str | None, tokens: int) -> None:
    assert counter(model).count_document(2, "text is free " * 900, detail) == tokens
