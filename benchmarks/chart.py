"""A small chart as SVG: tokens saved against answers lost, a line a model."""

from __future__ import annotations

import html

WIDTH, HEIGHT, EDGE = 720, 480, 60
COLOURS = ("#1b6ca8", "#c0392b", "#1e8449", "#8e44ad", "#b9770e", "#16a085", "#5d6d7e", "#d35400")


def curve(points: dict[str, list[tuple[float, float, str]]]) -> str:
    """`points`: for each model its (share lost, share saved, name of the quality)."""
    most = max([lost for each in points.values() for lost, _, _ in each] + [0.01]) * 1.1

    def at(lost: float, saved: float) -> tuple[float, float]:
        x = EDGE + lost / most * (WIDTH - 2 * EDGE)
        return round(x, 1), round(HEIGHT - EDGE - max(saved, 0) * (HEIGHT - 2 * EDGE), 1)

    middle = 'text-anchor="middle"'
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{WIDTH // 2}" y="{HEIGHT - 15}" {middle}>answers lost</text>',
        f'<text x="15" y="{HEIGHT // 2}" transform="rotate(-90 15 {HEIGHT // 2})" {middle}>tokens saved</text>',
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        left, y = at(0, share)
        lines.append(f'<path d="M{left} {y}H{WIDTH - EDGE}" stroke="#ddd"/>')
        lines.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{share:.0%}</text>')
        x, bottom = at(share * most, 0)
        lines.append(f'<text x="{x}" y="{bottom + 20}" {middle}>{share * most:.1%}</text>')
    for number, (model, each) in enumerate(points.items()):
        colour = COLOURS[number % len(COLOURS)]
        placed = [at(lost, saved) for lost, saved, _ in each]
        path = " ".join(f"{x},{y}" for x, y in placed)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>' for x, y in placed]
        x, y = placed[-1]
        lines.append(f'<text x="{x + 8}" y="{y - 6}" fill="{colour}">{html.escape(model)}</text>')
    return "\n".join([*lines, "</svg>"])
