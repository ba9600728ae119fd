"""Text tokens: figures printed by OpenAI's own tokenizer."""

from __future__ import annotations

import pytest

from token0_openai.counters import OpenAICounter


def count(model: str, text: str) -> int:
    counter = OpenAICounter.for_model(model)
    assert counter is not None
    return counter.count_text(text)


@pytest.mark.parametrize(
    ("model", "text", "tokens"),
    [
        ("gpt-4o", "", 0),
        ("gpt-4o", "hello world", 2),
        ("gpt-4o", "antidisestablishmentarianism", 6),
        ("gpt-4o", "2 + 2 = 4", 7),
        ("gpt-4o", "お誕生日おめでとう", 8),
        ("gpt-4-turbo", "お誕生日おめでとう", 9),
    ],
)
def test_short_texts_are_counted_exactly(model: str, text: str, tokens: int) -> None:
    assert count(model, text) == tokens


def test_names_of_special_tokens_are_ordinary_text() -> None:
    assert count("gpt-4o", "<|endoftext|>") > 1


def test_run_without_a_break_is_counted_in_pieces() -> None:
    assert count("gpt-4o", "A" * 8_000) == 1_000


def test_words_are_not_cut_in_long_texts() -> None:
    assert count("gpt-4o", " hello world" * 5_000) == 10_000


def test_text_beyond_the_limit_is_extrapolated() -> None:
    assert count("gpt-4o", " hello world" * 20_000) == pytest.approx(40_000, rel=0.001)


def test_lone_surrogate_does_not_raise() -> None:
    assert count("gpt-4o", "a\ud800b") >= 1
