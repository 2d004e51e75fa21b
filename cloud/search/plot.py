"""What was found as a picture: accuracy against flash, circles as large as a row is long."""

import math
from collections.abc import Sequence
from html import escape

from .search import Found

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 800, 480, 70, 170, 40, 60
COLOURS = ("#1f5fa8", "#b3561e", "#2b7d8a", "#7a3f9d", "#8a6d1f", "#59616d", "#a8325f")
STYLE = (
    "text { font: 13px system-ui, sans-serif; fill: #1d2126 } .rule { stroke: #d5d9de } "
    ".front { fill: none; stroke: #1d2126; stroke-dasharray: 3 3 } .winner { stroke: #1d2126; stroke-width: 3 }"
)


def svg(found: Sequence[Found], front: Sequence[Found], winner: Found, title: str) -> str:
    """An SVG picture; `found` is not empty."""
    sizes = [each.form.flash for each in found]
    right = [100 * each.trial.accuracy for each in found]
    low, high = math.floor(min(right) / 5) * 5, min(100, math.floor(max(right) / 5) * 5 + 5)
    least, most = math.log10(min(sizes) / 1.2), math.log10(max(sizes) * 1.2)
    longest = max(each.form.cycles for each in found) or 1

    def x(flash: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(flash) - least) / (most - least)

    def y(accuracy: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - accuracy) / (high - low)

    lines = [f'<text x="{LEFT}" y="22">{escape(title)}</text>']
    for step in range(low, high + 1, 5):
        lines.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(step):.1f}" y2="{y(step):.1f}"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y(step) + 4:.1f}" text-anchor="end">{step} %</text>')
    for size in _ticks(10**least, 10**most):
        lines.append(f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{size}</text>')
    lines.append(
        f'<text x="{LEFT}" y="{HEIGHT - 14}">bytes of flash; a circle\'s area is the cycles of a row, '
        f"at most {longest}</text>"
    )
    path = " ".join(f"{x(each.form.flash):.1f},{y(100 * each.trial.accuracy):.1f}" for each in front)
    lines.append(f'<polyline class="front" points="{path}"/>')
    colours = dict(zip(dict.fromkeys(each.candidate.kind for each in found), COLOURS, strict=False))
    for each in found:
        radius = 3 + 9 * math.sqrt(each.form.cycles / longest)
        said = f"{each.name}: {100 * each.trial.accuracy:.1f} %, {each.form.flash} B, {each.form.cycles} cycles"
        chosen = ' class="winner"' if each is winner else ""
        lines.append(
            f'<circle cx="{x(each.form.flash):.1f}" cy="{y(100 * each.trial.accuracy):.1f}" r="{radius:.1f}" '
            f'fill="{colours[each.candidate.kind]}" fill-opacity="0.6"{chosen}><title>{escape(said)}</title></circle>'
        )
    for place, (kind, colour) in enumerate(colours.items()):
        height = TOP + 10 + 22 * place
        lines.append(f'<circle cx="{WIDTH - RIGHT + 20}" cy="{height}" r="6" fill="{colour}"/>')
        lines.append(f'<text x="{WIDTH - RIGHT + 34}" y="{height + 4}">{escape(kind)}</text>')
    body = "\n".join(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">\n'
        f'<style>{STYLE}</style>\n<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _ticks(low: float, high: float) -> list[int]:
    return [size for power in range(6) for digit in (1, 2, 5) if low <= (size := digit * 10**power) <= high]
