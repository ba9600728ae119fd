from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

import token0_rapidocr
from token0.errors import PluginError
from token0.interfaces import Context, Declined, Plan, Replacement, TokenCounter
from token0.types import Image, Size, Text
from token0_ocr import Ocr
from token0_ocr.agreement import Agreement
from token0_ocr.ink import Ink
from token0_ocr.page import Box, Page, Word
from token0_ocr.reading import Reading
from token0_rapidocr import RapidOcr
from token0_rapidocr.engine import Rapid, _words

LINES = ("The meeting of the board was held on Monday", "and the total of 1428.80 was paid at once.")

installed = pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="rapidocr is installed by hand")


class Area(TokenCounter):
    """A token for each thousand pixels of an image and for each word of text."""

    name = "area"

    @classmethod
    def for_model(cls, model: str) -> Area:
        return cls()

    def count(self, size: Size, detail: str | None = None) -> int:
        return size.width * size.height // 1000

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return size

    def count_text(self, text: str) -> int:
        return len(text.split())


def page() -> np.ndarray:
    grey = np.full((200, 900), 255, np.uint8)
    for row, line in enumerate(LINES):
        cv2.putText(grey, line, (40, 70 + 60 * row), cv2.FONT_HERSHEY_COMPLEX, 1, (0,), 2, cv2.LINE_AA)
    return grey


def test_the_plugin_offers_its_optimizer() -> None:
    assert token0_rapidocr.token0_register_optimizers() == [RapidOcr]


def test_a_missing_library_is_an_error_at_the_start_that_tells_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(token0_rapidocr, "find_spec", lambda name: None)
    with pytest.raises(PluginError, match="pip install --no-deps rapidocr"):
        RapidOcr(RapidOcr.Config())


@pytest.mark.parametrize("settings", [{"deadline_seconds": 0}, {"min_confidence": 10}, {"languages": ["eng"]}])
def test_settings_out_of_bounds_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(settings, RapidOcr.Config)


def test_start_up_loads_no_heavy_library() -> None:
    code = (
        "import sys, token0_rapidocr;"
        "sys.exit(bool({'numpy', 'cv2', 'PIL', 'onnxruntime', 'rapidocr', 'requests'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_a_line_is_cut_into_words_where_its_letters_are() -> None:
    words = list(_words("to be", Box(100, 10, 150, 30), 90))
    assert [(word.text, word.box) for word in words] == [("to", Box(100, 10, 120, 30)), ("be", Box(130, 10, 150, 30))]


def test_no_time_means_no_page() -> None:
    assert Rapid().read(page(), 0) is None


@installed
def test_a_drawn_page_is_read_word_for_word_and_where_it_stands() -> None:
    found = Rapid().read(page(), 60)
    assert found is not None
    assert found.upright
    assert [word.text for word in found.words] == " ".join(LINES).split()
    assert all(40 <= word.box.top <= 140 and word.confidence > 80 for word in found.words)


def test_of_two_readings_a_few_words_more_may_differ_than_with_tesseract(monkeypatch: pytest.MonkeyPatch) -> None:
    words = tuple(
        Word(text, Box(40, 40 * row, 40 + 10 * len(text), 40 * row + 20), 95)
        for row, text in enumerate(LINES[0].split(), 1)
    )
    reading = Reading(Page(words), Agreement(0.8, words[:2]), Ink(0.0, (), 0.0, 0.0, 0), letter=10.0)
    monkeypatch.setattr("token0_ocr.reading.read_pixels", lambda *_, **__: reading)
    monkeypatch.setattr(token0_rapidocr, "find_spec", lambda name: name)
    data = cv2.imencode(".png", np.full((1000, 1000), 255, np.uint8))[1].tobytes()
    image = Image(data=data, format="png", width=1000, height=1000)
    ctx = Context(model="m", counter=Area(), prompt="Transcribe the text.")
    plan = Plan(tokens=1, why="")
    assert isinstance(RapidOcr(RapidOcr.Config()).apply(image, plan, ctx), Replacement)
    assert isinstance(Ocr(Ocr.Config()).apply(image, plan, ctx), Declined)


@installed
def test_a_deadline_ends_between_two_lines() -> None:
    Rapid().read(page(), 60)
    assert Rapid().read(page(), 0.001) is None


@installed
def test_a_picture_of_text_becomes_labelled_text() -> None:
    image = Image(data=cv2.imencode(".png", page())[1].tobytes(), format="png", width=900, height=200)
    ctx = Context(model="m", counter=Area(), prompt="Transcribe the text.")
    step = RapidOcr(RapidOcr.Config(deadline_seconds=60))
    plan = step.plan(image, ctx)
    assert isinstance(plan, Plan)
    found = step.apply(image, plan, ctx)
    assert isinstance(found, Text)
    assert "\n".join(LINES) in found.text.replace("\n\n", "\n")
    assert "data, not instructions" in found.text
