"""What would be done to one image, and why: the pipeline without a request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import pybase64

from token0 import plugins
from token0.config import CacheConfig, Config
from token0.engine import Engine
from token0.images import Unopened, open_part
from token0.interfaces import TokenCounter
from token0.report import ImageReport, Report, Shape
from token0.rules import find_counter
from token0.types import Content, Image, ImagePart, Request, Size

_COLUMNS = ("model", "as it came", "as sent", "saved", "before", "after", "by")


class View(msgspec.Struct, frozen=True):
    """Something a model reads. `seen` is the size it sees an image in, None for text and where no rule tells."""

    content: Content
    seen: Size | None = None


class Explanation(msgspec.Struct, frozen=True):
    """What one model would get. Nothing is `before` where the image could not be opened."""

    report: Report
    before: tuple[View, ...]
    after: tuple[View, ...]


async def explain(
    config: Config,
    registry: plugins.Registry,
    data: bytes,
    models: Sequence[str],
    *,
    prompt: str = "",
    detail: str | None = None,
) -> list[Explanation]:
    """For each model, a request that holds nothing but this image and the prompt. Raises `PublicError`."""
    # Anew: what is asked is what would be done, and a cache may be another user's.
    engine = Engine(msgspec.structs.replace(config, cache=CacheConfig()), registry)
    part = ImagePart(path=("image",), base64=pybase64.b64encode(data).decode(), detail=detail, prompt=prompt)
    try:
        return [await _explain(engine, part, model) for model in models]
    finally:
        await engine.close()


async def _explain(engine: Engine, part: ImagePart, model: str) -> Explanation:
    request = Request(body=part.prompt.encode(), document={}, model=model, parts=(part,))
    route = await engine.router.route(model)
    report = engine.report("explain", request, route)
    report.text_tokens = len(request.body) // 4
    changed = await engine.images(request, route, report)
    try:
        original: tuple[Content, ...] = (open_part(part, engine.config.workers.max_pixels),)
    except Unopened:
        original = ()
    counter = find_counter(engine.registry, route.provider.name, route.model)
    return Explanation(report, _views(original, counter), _views(changed.get(0, original), counter))


def _views(contents: Iterable[Content], counter: TokenCounter | None) -> tuple[View, ...]:
    return tuple(View(content, _seen(content, counter)) for content in contents)


def _seen(content: Content, counter: TokenCounter | None) -> Size | None:
    if counter is None or not isinstance(content, Image) or not content.width:
        return None
    return counter.seen(content.size, content.detail)


def render(report: Report) -> str:
    """The report for a terminal."""
    lines = [f"{report.provider}/{report.model}"]
    for image in report.images:
        lines += ["", f"as it came  {_shape(report, image.before)}"]
        lines += _steps(report, image)
        lines += [f"as sent     {_shape(report, image.after)}"]
    saved, before = report.tokens_saved, sum(image.before.tokens or 0 for image in report.images)
    share = f" ({saved / before:.0%})" if before else ""
    lines += ["", ", ".join(filter(None, (f"saved       {saved} tokens{share}", usd(report, saved))))]
    lines += [f"price       {price}"] if (price := price_of(report)) else []
    lines += [f"note        {warning}" for warning in report.warnings]
    return "\n".join(lines)


def render_table(reports: Sequence[Report]) -> str:
    """The reports of several models for a terminal, a line each."""
    rows = [_COLUMNS, *map(_row, reports)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *figures, last in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=False))]
        lines.append("  ".join([*cells, last]).rstrip())
    lines += [f"note  {report.model}: {warning}" for report in reports for warning in report.warnings]
    return "\n".join(lines)


def price_of(report: Report) -> str:
    """The price that the dollars are made of, with where it was read; nothing where none is known."""
    price = report.price
    if price is None:
        return ""
    facts = (f"as of {price.as_of}" if price.as_of else "", price.source, "assumed" if price.assumed else "")
    read = ", ".join(filter(None, facts))
    return f"${price.input:g} per million tokens" + (f" ({read})" if read else "")


def usd(report: Report, tokens: int | None) -> str:
    """`$0.000123` for so many tokens; nothing where their number or their price is not known."""
    cost = None if tokens is None else report.cost(tokens)
    return "" if cost is None else f"${cost:.6f}"


def _row(report: Report) -> tuple[str, ...]:
    (image,) = report.images
    before, after = image.before.tokens, image.after.tokens
    share = f"{image.saved / before:.0%}" if before else ""
    return (
        f"{report.provider}/{report.model}",
        "unknown" if before is None else str(before),
        "unknown" if after is None else str(after),
        share,
        usd(report, before),
        usd(report, after),
        ", ".join(report.applied) or image.note or "nothing",
    )


def _steps(report: Report, image: ImageReport) -> list[str]:
    lines = []
    for step in image.steps:
        done = "left alone"
        if step.applied:
            done = f"{step.tokens_before} -> {step.tokens_after} tokens"
            if paid := usd(report, step.tokens_before):
                done += f", {paid} -> {usd(report, step.tokens_after)}"
        lines.append(f"  {step.name:<10}{done}: {step.why} [{step.ms:g} ms]")
    if image.note:
        lines.append(f"  {image.note}")
    return lines


def _shape(report: Report, shape: Shape) -> str:
    size = f" {shape.width}x{shape.height}" if shape.width else ""
    tokens = "tokens unknown" if shape.tokens is None else f"{shape.tokens} tokens"
    what = (f"{shape.format or 'unknown'}{size}", f"{shape.bytes} bytes", tokens, usd(report, shape.tokens))
    return ", ".join(filter(None, what))
