from __future__ import annotations

import pytest

from token0_pdf.looks import asks_for_looks


@pytest.mark.parametrize(
    "prompt",
    [
        "Which color is the header?",
        "Is it signed?",
        "Welche Farbe hat das Logo?",
        "Describe the chart on page 2",
        "Que montre le graphique ?",
        "¿Hay una imagen?",
        "What does the letterhead look like?",
    ],
)
def test_eyes_are_needed(prompt: str) -> None:
    assert asks_for_looks(prompt)


@pytest.mark.parametrize(
    "prompt", ["", "Summarise this contract.", "What is the total?", "Fasse das zusammen.", "How many items are there?"]
)
def test_text_will_do(prompt: str) -> None:
    assert asks_for_looks(prompt) is None
