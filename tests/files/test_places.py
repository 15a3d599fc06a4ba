"""Paths with a ``~``, and machines where nobody knows whose home that is."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from stylenet.errors import StylenetError
from stylenet.files import cache_folder, expanded


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process whose user has no account, without HOME."""

    def none(_: int) -> None:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", none)


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    assert expanded("~/pics") == Path("/home/ana/pics")
    assert expanded("a~b") == Path("a~b")


@pytest.mark.usefixtures("homeless")
def test_without_a_home_a_path_is_refused_and_the_cache_is_temporary(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(StylenetError, match=r"Got the path ~/pics.*not known.*Set HOME"):
        expanded("~/pics")
    with caplog.at_level(logging.WARNING):
        folder = cache_folder("~/.cache/stylenet")
        assert cache_folder("~/.cache/stylenet") == folder
    assert folder.is_dir()
    (record,) = caplog.records
    assert f"it is in {folder} this time" in record.getMessage()
    folder.rmdir()
