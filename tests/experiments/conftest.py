"""Scripts of studies as modules, and pictures for them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], ModuleType]]:
    """A script as a module, with the scripts beside it importable while the test lasts."""
    before = set(sys.modules)

    def one(file: Path) -> ModuleType:
        monkeypatch.syspath_prepend(str(file.parent))
        name = f"study_{file.parent.name}_{file.stem}"
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # where dataclasses look
        spec.loader.exec_module(module)
        return module

    yield one
    for name in set(sys.modules) - before:
        file = str(getattr(sys.modules[name], "__file__", ""))
        if file.startswith((str(ROOT / "experiments"), str(ROOT / "benchmarks"))):
            del sys.modules[name]


@pytest.fixture
def photographs() -> list[torch.Tensor]:
    """Pieces of 64 px of three photographs, (3,64,64)."""
    from skimage.data import astronaut, chelsea, coffee

    found = (torch.from_numpy(image()) for image in (astronaut, chelsea, coffee))
    return [image[100:164, 100:164].permute(2, 0, 1) / 255 for image in found]
