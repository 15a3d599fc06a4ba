"""Nets that ship with the package, by name."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

FOLDER = "stylenet.zoo"


def shipped_models() -> list[str]:
    """The names of the nets that ship, in alphabetical order."""
    files = importlib.resources.files(FOLDER).iterdir()
    return sorted(Path(f.name).stem for f in files if f.name.endswith(".safetensors"))


def shipped_model(name: str | Path) -> Path | None:
    """The ``.safetensors`` file of a net that ships; None where there is none of this name."""
    if str(name) not in shipped_models():
        return None
    return Path(str(importlib.resources.files(FOLDER) / f"{name}.safetensors"))
