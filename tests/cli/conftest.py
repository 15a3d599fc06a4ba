"""The command ``stylenet`` in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from stylenet.cli import main


@pytest.fixture
def stylenet(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Callable[..., SimpleNamespace]:
    """``stylenet(*words, given=b"")``: its ``status``, ``out`` (bytes) and ``said``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object, given: bytes = b"") -> SimpleNamespace:
        monkeypatch.setattr(sys, "argv", ["stylenet", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfdbinary.readouterr()
        return SimpleNamespace(status=end.value.code or 0, out=out, said=err.decode())

    return run
