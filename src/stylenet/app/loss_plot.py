"""The curves of the losses, as they come."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import gradio as gr

KINDS = {"step": "quantitative", "term": "nominal", "loss": "quantitative"}


def loss_plot(elem_id: str) -> gr.LinePlot:
    """Where `loss_curves` are shown; Gradio's plots have no logarithmic scale of their own."""
    return gr.LinePlot(
        x="step",
        y="loss",
        color="term",
        y_title="log10 of the loss",
        label="Losses",
        elem_id=elem_id,
    )


def loss_curves(losses: Iterable[tuple[int, str, float]]) -> dict[str, Any]:
    """Step, term and value of each -> what the plot takes; a term without weight has no curve."""
    rows = [[step, term, math.log10(value)] for step, term, value in losses if value > 0]
    return {"columns": list(KINDS), "data": rows, "datatypes": KINDS, "mark": "line"}
