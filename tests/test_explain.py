"""token0.explain: what would be done to one image, without a request and without network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes import lab

from token0 import plugins
from token0.config import Config, Step, Workers
from token0.errors import UnknownModel
from token0.explain import Explanation, View, explain, price_of, render, render_table
from token0.interfaces import NoConfig
from token0.report import ImageReport, Report, Shape, StepReport
from token0.testing import png
from token0.types import Image, Price, Size

CONFIG = Config(pipeline=(Step("act", NoConfig()),), providers={"lab": lab.LabProvider.Config()})
STEPS = (
    StepReport(name="ocr", applied=False, why="no text", tokens_before=16, tokens_after=16, ms=0.5),
    StepReport(name="resize", applied=True, why="half will do", tokens_before=16, tokens_after=4, ms=1.25),
)


async def explained(data: bytes, *models: str, prompt: str = "") -> list[Explanation]:
    return await explain(CONFIG, plugins.load([], [lab]), data, models or ("lab",), prompt=prompt, detail="low")


async def test_an_image_is_taken_through_the_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.install(tmp_path, monkeypatch)
    (made,) = await explained(png(128, 128), prompt="look at it")
    assert (made.report.tokens_saved, made.report.applied) == (12, ["act"])
    assert made.report.images[0].before.detail == "low"


async def test_what_a_model_sees_is_kept_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.install(tmp_path, monkeypatch)
    (made,) = await explained(png(128, 128), prompt="look at it")
    before = Image(data=png(128, 128), format="png", width=128, height=128, detail="low")
    after = Image(data=png(64, 64), format="png", width=64, height=64, detail="low")
    assert made.before == (View(before, Size(128, 128)),)
    assert made.after == (View(after, Size(64, 64)),)


async def test_an_image_that_is_left_alone_is_sent_as_it_came() -> None:
    (made,) = await explained(png(128, 128), prompt="rest")
    assert made.after == made.before


async def test_several_models_are_asked_about_one_image() -> None:
    made = await explained(png(128, 128), "lab-1", "lab/lab-2", prompt="rest")
    assert [each.report.model for each in made] == ["lab-1", "lab-2"]


async def test_an_image_beyond_the_limit_is_not_opened() -> None:
    config = msgspec.structs.replace(CONFIG, workers=Workers(max_pixels=100))
    (made,) = await explain(config, plugins.load([], [lab]), png(128, 128), ["lab"])
    assert (made.before, made.after) == ((), ())
    assert "workers.max_pixels" in (made.report.images[0].note or "")


async def test_text_and_image_are_counted_apart() -> None:
    (made,) = await explained(png(128, 128), prompt="rest")
    assert (made.report.text_tokens, made.report.images[0].before.tokens) == (1, 16)


async def test_what_is_no_image_is_explained_too() -> None:
    (made,) = await explained(b"text")
    assert made.report.images[0].before == Shape(bytes=4, format="unknown", detail="low")


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
        price=Price(input=2.5, as_of="2026-11-01", source="a contract", assumed=True),
        warnings=["the rule is assumed"],
    )
    assert render(report).splitlines() == [
        "lab/lab-1",
        "",
        "as it came  png 128x128, 2000 bytes, 16 tokens, $0.000040",
        "  ocr       left alone: no text [0.5 ms]",
        "  resize    16 -> 4 tokens, $0.000040 -> $0.000010: half will do [1.25 ms]",
        "as sent     png 64x64, 500 bytes, 4 tokens, $0.000010",
        "",
        "saved       12 tokens (75%), $0.000030",
        "price       $2.5 per million tokens (as of 2026-11-01, a contract, assumed)",
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


def one(model: str, before: int | None, after: int | None, price: Price | None = None, **fields: Any) -> Report:
    image = ImageReport(at="image", before=Shape(tokens=before), after=Shape(tokens=after), **fields)
    return Report(request_id="r", dialect="d", provider="lab", model=model, images=(image,), price=price)


def test_several_models_make_a_table() -> None:
    reports = [
        one("lab-1", 16, 4, Price(input=2.5), steps=STEPS),
        one("lab-10", 1000, 1000),
        one("lab-x", None, None, note="not in the request"),
    ]
    reports[1].warnings.append("the rule is assumed")
    assert render_table(reports).splitlines() == [
        "model       as it came  as sent  saved     before      after  by",
        "lab/lab-1           16        4    75%  $0.000040  $0.000010  resize",
        "lab/lab-10        1000     1000     0%                        nothing",
        "lab/lab-x      unknown  unknown                               not in the request",
        "note  lab-10: the rule is assumed",
    ]


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (None, ""),
        (Price(input=0.25), "$0.25 per million tokens"),
        (Price(input=3, as_of="2026-11-01"), "$3 per million tokens (as of 2026-11-01)"),
    ],
)
def test_a_price_says_no_more_than_is_known(price: Price | None, said: str) -> None:
    assert price_of(one("lab", 1, 1, price)) == said
