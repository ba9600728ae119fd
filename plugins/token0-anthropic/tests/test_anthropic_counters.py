"""The counter of Claude against known bills, and which models it claims."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import token0_anthropic
from token0.types import Size
from token0_anthropic.counters import HIGH_RESOLUTION, STANDARD, AnthropicCounter, Tier
from token0_anthropic.prices import AnthropicPrices

ROWS = [tuple(row) for row in json.loads(Path(__file__).with_name("image_token_vectors.json").read_text())["rows"]]
# provider, model, width, height, detail, tokens, kind: kind says who vouches for the figure


def counter(model: str) -> AnthropicCounter:
    found = AnthropicCounter.for_model(model)
    assert found is not None
    return found


def models(*kinds: str) -> list[str]:
    return sorted({row[1] for row in ROWS if row[6] in kinds})


def mismatches(model: str, *kinds: str) -> list[str]:
    return [
        f"{width}x{height}: {counted} instead of {tokens}"
        for _, name, width, height, _, tokens, kind in ROWS
        if name == model and kind in kinds and (counted := counter(model).count(Size(width, height))) != tokens
    ]


@pytest.mark.parametrize("model", models("doc", "measured"))
def test_count_is_what_anthropic_documents_and_bills(model: str) -> None:
    assert mismatches(model, "doc", "measured") == []


@pytest.mark.parametrize("model", models("computed"))
def test_count_is_what_the_published_algorithm_gives(model: str) -> None:
    assert mismatches(model, "computed") == []


@pytest.mark.parametrize(
    ("model", "size", "seen"),
    [
        ("claude-haiku-4-5", (1920, 1080), (1456, 819)),
        ("claude-haiku-4-5", (1080, 1920), (819, 1456)),
        # The guide's table prints 1269x952, its reference program, which rounds ties to even, gives 1270x952.
        ("claude-haiku-4-5", (2000, 1500), (1270, 952)),
        ("claude-haiku-4-5", (1075, 1520), (924, 1307)),
        ("claude-opus-5", (1075, 1520), (1075, 1520)),
        ("claude-opus-5", (3840, 2160), (2576, 1449)),
    ],
)
def test_model_sees_the_size_the_guide_prints(model: str, size: tuple[int, int], seen: tuple[int, int]) -> None:
    assert counter(model).seen(Size(*size)) == seen


@pytest.mark.parametrize("detail", [None, "low", "high", "original"])
def test_detail_changes_nothing(detail: str | None) -> None:
    assert counter("claude-opus-5").count(Size(1000, 1000), detail) == 1296


@pytest.mark.parametrize(
    ("model", "tier"),
    [
        ("claude-3-haiku-20240307", STANDARD),
        ("claude-3-5-sonnet-latest", STANDARD),
        ("claude-3.7-sonnet", STANDARD),
        ("claude-sonnet-4-20250514", STANDARD),
        ("claude-opus-4-1-20250805", STANDARD),
        ("claude-haiku-4-5@20251001", STANDARD),
        ("claude-sonnet-4-5[1m]", STANDARD),
        ("anthropic/claude-sonnet-4.6", STANDARD),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", STANDARD),
        ("claude-opus-4-7", HIGH_RESOLUTION),
        ("claude-opus-4-8-2026-05-01", HIGH_RESOLUTION),
        ("global.anthropic.claude-opus-5-5-v1:0", HIGH_RESOLUTION),
        ("anthropic.claude-opus-5-20260601-v1:0", HIGH_RESOLUTION),
        ("claude-sonnet-5", HIGH_RESOLUTION),
        ("claude-haiku-5-5", HIGH_RESOLUTION),
        ("claude-fable-5-1", HIGH_RESOLUTION),
        ("claude-mythos-preview", HIGH_RESOLUTION),
    ],
)
def test_generation_decides_the_tier(model: str, tier: Tier) -> None:
    assert counter(model).tier is tier


@pytest.mark.parametrize(
    "model",
    [
        "claude-2.1",
        "claude-instant-1.2",
        "my-claude-opus-5",
        "claude",
        "claude-opus-5-5-tuned",
        "gpt-4o",
        "llava:7b",
        "",
    ],
)
def test_blind_and_foreign_models_are_not_claimed(model: str) -> None:
    assert AnthropicCounter.for_model(model) is None


@pytest.mark.parametrize(("model", "assumed"), [("claude-opus-5-5", False), ("claude-opus-6", True)])
def test_generations_after_the_guide_are_marked_as_assumed(model: str, assumed: bool) -> None:
    assert counter(model).assumed is assumed


def test_grid_is_the_edge_of_a_patch() -> None:
    assert counter("claude-opus-5").grid == 28


@pytest.mark.parametrize(("model", "tokens"), [("claude-opus-4-6", 100), ("claude-opus-4-7", 130)])
def test_newer_models_need_more_tokens_for_a_text(model: str, tokens: int) -> None:
    assert counter(model).count_text("word" * 100) == tokens


def test_hooks_offer_counter_and_prices() -> None:
    offered = (token0_anthropic.token0_register_token_counters(), token0_anthropic.token0_register_prices())
    assert offered == ([AnthropicCounter], [AnthropicPrices])


@pytest.mark.parametrize(
    ("model", "measured", "text"), [("claude-opus-4-7", 3182, 1605), ("claude-sonnet-4-6", 2780, 1206)]
)
def test_a_document_is_billed_as_was_measured(model: str, measured: int, text: int) -> None:
    words = "x" * (text * 4 if model == "claude-sonnet-4-6" else text * 40 // 13)
    assert counter(model).count_document(1, words) == pytest.approx(measured, abs=2)


def test_low_is_what_openai_would_show_and_costs_what_is_sent() -> None:
    counter = AnthropicCounter.for_model("claude-haiku-4-5")
    assert counter is not None
    assert counter.seen(Size(3000, 2000), "low") == (512, 341)
    assert counter.seen(Size(400, 300), "low") == (400, 300)
    assert counter.count(Size(1000, 1000), "low") == 1296
