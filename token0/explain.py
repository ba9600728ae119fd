"""What would be done to one image, and why: the pipeline without a request."""

from __future__ import annotations

import pybase64

from token0 import plugins
from token0.config import Config
from token0.engine import Engine
from token0.report import ImageReport, Report, Shape
from token0.types import ImagePart, Request


async def explain(
    config: Config, registry: plugins.Registry, data: bytes, model: str, *, prompt: str = "", detail: str | None = None
) -> Report:
    """The report of a request that holds nothing but this image and the prompt. Raises `PublicError`."""
    engine = Engine(config, registry)
    try:
        route = await engine.router.route(model)
        part = ImagePart(path=("image",), base64=pybase64.b64encode(data).decode(), detail=detail, prompt=prompt)
        request = Request(body=prompt.encode(), document={}, model=model, parts=(part,))
        report = engine.report("explain", request, route)
        report.text_tokens = len(request.body) // 4
        await engine.images(request, route, report)
        return report
    finally:
        await engine.close()


def render(report: Report) -> str:
    """The report for a terminal."""
    lines = [f"{report.provider}/{report.model}"]
    for image in report.images:
        lines += ["", f"as it came  {_shape(image.before)}"]
        lines += _steps(image)
        lines += [f"as sent     {_shape(image.after)}"]
    saved, before = report.tokens_saved, sum(image.before.tokens or 0 for image in report.images)
    share = f" ({saved / before:.0%})" if before else ""
    cost = f", ${report.cost(saved):.6f} at ${report.price.input:g} per million tokens" if report.price else ""
    lines += ["", f"saved       {saved} tokens{share}{cost}"]
    lines += [f"note        {warning}" for warning in report.warnings]
    return "\n".join(lines)


def _steps(image: ImageReport) -> list[str]:
    lines = []
    for step in image.steps:
        verdict = f"{step.tokens_before} -> {step.tokens_after} tokens" if step.applied else "left alone"
        lines.append(f"  {step.name:<10}{verdict}: {step.why} [{step.ms:g} ms]")
    if image.note:
        lines.append(f"  {image.note}")
    return lines


def _shape(shape: Shape) -> str:
    tokens = "tokens unknown" if shape.tokens is None else f"{shape.tokens} tokens"
    size = f" {shape.width}x{shape.height}" if shape.width else ""
    return f"{shape.format or 'unknown'}{size}, {shape.bytes} bytes, {tokens}"
