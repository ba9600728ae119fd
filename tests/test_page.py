"""token0.page: what is shown, and that nothing in a picture, its name or its text gets out of its place."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from token0.explain import Explanation, View
from token0.page import page
from token0.report import ImageReport, Report, Shape, StepReport
from token0.testing import png
from token0.types import Content, Image, Price, Size, Text

EVIL = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>\" ' &amp; {style}"
STEPS = (
    StepReport(name="ocr", applied=False, why="no text", tokens_before=1000, tokens_after=1000, ms=0.5),
    StepReport(name="resize", applied=True, why="half will do", tokens_before=1000, tokens_after=250, ms=1.25),
)


def image(width: int, height: int, kind: str = "png") -> Image:
    return Image(data=png(8, 8), format=kind, width=width, height=height)


def view(content: Content, *seen: int) -> View:
    return View(content, Size(*seen) if seen else None)


BEFORE = view(image(800, 600), 400, 300)
AFTER = view(image(200, 150), 200, 150)


def explanation(
    *after: View, before: tuple[View, ...] = (BEFORE,), shapes: tuple[int | None, int | None] = (1000, 250), **more: Any
) -> Explanation:
    steps, note, warnings, price = (more.get(name) for name in ("steps", "note", "warnings", "price"))
    told = ImageReport(
        at="image", before=Shape(tokens=shapes[0]), after=Shape(tokens=shapes[1]), steps=steps or (), note=note
    )
    names = {"provider": "lab", "model": more.get("model", "lab-1")}
    report = Report(request_id="r", dialect="d", images=(told,), warnings=warnings or [], price=price, **names)
    return Explanation(report, before, after)


class Reader(HTMLParser):
    """What a browser would find: elements, attributes, and the text outside of the style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] != "style":
            self.text += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(*explanations: Explanation, name: str = "a.png", prompt: str = "") -> Reader:
    return Reader(page(name, prompt, explanations))


def test_both_pictures_are_in_the_page() -> None:
    sources = [attributes["src"] for attributes in read(explanation(AFTER)).attributes("img")]
    assert sources == ["data:image/png;base64," + base64.b64encode(png(8, 8)).decode()] * 2


def test_a_picture_is_as_large_as_the_model_sees_it() -> None:
    styles = [attributes["style"] or "" for attributes in read(explanation(AFTER)).attributes("img")]
    assert [re.findall(r"--seen:(\w+);aspect-ratio:([\d/]+)", style) for style in styles] == [
        [("400px", "400/300")],
        [("200px", "200/150")],
    ]


def test_pictures_are_fitted_alike() -> None:
    styles = [attributes["style"] or "" for attributes in read(explanation(AFTER)).attributes("img")]
    assert [style.partition(";")[0] for style in styles] == ["--fitted:400px"] * 2


def test_a_tall_picture_fits_the_page() -> None:
    tall = view(image(100, 1520), 100, 1520)
    (shown,) = read(explanation(tall, before=(tall,))).attributes("img")
    assert (shown["style"] or "").startswith("--fitted:50px;")


def test_what_is_sent_as_it_came_is_shown_once() -> None:
    made = read(explanation(BEFORE))
    assert len(made.attributes("img")) == 1
    assert "As it came, and as sent" in made.text


@pytest.mark.parametrize(("kind", "shown"), [("svg", 1), ("heic", 0), ("pdf", 0), ("unknown", 0)])
def test_what_browsers_cannot_show_is_said(kind: str, shown: int) -> None:
    strange = view(image(0, 0, kind))
    made = read(explanation(strange, before=(strange,)))
    assert len(made.attributes("img")) == shown
    assert ("Browsers do not show this format." in made.text) is not bool(shown)


def test_an_image_that_was_not_opened_leaves_its_reason() -> None:
    made = read(explanation(before=(), shapes=(None, None), note="beyond the limit"))
    assert made.attributes("img") == []
    assert "beyond the limit" in made.text


def test_several_contents_follow_each_other() -> None:
    made = read(explanation(AFTER, view(Text("total 12.50")), AFTER))
    assert len(made.attributes("figure")) == 4
    assert "total 12.50" in made.text


def test_tokens_and_dollars_are_shown_before_and_after() -> None:
    made = read(explanation(AFTER, price=Price(input=10, as_of="2026-11-01", source="a contract")))
    for said in ("1,000 tokens", "$0.010000", "250 tokens", "$0.002500", "75%", "750 tokens · $0.007500"):
        assert said in made.text
    assert "$10 per million tokens (as of 2026-11-01, a contract)" in made.text


def test_unknown_tokens_are_called_unknown() -> None:
    assert "unknown" in read(explanation(BEFORE, shapes=(None, None))).text


def test_a_dearer_image_is_no_saving() -> None:
    made = read(explanation(AFTER, shapes=(250, 1000)))
    assert "-300%" in made.text
    assert {"class": "saved"} not in made.attributes("div")


def test_every_step_is_shown_with_its_reason() -> None:
    made = read(explanation(AFTER, steps=STEPS, price=Price(input=10)))
    assert [attributes["class"] for attributes in made.attributes("li")] == ["refused", "applied"]
    for said in ("left alone", "no text", "1,000 → 250 tokens", "$0.010000 → $0.002500", "half will do", "1.25 ms"):
        assert said in made.text


def test_every_model_has_a_section() -> None:
    made = read(explanation(AFTER, model="lab-1"), explanation(AFTER, model="lab-2"))
    assert len(made.attributes("section")) == 2
    assert "lab/lab-1" in made.text
    assert "lab/lab-2" in made.text


def test_warnings_are_shown() -> None:
    assert "the rule is assumed" in read(explanation(AFTER, warnings=["the rule is assumed"])).text


HOSTILE: dict[str, Any] = {
    "text read from a picture": lambda: read(explanation(view(Text(EVIL)))),
    "the file name": lambda: read(explanation(AFTER), name=EVIL),
    "the prompt": lambda: read(explanation(AFTER), prompt=EVIL),
    "the model": lambda: read(explanation(AFTER, model=EVIL)),
    "a step's name": lambda: read(explanation(AFTER, steps=(a_step(name=EVIL),))),
    "a step's reason": lambda: read(explanation(AFTER, steps=(a_step(why=EVIL),))),
    "a note": lambda: read(explanation(AFTER, note=EVIL)),
    "a warning": lambda: read(explanation(AFTER, warnings=[EVIL])),
    "the source of a price": lambda: read(explanation(AFTER, price=Price(input=1, source=EVIL))),
    "the date of a price": lambda: read(explanation(AFTER, price=Price(input=1, as_of=EVIL))),
}


def a_step(**fields: str) -> StepReport:
    values = {"name": "s", "why": "w", **fields}
    return StepReport(applied=True, tokens_before=2, tokens_after=1, ms=1.0, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_is_not_trusted_becomes_an_element(made: Any) -> None:
    found = made()
    assert found.text.count(EVIL) >= 1
    assert found.attributes("script") == []
    assert all(not name.startswith("on") for _, attributes in found.elements for name in attributes)
    assert all((attributes["src"] or "").startswith("data:image/") for attributes in found.attributes("img"))


def test_the_page_may_load_nothing() -> None:
    made = read(explanation(AFTER))
    (policy,) = [each["content"] for each in made.attributes("meta") if "http-equiv" in each]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert made.attributes("link") == []


def test_the_policy_stands_before_all_it_is_for() -> None:
    text = page("a.png", "", [explanation(AFTER)])
    assert text.index("Content-Security-Policy") < text.index("<title>") < text.index("<style>")


def test_the_same_input_gives_the_same_page() -> None:
    assert page("a.png", "p", [explanation(AFTER)]) == page("a.png", "p", [explanation(AFTER)])
