"""The card of a distilled loss network: what it is, where it comes from, how good it is."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stylenet.config import Settings
from stylenet.files import write_text


def write_card(file: Path, config: Settings, facts: Mapping[str, Any], content: bytes) -> None:
    """Write a card in Markdown.

    Args:
        file: where to.
        config: of the run.
        facts: as ``student.json`` has them.
        content: of the file of tensors.
    """
    digest = hashlib.sha256(content).hexdigest()
    widths = " / ".join(", ".join(map(str, block)) for block in facts["widths"])
    rows = {
        "Layers": f"3x3 convolutions, zero padding 1, a ReLU after each; widths {widths}, with 2x2 "
        "average pooling between the blocks",
        "Values": f"float16, {len(content) / 1e6:.2f} MB",
        "Input": "RGB in [0,1], normalised by ImageNet's mean and std inside the loss network",
        "SHA-256": f"`{digest}`",
        "Teacher": facts["teacher"],
        "Pairs": ", ".join(f"{mine} learns {theirs}" for mine, theirs in facts["pairs"].items()),
        "Begun as": facts["begun_as"],
        "Steps": f"{facts['steps']}" + ("" if facts["finished"] else ", stopped before the end"),
        "Batch": f"{config.data.batch_size} squares of {config.data.size} px",
        "Seed": facts["seed"],
        "Commit": facts["commit"],
        "Command": f"`python train.py {shlex.join(config.run.overrides)}`",
        "Channels": "rescaled: every filter's mean activation over training photographs is 1"
        + (f"; dead ones left alone: {facts['dead_channels']}" if facts["dead_channels"] else ""),
        "Licence": config.card.licence,
        "Attribution": config.card.attribution,
        "Data": config.card.data,
    }
    lines = [f"# {config.student.name}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows.items()]
    lines += ["", "## Validation", "", "On pictures that were never trained on.", ""]
    lines += ["| figure | value |", "|---|---|"]
    lines += [f"| {name} | {value:.4f} |" for name, value in facts["validation"].items()]
    write_text(file, "\n".join(lines) + "\n")
