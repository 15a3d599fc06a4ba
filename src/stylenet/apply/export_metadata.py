"""What an exported file says of its net, whatever its format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import stylenet
from stylenet.apply.model_file import Model
from stylenet.apply.onnx_graph import INPUT
from stylenet.styles.catalogue import catalogue


def metadata(model: Model, weights: Mapping[str, float] | None = None) -> dict[str, str]:
    """What an exported file says of itself: plain words and numbers, all as text."""
    about = {
        "stylenet": stylenet.__version__,
        "net": model.name,
        "architecture": json.dumps(model.description.get("architecture")),
        "input": f"{INPUT}: float32, (n,3,height,width), RGB in [0,1]",
        "output": "painted: the same shape and range",
    }
    facts = model.description.get("style")
    own = [str(facts["name"])] if isinstance(facts, Mapping) and "name" in facts else []
    names = [Path(name).stem for part in own for name in part.split("+")]
    named = {f"{name}:{weight:g}": name for name, weight in (weights or {}).items()}
    named = named or {name: name for name in names}
    if named:
        about["style"] = "+".join(named)
    known = [catalogue()[name] for name in named.values() if name in catalogue()]
    if known:
        about["style_of"] = "; ".join(f"{e.title}, {e.artist}, {e.year}. {e.rights}" for e in known)
    card = model.path.with_suffix(".md")
    if card.is_file():  # of a net that ships: licence, credits, limitations
        about["card"] = card.read_text()
    return about
