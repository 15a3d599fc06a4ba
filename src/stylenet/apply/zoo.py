"""Nets that ship with the package, by name."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

ANY = "any"  # the net for any style
SEVERAL = "six"  # the net for six paintings, to be mixed


def folder() -> Path:
    """Where they lie."""
    return Path(str(importlib.resources.files("stylenet.zoo")))


def shipped_models() -> list[str]:
    """The names of the nets that ship, in alphabetical order."""
    return sorted(file.stem for file in folder().glob("*.safetensors"))


def shipped_painters() -> list[str]:
    """The nets that ship for one painting each, by whose name they go, in alphabetical order."""
    return [name for name in shipped_models() if name not in (ANY, SEVERAL)]


def shipped_model(name: str | Path) -> Path | None:
    """The ``.safetensors`` file of a net that ships; None where there is none of this name."""
    return folder() / f"{name}.safetensors" if str(name) in shipped_models() else None
