"""token0.explain: what would be done to one image, without a request and without network."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import lab

from token0 import plugins
from token0.config import Config, Step
from token0.errors import UnknownModel
from token0.explain import explain, render
from token0.interfaces import NoConfig
from token0.report import ImageReport, Report, Shape, StepReport
from token0.testing import png
from token0.types import Price

CONFIG = Config(pipeline=(Step("act", NoConfig()),), providers={"lab": lab.LabProvider.Config()})
STEPS = (
    StepReport(name="ocr", applied=False, why="no text", tokens_before=16, tokens_after=16, ms=0.5),
    StepReport(name="resize", applied=True, why="half will do", tokens_before=16, tokens_after=4, ms=1.25),
)


async def explained(data: bytes, model: str = "lab", prompt: str = "") -> Report:
    return await explain(CONFIG, plugins.load([], [lab]), data, model, prompt=prompt, detail="low")


async def test_an_image_is_taken_through_the_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.install(tmp_path, monkeypatch)
    report = await explained(png(128, 128), prompt="look at it")
    assert (report.tokens_saved, report.applied) == (12, ["act"])
    assert report.images[0].before.detail == "low"


async def test_text_and_image_are_counted_apart() -> None:
    public = (await explained(png(128, 128), prompt="rest")).public()
    assert (public["original_prompt_tokens_estimate"], public["optimized_prompt_tokens"]) == (17, 17)


async def test_what_is_no_image_is_explained_too() -> None:
    assert (await explained(b"text")).images[0].note == "not a format known here"


async def test_a_model_of_nobody_is_refused() -> None:
    with pytest.raises(UnknownModel):
        await explained(png(1, 1), "unheard-of")


def test_the_explanation_fits_a_terminal() -> None:
    before = Shape(tokens=16, bytes=2000, format="png", width=128, height=128)
    after = Shape(tokens=4, bytes=500, format="png", width=64, height=64)
    report = Report(
        request_id="r",
        dialect="d",
        provider="lab",
        model="lab-1",
        images=(ImageReport(at="image", before=before, after=after, steps=STEPS),),
        price=Price(input=2.5),
        warnings=["the rule is assumed"],
    )
    assert render(report).splitlines() == [
        "lab/lab-1",
        "",
        "as it came  png 128x128, 2000 bytes, 16 tokens",
        "  ocr       left alone: no text [0.5 ms]",
        "  resize    16 -> 4 tokens: half will do [1.25 ms]",
        "as sent     png 64x64, 500 bytes, 4 tokens",
        "",
        "saved       12 tokens (75%), $0.000030 at $2.5 per million tokens",
        "note        the rule is assumed",
    ]


def test_an_image_that_was_left_alone_says_why() -> None:
    image = ImageReport(at="image", before=Shape(bytes=4), after=Shape(bytes=4), note="not a format known here")
    assert render(Report(request_id="r", dialect="d", provider="p", model="m", images=(image,))).splitlines()[2:] == [
        "as it came  unknown, 4 bytes, tokens unknown",
        "  not a format known here",
        "as sent     unknown, 4 bytes, tokens unknown",
        "",
        "saved       0 tokens",
    ]
