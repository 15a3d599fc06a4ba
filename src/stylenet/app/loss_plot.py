"""The curves of the losses, as they come.

Drawn here, as SVG: Gradio's `LinePlot` keeps the axes of its new value and the terms of its first
one, which has none, so that it shows no curve; nor has it a logarithmic scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape

import gradio as gr

STEPS_MARKED = 6  # at most
DECADES_MARKED = 5
NAMES = {  # of terms, for those who do not know what a loss is
    "content": "distance from the photo",
    "style": "distance from the painting",
    "tv": "roughness",
    "range": "colours out of range",
    "total": "all together",
}
Curve = Sequence[tuple[int, float]]

# --c of a curve: contrast of 3 to 1 at the least, by light and in the dark
CSS = """
.losses { --c0: #b45309; --c1: #0369a1; --c2: #047857; --c3: #7e22ce; --c4: #be123c; }
.dark .losses { --c0: #fbbf24; --c1: #38bdf8; --c2: #34d399; --c3: #c084fc; --c4: #fb7185; }
.losses { padding-top: 2rem; }
.losses .legend { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin-bottom: 0.75rem; }
.losses .legend i { display: inline-block; width: 1.25rem; height: 0.2rem; margin-right: 0.4rem;
  vertical-align: middle; background: var(--c); }
.losses .plot { position: relative; height: 14rem; margin: 0 0.75rem 2.75rem 3.75rem;
  border: solid var(--border-color-primary); border-width: 0 0 1px 1px; }
.losses svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.losses path { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round;
  stroke-linecap: round; vector-effect: non-scaling-stroke; }
.losses .y, .losses .x { position: absolute; font-size: 0.8rem; line-height: 1;
  white-space: nowrap; }
.losses .y { right: calc(100% + 0.4rem); transform: translateY(-50%); }
.losses .rule { --c: var(--border-color-primary); stroke-width: 1; }
.losses .x { top: calc(100% + 0.5rem); transform: translateX(-50%); }
.losses .title { top: calc(100% + 1.75rem); left: 50%; }
"""


def loss_plot(elem_id: str) -> gr.HTML:
    """Where `loss_curves` are shown."""
    return gr.HTML(
        loss_curves(()),
        label="The losses: how far to go",
        show_label=True,
        container=True,
        apply_default_css=False,
        elem_id=elem_id,
    )


def loss_curves(losses: Iterable[tuple[int, str, float]]) -> str:
    """Step, term and value of each -> HTML, a curve a term, values on a logarithmic scale.

    Values that no logarithm takes are left out: a term without weight has no curve.
    """
    curves: dict[str, list[tuple[int, float]]] = {}
    for step, term, value in losses:
        if value > 0 and math.isfinite(value):
            curves.setdefault(term, []).append((step, value))
    if not curves:
        return '<div class="losses">The curves come with the first steps.</div>'
    values = [value for curve in curves.values() for _, value in curve]
    low = math.floor(math.log10(min(values)))
    high = max(math.ceil(math.log10(max(values))), low + 1)
    last = max(1, *(step for curve in curves.values() for step, _ in curve))
    decades = {
        k: f"{100 * (high - k) / (high - low):.2f}"
        for k in range(low, high + 1, math.ceil((high - low) / DECADES_MARKED))
    }
    lines = [f'<path class="rule" d="M0 {at}H100"/>' for at in decades.values()]
    names = []
    for number, (term, curve) in enumerate(curves.items()):
        colour = f"--c: var(--c{number % 5})"
        points = [
            f"{100 * step / last:.2f} {100 * (high - math.log10(value)) / (high - low):.2f}"
            for step, value in curve
        ]
        # a curve of one point is a line without length, of which the round ends are seen
        path = "L".join(points if len(points) > 1 else 2 * points)
        lines.append(f'<path data-term="{escape(term)}" style="{colour}" d="M{path}"/>')
        names.append(
            f'<span style="{colour}"><i></i>{escape(NAMES.get(term, term))} '
            f"{curve[-1][1]:.3g}</span>"
        )
    marks = [
        *(f'<span class="y" style="top: {at}%">{10.0**k:g}</span>' for k, at in decades.items()),
        *(
            f'<span class="x" style="left: {100 * step / last:.2f}%">{step}</span>'
            for step in _round_steps(last)
        ),
    ]
    return (
        f'<div class="losses"><div class="legend">{"".join(names)}</div><div class="plot">'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(_in_words(curves.items()))}">{"".join(lines)}</svg>'
        f'{"".join(marks)}<span class="x title">step; the lower, the better (logarithmic scale)'
        "</span></div></div>"
    )


def _round_steps(last: int) -> Iterator[int]:
    """0 and multiples of 1, 2 or 5 times a power of ten, up to ``last``."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if last // (apart := factor * power) < STEPS_MARKED:
                yield from range(0, last + 1, apart)
                return
        power *= 10


def _in_words(curves: Iterable[tuple[str, Curve]]) -> str:
    """For who does not see them."""
    told = [f"{term} from {curve[0][1]:.3g} to {curve[-1][1]:.3g}" for term, curve in curves]
    return f"Losses: {', '.join(told)}"
