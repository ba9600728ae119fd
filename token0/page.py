"""The page of `explain --html`: what a model would see of an image, and what it is sent instead, side by side.

One file without scripts or addresses. Names, prompts and text that was read from pictures are not trusted: all of them
are escaped, and the page's own policy lets it load nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import pybase64

from token0.explain import Explanation, View, price_of, usd
from token0.report import ImageReport, Report, StepReport
from token0.sniff import MEDIA_TYPES
from token0.types import Image, Size, Text

_SHOWN = frozenset({"jpeg", "png", "gif", "webp", "avif", "bmp", "svg", "ico"})
"""Formats that browsers show."""

_TALLEST = 760
"""CSS pixels of the tallest picture, where pictures are fitted to the page."""

_STYLE = """
:root{color-scheme:light dark;--page:#f6f6f4;--card:#fff;--ink:#1b1c1a;--soft:#62655f;--line:#e2e2dd;--good:#0a7a4b;
--pale:#dff3e8;--warn:#9a5b00;--mat:#ecece7}
@media(prefers-color-scheme:dark){:root{--page:#131412;--card:#1c1d1b;--ink:#ecede9;--soft:#a0a39b;--line:#31332f;
--good:#58d39b;--pale:#123526;--warn:#f0b45c;--mat:#0d0e0c}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1240px;margin:0 auto;padding:40px 24px 56px}
h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:0;overflow-wrap:anywhere}
h3{font-size:.95rem;margin:0}
p{margin:0}
.soft{color:var(--soft);font-size:.9rem;overflow-wrap:anywhere}
.prompt{margin:6px 0 0;color:var(--soft);overflow-wrap:anywhere}
section{margin-top:36px}
.bill{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;margin:14px 0 0;
background:var(--line);border:1px solid var(--line);border-radius:12px;overflow:hidden}
.bill div{background:var(--card);padding:14px 18px}
.bill dt{color:var(--soft);font-size:.85rem}
.bill dd{margin:0;font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.bill dd small{display:block;font-size:.85rem;font-weight:400;letter-spacing:0;color:var(--soft);min-height:1.3em}
.bill .saved{background:var(--pale)}
.bill .saved dd{color:var(--good)}
.how{display:inline-flex;align-items:center;gap:8px;margin:20px 0 10px;cursor:pointer;font-size:.9rem;color:var(--soft)}
.how input{margin:0;width:16px;height:16px;accent-color:var(--good)}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:20px;align-items:start}
.pair.one{grid-template-columns:minmax(0,1fr)}
.pane{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden}
.pane header{padding:12px 16px;border-bottom:1px solid var(--line)}
figure{margin:0}
figure+figure{border-top:1px solid var(--line)}
.mat{background:var(--mat);padding:16px;overflow:auto;max-height:860px;text-align:center}
.mat img{display:block;margin:0 auto;width:min(100%,var(--fitted));height:auto;max-width:none}
.how:has(:checked)+.pair .mat img{width:var(--seen)}
figcaption{padding:10px 16px;border-top:1px solid var(--line)}
pre{margin:0;padding:16px;max-height:860px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;
font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;unicode-bidi:isolate}
.none{padding:40px 16px;text-align:center;color:var(--soft);background:var(--mat)}
ol{list-style:none;margin:20px 0 0;padding:0;background:var(--card);border:1px solid var(--line);border-radius:12px}
li{display:grid;grid-template-columns:110px 210px minmax(0,1fr) auto;gap:2px 18px;padding:12px 18px;
align-items:baseline}
li+li{border-top:1px solid var(--line)}
li b{font-weight:600;overflow-wrap:anywhere}
li .did{font-variant-numeric:tabular-nums}
li .did small{display:block;color:var(--soft);font-size:.82rem}
li.applied .did{color:var(--good);font-weight:600}
li.applied .did small{font-weight:400}
li.refused b,li.refused .did{color:var(--soft)}
li .why{overflow-wrap:anywhere}
li .ms{color:var(--soft);font-size:.85rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.note{margin:12px 0 0;padding-left:12px;border-left:3px solid var(--warn);font-size:.92rem;overflow-wrap:anywhere}
@media(max-width:760px){main{padding:24px 14px 40px}h1{font-size:1.3rem}.pair{grid-template-columns:minmax(0,1fr)}
li{grid-template-columns:minmax(0,1fr) auto}li .ms{grid-row:1;grid-column:2}li .did,li .why{grid-column:1/-1}
.bill{grid-template-columns:1fr 1fr}.bill .saved{grid-column:1/-1}
.bill div{padding:12px 14px}.bill dd{font-size:1.25rem}}
"""

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name} · token0-gateway</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{name}</h1>
{prompt}{sections}</main>
</body>
</html>
"""


def page(name: str, prompt: str, explanations: Iterable[Explanation]) -> str:
    """The page for one image, called `name`, and a section for each model. It holds the pictures themselves."""
    asked = f'<p class="prompt">“{escape(prompt)}”</p>\n' if prompt else ""
    sections = "".join(map(_section, explanations))
    return _FRAME.format(policy=_POLICY, style=_STYLE, name=escape(name), prompt=asked, sections=sections)


def _section(explanation: Explanation) -> str:
    report = explanation.report
    (image,) = report.images
    price = price_of(report)
    parts = [
        f"<h2>{escape(report.provider)}/{escape(report.model)}</h2>",
        f'<p class="soft">{escape(price)}</p>' if price else "",
        _bill(report, image),
        _pair(explanation),
        _steps(report, image.steps),
        *(f'<p class="note">{escape(note)}</p>' for note in (image.note, *report.warnings) if note),
    ]
    return "<section>\n" + "\n".join(filter(None, parts)) + "\n</section>\n"


def _bill(report: Report, image: ImageReport) -> str:
    before, after = image.before.tokens, image.after.tokens
    saved = image.saved if before is not None and after is not None else None
    share = f"{saved / before:.0%}" if before and saved is not None else "unknown"
    saving = " class=saved" if saved and saved > 0 else ""
    return (
        '<dl class="bill">'
        f"<div><dt>As it came</dt><dd>{_tokens(before)}<small>{usd(report, before)}</small></dd></div>"
        f"<div><dt>As sent</dt><dd>{_tokens(after)}<small>{usd(report, after)}</small></dd></div>"
        f"<div{saving}><dt>Saved</dt><dd>{share}<small>{_saved(report, saved)}</small></dd></div></dl>"
    )


def _saved(report: Report, saved: int | None) -> str:
    return "" if saved is None else " · ".join(filter(None, (_tokens(saved), usd(report, saved))))


def _tokens(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,} tokens"


def _pair(explanation: Explanation) -> str:
    """The picture before and after, fitted alike so that a loss shows; one of them where they are the same."""
    before, after = explanation.before, explanation.after
    if not after:
        return ""
    widest = max(_size(view).width for view in (*before, *after))
    panes = [_pane("As it came", before, widest), _pane("As sent", after, widest)]
    kind = "pair"
    if before == after:
        panes, kind = [_pane("As it came, and as sent", after, widest)], "pair one"
    choice = '<label class="how"><input type="checkbox"> Pixel for pixel, as large as the model sees it</label>'
    return f'{choice}\n<div class="{kind}">\n{"".join(panes)}</div>'


def _size(view: View) -> Size:
    """The size in which a picture is shown; nothing for text, and for what no header tells."""
    return view.seen or (view.content.size if isinstance(view.content, Image) else Size(0, 0))


def _pane(title: str, views: Sequence[View], widest: int) -> str:
    shown = "".join(_figure(view, widest) for view in views)
    return f'<article class="pane"><header><h3>{title}</h3></header>\n{shown}</article>\n'


def _figure(view: View, widest: int) -> str:
    content = view.content
    if isinstance(content, Text):
        caption = f"Text, {len(content.text.encode()):,} bytes"
        return f'<figure><pre dir="auto">{escape(content.text)}</pre>{_caption(caption)}</figure>\n'
    caption = f"{content.format.upper()}, {len(content.data):,} bytes"
    if content.width:
        caption = f"{content.format.upper()} {content.width}x{content.height}, {len(content.data):,} bytes"
    if view.seen:
        caption += f" · the model sees {view.seen.width}x{view.seen.height}"
    if content.format not in _SHOWN:
        return f'<figure><p class="none">Browsers do not show this format.</p>{_caption(caption)}</figure>\n'
    return f'<figure><div class="mat">{_picture(view, content, widest)}</div>{_caption(caption)}</figure>\n'


def _picture(view: View, image: Image, widest: int) -> str:
    width, height = _size(view)
    style = f"--fitted:{_TALLEST}px;--seen:auto"
    if width:
        fitted = min(widest, _TALLEST * width / height)
        style = f"--fitted:{fitted:.0f}px;--seen:{width}px;aspect-ratio:{width}/{height}"
    data = pybase64.b64encode(image.data).decode()
    return f'<img alt="the picture" style="{style}" src="data:{MEDIA_TYPES[image.format]};base64,{data}">'


def _caption(text: str) -> str:
    return f'<figcaption class="soft">{escape(text)}</figcaption>'


def _steps(report: Report, steps: Iterable[StepReport]) -> str:
    items = "\n".join(_step(report, step) for step in steps)
    return f"<ol>\n{items}\n</ol>" if items else ""


def _step(report: Report, step: StepReport) -> str:
    done = "left alone"
    if step.applied:
        done = f"{step.tokens_before:,} → {step.tokens_after:,} tokens"
        if paid := usd(report, step.tokens_before):
            done += f"<small>{paid} → {usd(report, step.tokens_after)}</small>"
    kind = "applied" if step.applied else "refused"
    return (
        f'<li class="{kind}"><b>{escape(step.name)}</b><span class="did">{done}</span>'
        f'<span class="why">{escape(step.why)}</span><span class="ms">{step.ms:g} ms</span></li>'
    )
