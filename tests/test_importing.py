"""Large imports look for no garbage, and leave it to be looked for."""

from __future__ import annotations

import gc
import sys

import pytest

from stylenet.importing import importing


def test_garbage_is_looked_for_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch")
    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))  # the tests' own garbage
    with importing():
        assert not gc.isenabled()
    assert (gc.isenabled(), frozen) == (True, [True])
    with pytest.raises(ImportError), importing():
        raise ImportError
    assert (gc.isenabled(), frozen) == (True, [True])


def test_where_torch_is_there_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "freeze", lambda: pytest.fail("frozen"))
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
