"""The fold of one image over the steps: plan, price, apply, keep only what lowers the bill."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence

import msgspec

from token0.interfaces import Context, Declined, Optimizer, Plan
from token0.report import Shape, StepReport
from token0.types import Content, Image, Text

log = logging.getLogger(__name__)

_FEWER_BYTES = 0.9
"""At equal tokens a smaller file is worth sending only when it saves at least a tenth of the upload."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one image, and what each step said."""

    content: Content
    steps: tuple[StepReport, ...] = ()


def look(image: Image, ctx: Context, steps: Iterable[Optimizer]) -> tuple[StepReport, ...] | None:
    """From the header alone: None when a step wants to work on the image, else why none does."""
    before = ctx.tokens(image)
    reports = []
    for step in steps:
        plan = _plan(step, image, ctx)
        if isinstance(plan, Plan):
            return None
        if plan is not None:
            reports.append(_report(step, plan.why, before, before, time.perf_counter()))
    return tuple(reports)


def run(image: Image, ctx: Context, steps: Sequence[Optimizer]) -> Outcome:
    """Fold `image` over `steps`. A step that fails or does not pay leaves it as it was. Blocking."""
    content: Content = image
    reports = []
    for step in steps:
        if not isinstance(content, Image):
            break
        content, report = _step(step, content, ctx)
        if report:
            reports.append(report)
    return Outcome(content, tuple(reports))


def shape(content: Content, ctx: Context | None) -> Shape:
    """The measurements of `content` for a report."""
    tokens = ctx.tokens(content) if ctx else None
    if isinstance(content, Text):
        return Shape(tokens=tokens, bytes=len(content.text.encode()), format="text")
    return Shape(
        tokens=tokens,
        bytes=len(content.data),
        format=content.format,
        width=content.width,
        height=content.height,
        detail=content.detail,
    )


def _plan(step: Optimizer, image: Image, ctx: Context) -> Plan | Declined | None:
    try:
        plan = step.plan(image, ctx)
        if not isinstance(plan, Plan | Declined | None):
            raise TypeError(f"plan returned {type(plan).__name__}")
        return plan
    except Exception as error:
        log.warning("step %s could not plan: %s", step.name, type(error).__name__, exc_info=True)
        return Declined(f"failed while planning: {type(error).__name__}")


def _step(step: Optimizer, image: Image, ctx: Context) -> tuple[Content, StepReport | None]:
    started = time.perf_counter()
    before = ctx.tokens(image)
    plan = _plan(step, image, ctx)
    if plan is None:
        return image, None
    if isinstance(plan, Declined):
        return image, _report(step, plan.why, before, before, started)
    if plan.tokens > before:
        why = f"{plan.why}: {plan.tokens} tokens would be dearer"
        return image, _report(step, why, before, before, started)
    try:
        result = step.apply(image, plan, ctx)
        # Here, because a step may return what cannot be counted.
        after = before if isinstance(result, Declined) else ctx.tokens(result)
    except Exception as error:
        # The message may quote image bytes or text read from them: the type is enough for the client.
        log.warning("step %s failed: %s", step.name, type(error).__name__, exc_info=True)
        return image, _report(step, f"failed: {type(error).__name__}", before, before, started)
    if isinstance(result, Declined):
        return image, _report(step, result.why, before, before, started)
    if not _pays(image, before, result, after):
        return image, _report(step, f"{plan.why}: would not pay ({after} tokens)", before, before, started)
    return result, _report(step, plan.why, before, after, started, applied=True)


def _pays(image: Image, before: int, result: Content, after: int) -> bool:
    if after != before:
        return after < before
    return isinstance(result, Image) and len(result.data) <= len(image.data) * _FEWER_BYTES


def _report(step: Optimizer, why: str, before: int, after: int, started: float, *, applied: bool = False) -> StepReport:
    ms = round((time.perf_counter() - started) * 1000, 2)
    return StepReport(name=step.name, applied=applied, why=why, tokens_before=before, tokens_after=after, ms=ms)
