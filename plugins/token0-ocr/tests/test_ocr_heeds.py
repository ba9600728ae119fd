"""token0_ocr: what is kept of a reading serves every prompt that wants the same."""

from __future__ import annotations

import pytest

from token0_ocr import Ocr

STEP = Ocr(Ocr.Config())
TRANSCRIBE = "Transcribe the text."


def test_it_is_given_the_prompt() -> None:
    assert Ocr.reads_prompt


@pytest.mark.parametrize(
    ("prompt", "same"),
    [
        ("Transcribe all of the text, please.", True),
        ("What colour is the logo?", False),
        ("", False),
        ("Describe the picture.", False),
    ],
)
def test_prompts_that_want_the_same_share_a_reading(prompt: str, same: bool) -> None:
    assert (STEP.heeds(prompt) == STEP.heeds(TRANSCRIBE)) is same
