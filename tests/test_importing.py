"""Large imports look for no garbage, and leave it to be looked for."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from stylenet.importing import importing


def test_garbage_is_looked_for_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch")
    with importing():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ImportError), importing():
        raise ImportError
    assert gc.isenabled()


def test_where_torch_is_there_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    with importing():
        assert gc.isenabled()
    monkeypatch.delitem(sys.modules, "torch")
    gc.disable()
    try:
        with importing():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_process_that_trains_ends_without_a_word_about_leaks() -> None:
    """As extension modules write them of what is frozen: ``gc.freeze`` is no way to save time."""
    code = (
        "from stylenet.importing import importing\n"
        "with importing():\n    import stylenet.run.training, torch._dynamo\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "leak" not in done.stderr
