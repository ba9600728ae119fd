"""token0.report: what is told adds up, also when a step made a request dearer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from token0.report import CacheReport, ImageReport, Report, Shape, StepReport
from token0.types import Price, Usage


def step(name: str, *, applied: bool = True) -> StepReport:
    return StepReport(name=name, applied=applied, why="w", tokens_before=0, tokens_after=0, ms=1.5)


def image(before: int | None, after: int | None, *steps: StepReport) -> ImageReport:
    return ImageReport(at="a", before=Shape(tokens=before), after=Shape(tokens=after), steps=steps)


def report(*images: ImageReport) -> Report:
    return Report(request_id="r", dialect="d", provider="p", model="m", images=images, text_tokens=10)


@pytest.mark.parametrize(
    ("images", "saved"),
    [([(100, 40)], 60), ([(100, 40), (5, 5)], 60), ([(40, 100)], -60), ([(None, None)], 0), ([], 0)],
)
def test_savings_are_added_up_and_may_be_negative(images: list[tuple[int, int]], saved: int) -> None:
    assert report(*(image(*each) for each in images)).tokens_saved == saved


def test_an_image_of_unknown_price_saves_nothing_and_costs_nothing() -> None:
    drawing = ImageReport(at="image", before=Shape(format="svg"), after=Shape(format="png", tokens=40))
    assert report(drawing).tokens_saved == 0


def test_the_public_object_has_the_names_that_users_know() -> None:
    made = report(image(100, 40, step("resize"), step("ocr", applied=False)), image(20, 20))
    made.usage = Usage(input_tokens=77)
    public = made.public()
    assert public["original_prompt_tokens_estimate"] == 130
    assert public["optimized_prompt_tokens"] == 70
    assert public["tokens_saved"] == 60
    assert public["optimizations_applied"] == ["resize"]
    assert public["billed_prompt_tokens"] == 77
    assert public["cache_hit"] is False


def test_an_applied_step_is_named_once_and_in_order() -> None:
    assert report(image(1, 1, step("b"), step("a")), image(1, 1, step("b"))).applied == ["b", "a"]


@pytest.mark.parametrize(("applied", "changed"), [(True, True), (False, False)])
def test_a_request_is_changed_by_an_applied_step(applied: bool, changed: bool) -> None:
    assert report(image(1, 1, step("a", applied=applied))).changed is changed


def test_a_request_to_another_model_is_changed_and_told_also_without_images() -> None:
    made = report()
    assert (made.changed, made.told) == (False, False)
    made.model_requested = "dear"
    assert (made.changed, made.told) == (True, True)


@pytest.mark.parametrize(("requested", "told"), [(None, "m"), ("dear", "dear")])
def test_both_views_name_the_model_that_was_asked_for_and_the_one_that_answers(
    requested: str | None, told: str
) -> None:
    made = report()
    made.model_requested = requested
    for view in (made.public(), made.priced()):
        assert (view["model_requested"], view["model"]) == (told, "m")


def test_cost_is_tokens_at_list_price() -> None:
    made = report()
    made.price = Price(input=2.5)
    assert made.cost(1_000) == 0.0025


def test_cost_is_unknown_without_a_price() -> None:
    assert report().cost(1_000) is None


def test_billed_tokens_are_unknown_until_the_provider_tells_them() -> None:
    assert report().public()["billed_prompt_tokens"] is None


def test_the_sealed_object_is_json_with_the_time_so_far() -> None:
    sealed = json.loads(report(image(3, 2, step("resize"))).seal())
    assert sealed["time_ms"]["total"] >= 0
    assert sealed["images"][0]["steps"][0]["name"] == "resize"


def test_what_a_request_costs_is_told_by_image_and_by_step() -> None:
    cut = StepReport(name="resize", applied=True, why="w", tokens_before=100, tokens_after=40, ms=1.5)
    made = report(image(100, 40, cut), image(None, None))
    made.price = Price(input=10.0)
    priced = made.priced()
    assert priced["tokens"] == {
        "text_estimate": 10,
        "images_before": 100,
        "images_after": 40,
        "before": 110,
        "after": 50,
        "saved": 60,
    }
    assert priced["usd"] == {"before": 0.0011, "after": 0.0005, "saved": 0.0006}
    assert [each["after"]["usd"] for each in priced["images"]] == [0.0004, None]
    (step,) = priced["images"][0]["steps"]
    assert (step["usd_before"], step["usd_after"]) == (0.001, 0.0004)


def test_without_a_price_nothing_is_said_of_dollars() -> None:
    priced = report(image(100, 40, step("resize"))).priced()
    assert (priced["usd"], priced["images"][0]["before"]["usd"]) == (None, None)


def hit(made: Report, unbilled: Usage | None) -> Report:
    made.cache = CacheReport(status="hit", age_seconds=3, unbilled=unbilled)
    made.usage = Usage(input_tokens=0)
    return made


def test_a_hit_saves_on_images_what_it_did_and_bills_nothing_of_the_rest() -> None:
    made = hit(report(image(100, 40)), Usage(input_tokens=1000, output_tokens=10, cached_tokens=400))
    made.price = Price(input=10.0, output=100.0, cached=1.0)
    public = made.public()
    assert (public["cache_hit"], public["tokens_saved"], public["billed_prompt_tokens"]) == (True, 60, 0)
    # 60 saved, 600 fresh and 400 cached tokens not billed, 10 of the answer not billed.
    assert public["cost_saved_usd"] == pytest.approx((60 * 10 + 600 * 10 + 400 * 1 + 10 * 100) / 1e6)


def test_a_hit_whose_bill_is_not_known_claims_no_more_than_the_images_saved() -> None:
    made = hit(report(image(100, 40)), None)
    made.price = Price(input=10.0)
    assert made.public()["cost_saved_usd"] == 0.0006


@pytest.mark.parametrize(
    ("status", "told"),
    [("hit", (True, False)), ("miss", (False, True)), ("refresh", (False, True)), ("off", (False, False))],
)
def test_a_report_knows_whether_its_answer_was_recorded_or_is_being(status: Any, told: tuple[bool, bool]) -> None:
    made = report()
    made.cache = CacheReport(status=status)
    assert (made.hit, made.recorded) == told


def test_of_the_cache_only_what_there_is_to_say_is_said() -> None:
    made = report()
    made.cache = CacheReport(status="off", why="because")
    assert json.loads(made.seal())["cache"] == {"status": "off", "why": "because"}
