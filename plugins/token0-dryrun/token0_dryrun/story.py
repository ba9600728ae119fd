"""Tells what a model would have received."""

from __future__ import annotations

from token0.report import ImageReport, Shape
from token0.wire import Call


def tell(call: Call, prompt_tokens: int) -> list[str]:
    """The answer, line by line, each with its line end."""
    report = call.report
    assert report
    count = len(report.images)
    lines = [f"Dry run: {call.model} would have received {count} image{'' if count == 1 else 's'}.\n"]
    for image in report.images:
        lines += _image(image)
    saved = report.tokens_saved
    before = prompt_tokens + saved
    share = f" ({saved / before:.0%})" if before else ""
    lines.append(f"Prompt tokens: {before} before, {prompt_tokens} sent, {saved} saved{share}.\n")
    if report.price:
        lines.append(
            f"Input cost: ${report.cost(before):.6f} before, ${report.cost(prompt_tokens):.6f} sent"
            f" (list price ${report.price.input:g} per million tokens).\n"
        )
    return lines


def _image(image: ImageReport) -> list[str]:
    lines = [f"- {image.at}: {_shape(image.before)} -> {_shape(image.after)}\n"]
    lines += [f"  {step.name}: {'applied' if step.applied else 'left alone'}, {step.why}\n" for step in image.steps]
    if image.note:
        lines.append(f"  {image.note}\n")
    return lines


def _shape(shape: Shape) -> str:
    tokens = "? tokens" if shape.tokens is None else f"{shape.tokens} tokens"
    size = f" {shape.width}x{shape.height}" if shape.width else ""
    detail = f", detail {shape.detail}" if shape.detail else ""
    return f"{shape.format or 'remote image'}{size}{detail}, {shape.bytes} bytes, {tokens}"
