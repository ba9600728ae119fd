"""The fold of one image over the steps: plan, price, apply, keep only what lowers the bill."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence

import msgspec

from token0.errors import Unusable
from token0.interfaces import Context, Declined, Optimizer, Plan, Replacement
from token0.report import Shape, StepReport
from token0.types import Content, Image, Text

log = logging.getLogger(__name__)

_FEWER_BYTES = 0.9
"""At equal tokens a smaller file is worth sending only when it saves at least a tenth of the upload."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one image, and what each step said.

    `instead_of` is what the image as it came costs, where only a step could tell. `unusable` says why the image must
    not be sent at all. `leans` is true when the contents say something only beside the image before.
    """

    contents: tuple[Content, ...]
    steps: tuple[StepReport, ...] = ()
    instead_of: int | None = None
    unusable: str | None = None
    leans: bool = False


def look(image: Image, ctx: Context, steps: Iterable[Optimizer]) -> tuple[StepReport, ...] | None:
    """From the header alone: None when a step wants to work on the image, else why none does."""
    before = ctx.tokens(image)
    reports = []
    for step in steps:
        if image.format not in step.formats:
            continue
        plan = _plan(step, image, _own(ctx, step))
        if isinstance(plan, Plan):
            return None
        if plan is not None:
            reports.append(_report(step, plan.why, before, before, time.perf_counter(), failed=plan.failed))
    return tuple(reports)


def run(image: Image, ctx: Context, steps: Sequence[Optimizer]) -> Outcome:
    """Fold `image` over `steps`. A step that fails or does not pay leaves it as it was. Blocking.

    Where a step puts several contents in place of one, later steps see each image among them.
    """
    ctx = msgspec.structs.replace(ctx, original=image)
    contents: tuple[Content, ...] = (image,)
    reports: list[StepReport] = []
    instead_of: int | None = None
    leans = False
    for step in steps:
        folded: list[Content] = []
        for content in contents:
            if not isinstance(content, Image) or content.format not in step.formats:
                folded.append(content)
                continue
            try:
                replacement, report = _step(step, content, ctx)
            except Unusable as error:
                return Outcome((image,), tuple(reports), unusable=str(error))
            folded += replacement.contents
            leans |= replacement.leans
            reports += [report] if report else []
            if content is image:
                instead_of = replacement.instead_of
        contents = tuple(folded)
    return Outcome(contents, tuple(reports), instead_of, leans=leans)


def shape(contents: Sequence[Content], ctx: Context | None, tokens: int | None = None) -> Shape:
    """The measurements of `contents` for a report; `tokens` where they are known better."""
    if tokens is None and ctx and all(isinstance(content, Text) or content.width for content in contents):
        tokens = ctx.tokens(*contents)
    size = sum(len(content.text.encode() if isinstance(content, Text) else content.data) for content in contents)
    formats = "+".join("text" if isinstance(content, Text) else content.format for content in contents)
    match contents:
        case [Image() as image]:
            return Shape(
                tokens=tokens,
                bytes=size,
                format=formats,
                width=image.width,
                height=image.height,
                detail=image.detail,
            )
    return Shape(tokens=tokens, bytes=size, format=formats)


def _own(ctx: Context, step: Optimizer) -> Context:
    """What `step` may know: its result must not depend on an image or a prompt that it does not ask for."""
    previous, prompt = ctx.previous if step.compares else None, ctx.prompt if step.reads_prompt else ""
    return msgspec.structs.replace(ctx, previous=previous, prompt=prompt)


def _plan(step: Optimizer, image: Image, ctx: Context) -> Plan | Declined | None:
    try:
        plan = step.plan(image, ctx)
        if not isinstance(plan, Plan | Declined | None):
            raise TypeError(f"plan returned {type(plan).__name__}")
        return plan
    except Exception as error:
        log.warning("step %s could not plan: %s", step.name, type(error).__name__, exc_info=True)
        return Declined(f"failed while planning: {type(error).__name__}", failed=True)


def _step(step: Optimizer, image: Image, ctx: Context) -> tuple[Replacement, StepReport | None]:
    started = time.perf_counter()
    ctx = _own(ctx, step)
    kept = Replacement((image,))
    before = ctx.tokens(image)
    plan = _plan(step, image, ctx)
    if plan is None:
        return kept, None
    if isinstance(plan, Declined):
        return kept, _report(step, plan.why, before, before, started, failed=plan.failed)
    if image.width and plan.tokens > before and not plan.repairs:
        why = f"{plan.why}: {plan.tokens} tokens would be dearer"
        return kept, _report(step, why, before, before, started)
    try:
        result = step.apply(image, plan, ctx)
        if isinstance(result, Declined):
            return kept, _report(step, result.why, before, before, started, failed=result.failed)
        if not isinstance(result, Replacement):
            result = Replacement((result,))
        # Here, because a step may return what cannot be counted.
        after = bill(result.contents, ctx)
    except Unusable:
        raise
    except Exception as error:
        # The message may quote image bytes or text read from them: the type is enough for the client.
        log.warning("step %s failed: %s", step.name, type(error).__name__, exc_info=True)
        return kept, _report(step, f"failed: {type(error).__name__}", before, before, started, failed=True)
    before = before if result.instead_of is None else result.instead_of
    if not plan.repairs and not _pays(image, before, result, after):
        return kept, _report(step, f"{plan.why}: would not pay ({after} tokens)", before, before, started)
    return result, _report(step, plan.why, before, after, started, applied=True)


def bill(contents: Sequence[Content], ctx: Context) -> int:
    """What a step's contents cost. Raises `ValueError` for nothing and for an unknown size: both would always pay."""
    if not contents or any(isinstance(content, Image) and not content.width for content in contents):
        raise ValueError("nothing that has a price")
    return ctx.tokens(*contents)


def _pays(image: Image, before: int, result: Replacement, after: int) -> bool:
    if after != before:
        return after < before
    (first, *more) = result.contents
    return not more and isinstance(first, Image) and len(first.data) <= len(image.data) * _FEWER_BYTES


def _report(
    step: Optimizer, why: str, before: int, after: int, started: float, *, applied: bool = False, failed: bool = False
) -> StepReport:
    return StepReport(
        name=step.name,
        applied=applied,
        why=why,
        tokens_before=before,
        tokens_after=after,
        ms=round((time.perf_counter() - started) * 1000, 2),
        failed=failed,
    )
