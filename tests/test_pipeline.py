"""token0.pipeline: never dearer, in the given order, and a failing step costs only its saving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from token0.errors import Unusable
from token0.interfaces import Context, Declined, NoConfig, Optimizer, Plan, Replacement
from token0.pipeline import look, run, shape
from token0.report import Shape
from token0.types import Image, Text

Make = Callable[..., Image]


class Step(Optimizer):
    """Answers with what it is given; an exception is raised."""

    def __init__(self, name: str, plan: Any, result: Any = None) -> None:
        super().__init__(NoConfig())
        self.name = name  # type: ignore[misc]
        self._plan, self._result = plan, result
        self.saw: list[Image] = []

    def plan(self, image: Image, ctx: Context) -> Any:
        return _said(self._plan)

    def apply(self, image: Image, plan: Plan, ctx: Context) -> Any:
        self.saw.append(image)
        return _said(self._result)


def _said(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


def plan(tokens: int = 1) -> Plan:
    return Plan(tokens=tokens, why="smaller")


def test_a_cheaper_image_is_taken(image: Make, ctx: Context) -> None:
    outcome = run(image(128, 128), ctx, [Step("a", plan(), image(64, 64))])
    assert outcome.contents == (image(64, 64),)
    (report,) = outcome.steps
    assert (report.name, report.applied, report.why) == ("a", True, "smaller")
    assert (report.tokens_before, report.tokens_after) == (16, 4)


@pytest.mark.parametrize("size", [(64, 96), (65, 64)])
def test_a_dearer_result_is_thrown_away(image: Make, ctx: Context, size: tuple[int, int]) -> None:
    original = image(64, 64)
    outcome = run(original, ctx, [Step("a", plan(), image(*size))])
    assert outcome.contents == (original,)
    assert outcome.steps[0].why == "smaller: would not pay (6 tokens)"


def test_a_plan_that_would_be_dearer_is_not_tried(image: Make, ctx: Context) -> None:
    step = Step("a", plan(5), image(32, 32))
    outcome = run(image(64, 64), ctx, [step])
    assert step.saw == []
    assert outcome.steps[0].why == "smaller: 5 tokens would be dearer"


@pytest.mark.parametrize(("bytes_after", "applied"), [(900, True), (901, False), (1100, False)])
def test_equal_tokens_pay_only_with_a_tenth_fewer_bytes(
    image: Make, ctx: Context, bytes_after: int, applied: bool
) -> None:
    original = msgspec.structs.replace(image(), data=bytes(1000))
    smaller = msgspec.structs.replace(image(), data=bytes(bytes_after))
    assert run(original, ctx, [Step("a", plan(4), smaller)]).steps[0].applied is applied


@pytest.mark.parametrize(("text", "applied"), [("x" * 12, True), ("x" * 16, False), ("x" * 20, False)])
def test_text_must_be_cheaper_than_the_image(image: Make, ctx: Context, text: str, applied: bool) -> None:
    assert run(image(64, 64), ctx, [Step("a", plan(), Text(text))]).steps[0].applied is applied


def test_text_ends_the_fold(image: Make, ctx: Context) -> None:
    later = Step("b", plan(), image(32, 32))
    outcome = run(image(64, 64), ctx, [Step("a", plan(), Text("hi")), later])
    assert outcome.contents == (Text("hi"),)
    assert [report.name for report in outcome.steps] == ["a"]


def test_steps_run_in_the_given_order_each_on_the_result_before_it(image: Make, ctx: Context) -> None:
    first, second = Step("b", plan(), image(96, 96)), Step("a", plan(), image(64, 64))
    outcome = run(image(128, 128), ctx, [first, second])
    assert second.saw == [image(96, 96)]
    assert [(report.name, report.tokens_before, report.tokens_after) for report in outcome.steps] == [
        ("b", 16, 9),
        ("a", 9, 4),
    ]


BROKEN = [
    (Step("bad", ValueError("quotes the image")), "failed while planning: ValueError"),
    (Step("bad", "no plan"), "failed while planning: TypeError"),
    (Step("bad", plan(), ValueError("quotes the image")), "failed: ValueError"),
    (Step("bad", plan(), MemoryError()), "failed: MemoryError"),
    (Step("bad", plan(), None), "failed: AttributeError"),
    (Step("bad", plan(), b"bytes"), "failed: AttributeError"),
]


@pytest.mark.parametrize(("step", "why"), BROKEN)
def test_a_failing_step_costs_only_its_saving(image: Make, ctx: Context, step: Step, why: str) -> None:
    outcome = run(image(64, 64), ctx, [step, Step("good", plan(), image(32, 32))])
    assert outcome.contents == (image(32, 32),)
    assert [(report.applied, report.why) for report in outcome.steps] == [(False, why), (True, "smaller")]


@pytest.mark.parametrize(
    "step", [Step("a", Declined("too small")), Step("a", plan(), Declined("too small"))], ids=["plan", "apply"]
)
def test_the_reason_to_decline_is_told(image: Make, ctx: Context, step: Step) -> None:
    original = image()
    outcome = run(original, ctx, [step])
    assert outcome.contents == (original,)
    assert [(report.applied, report.why) for report in outcome.steps] == [(False, "too small")]


def test_a_step_with_nothing_to_do_is_not_mentioned(image: Make, ctx: Context) -> None:
    assert run(image(), ctx, [Step("a", None)]).steps == ()


def test_looking_finds_work_without_doing_it(image: Make, ctx: Context) -> None:
    step = Step("b", plan(), image(32, 32))
    assert look(image(), ctx, [Step("a", Declined("no")), step]) is None
    assert step.saw == []


def test_looking_tells_why_nothing_will_be_done(image: Make, ctx: Context) -> None:
    reports = look(image(), ctx, [Step("a", Declined("no")), Step("b", None), Step("c", ValueError())])
    assert reports is not None
    assert [(report.name, report.why) for report in reports] == [
        ("a", "no"),
        ("c", "failed while planning: ValueError"),
    ]


@pytest.mark.parametrize(
    ("content", "measured"),
    [
        (Text("é1"), Shape(tokens=1, bytes=3, format="text")),
        (
            Image(data=b"123", format="gif", width=33, height=1, detail="low"),
            Shape(tokens=2, bytes=3, format="gif", width=33, height=1, detail="low"),
        ),
    ],
)
def test_content_is_measured_for_the_report(ctx: Context, content: Image | Text, measured: Shape) -> None:
    assert shape([content], ctx) == measured


def test_tokens_are_unknown_without_a_rule() -> None:
    assert shape([Text("x")], None).tokens is None


def test_several_contents_may_stand_in_place_of_one(image: Make, ctx: Context) -> None:
    pages = (image(64, 64), Text("x" * 8))
    outcome = run(image(128, 128), ctx, [Step("a", plan(), Replacement(pages))])
    assert outcome.contents == pages
    assert outcome.steps[0].tokens_after == 6


def test_later_steps_see_each_image_among_them(image: Make, ctx: Context) -> None:
    later = Step("b", plan(), image(32, 32))
    outcome = run(
        image(320, 320), ctx, [Step("a", plan(), Replacement((image(96, 96), Text("x"), image(64, 64)))), later]
    )
    assert later.saw == [image(96, 96), image(64, 64)]
    assert outcome.contents == (image(32, 32), Text("x"), image(32, 32))


def test_a_step_is_offered_its_own_formats_only(image: Make, ctx: Context) -> None:
    step = Step("a", plan(), image(32, 32))
    drawing = msgspec.structs.replace(image(0, 0), format="svg")
    assert look(drawing, ctx, [step]) == ()
    assert run(drawing, ctx, [step]).contents == (drawing,)


def test_a_repair_is_taken_whatever_it_costs(image: Make, ctx: Context) -> None:
    repair = Plan(tokens=4, why="not a format the provider takes", repairs=True)
    assert run(image(32, 32), ctx, [Step("a", repair, image(64, 64))]).contents == (image(64, 64),)


def test_a_step_that_knows_the_bill_better_is_believed(image: Make, ctx: Context) -> None:
    document = msgspec.structs.replace(image(0, 0), format="png")
    step = Step("a", plan(), Replacement((image(64, 64),), instead_of=100))
    outcome = run(document, ctx, [step])
    assert outcome.instead_of == 100
    assert (outcome.steps[0].tokens_before, outcome.steps[0].tokens_after) == (100, 4)


def test_the_shape_of_several_contents_is_their_sum(image: Make, ctx: Context) -> None:
    measured = shape([image(64, 64), Text("x" * 8)], ctx)
    assert (measured.format, measured.tokens, measured.width) == ("png+text", 6, 0)


@pytest.mark.parametrize("result", [Replacement(()), Image(data=b"<svg>", format="svg", width=0, height=0)])
def test_a_step_cannot_make_an_image_vanish(image: Make, ctx: Context, result: Any) -> None:
    original = image()
    outcome = run(original, ctx, [Step("a", plan(), result)])
    assert outcome.contents == (original,)
    assert outcome.steps[0].why == "failed: ValueError"


def test_several_contents_must_be_cheaper_together(image: Make, ctx: Context) -> None:
    halves = Replacement((image(64, 64), image(64, 64)))
    assert not run(image(64, 128), ctx, [Step("a", plan(), halves)]).steps[0].applied


def test_a_failing_repair_leaves_the_image_as_it_came(image: Make, ctx: Context) -> None:
    original = image()
    repair = Plan(tokens=99, why="the provider refuses it", repairs=True)
    assert run(original, ctx, [Step("a", repair, ValueError())]).contents == (original,)


def test_the_tokens_of_an_unknown_size_are_unknown(ctx: Context) -> None:
    drawing = Image(data=b"<svg>", format="svg", width=0, height=0)
    assert shape([drawing], ctx).tokens is None
    assert shape([drawing], ctx, 7).tokens == 7


def test_each_step_can_look_at_the_image_as_it_came(image: Make, ctx: Context) -> None:
    seen: list[Image | None] = []

    class Looks(Step):
        def apply(self, image: Image, plan: Plan, ctx: Context) -> Any:
            seen.append(ctx.original)
            return super().apply(image, plan, ctx)

    original = image(320, 320)
    run(original, ctx, [Looks("a", plan(), image(96, 96)), Looks("b", plan(), image(64, 64))])
    assert seen == [original, original]


def test_a_step_can_forbid_that_an_image_is_sent(image: Make, ctx: Context) -> None:
    after = Step("after", plan(), image(32, 32))
    outcome = run(image(64, 64), ctx, [Step("a", plan(), Unusable("it is broken")), after])
    assert outcome.unusable == "it is broken"
    assert after.saw == []


def test_only_a_step_that_compares_is_given_the_image_before(image: Make, ctx: Context) -> None:
    saw: list[Image | None] = []

    class Looks(Step):
        def plan(self, image: Image, ctx: Context) -> Any:
            saw.append(ctx.previous)
            return None

    class Compares(Looks):
        compares = True

    before = msgspec.structs.replace(ctx, previous=image(8, 8))
    steps = [Looks("a", None), Compares("b", None)]
    run(image(), before, steps)
    look(image(), before, steps)
    assert saw == [None, image(8, 8)] * 2


@pytest.mark.parametrize("leans", [True, False])
def test_outcome_says_that_it_leans_on_the_image_before(image: Make, ctx: Context, leans: bool) -> None:
    replacement = Replacement((Text("as before"),), leans=leans)
    assert run(image(128, 128), ctx, [Step("a", plan(), replacement)]).leans is leans


def test_what_does_not_pay_leans_on_nothing(image: Make, ctx: Context) -> None:
    assert not run(image(8, 8), ctx, [Step("a", plan(), Replacement((Text("as before"),), leans=True))]).leans


def test_only_a_step_that_reads_the_prompt_is_given_it(image: Make, ctx: Context) -> None:
    saw = []

    class Deaf(Step):
        def plan(self, image: Image, ctx: Context) -> Any:
            saw.append(ctx.prompt)
            return super().plan(image, ctx)

        def apply(self, image: Image, plan: Plan, ctx: Context) -> Any:
            saw.append(ctx.prompt)
            return super().apply(image, plan, ctx)

    class Hearing(Deaf):
        reads_prompt = True

    asked = msgspec.structs.replace(ctx, prompt="what?")
    for step in (Deaf("a", plan(), image(8, 8)), Hearing("b", plan(), image(8, 8))):
        run(image(64, 64), asked, [step])
        look(image(64, 64), asked, [step])
    assert saw == ["", "", "", "what?", "what?", "what?"]


@pytest.mark.parametrize(
    ("planned", "result", "failed"),
    [
        (ValueError(), None, True),
        (plan(), ValueError(), True),
        (plan(), Declined("no time", failed=True), True),
        (Declined("no time", failed=True), None, True),
        (plan(), Declined("no text"), False),
        (Declined("no text"), None, False),
        (plan(99), None, False),
    ],
)
def test_a_step_that_did_not_come_to_an_end_is_told_apart(
    image: Make, ctx: Context, planned: Any, result: Any, failed: bool
) -> None:
    (told,) = run(image(64, 64), ctx, [Step("a", planned, result)]).steps
    assert (told.applied, told.failed) == (False, failed)


def test_a_look_tells_which_step_failed(image: Make, ctx: Context) -> None:
    steps = [Step("a", ValueError()), Step("b", Declined("no text"))]
    assert [told.failed for told in look(image(64, 64), ctx, steps) or ()] == [True, False]
