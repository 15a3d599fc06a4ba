"""``stylenet app``, as far as it needs no browser."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

Command = Callable[..., SimpleNamespace]
# of Gradio, to itself
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_without_gradio_it_says_how_to_install_it(
    stylenet: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    done = stylenet("app")
    assert done.status == 2
    assert "gradio is needed for the page" in done.said
    assert "pip install 'stylenet[app]'" in done.said


@pytest.mark.parametrize("auth", ["name", ":password", "name:"])
def test_half_an_auth_is_none(stylenet: Command, auth: str) -> None:
    done = stylenet("app", "--auth", auth)
    assert done.status == 2
    assert "--auth without a name and a password. Use name:password." in done.said


def test_it_serves_until_its_end_and_leaves_nothing(
    stylenet: Command, shipped: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradio = pytest.importorskip("gradio", reason="the page needs gradio, which is not installed")
    seen = []
    before = signal.getsignal(signal.SIGTERM)

    def look(page: object) -> None:
        seen.append(os.environ["GRADIO_TEMP_DIR"])
        assert Path(seen[0]).is_dir()

    monkeypatch.setattr(gradio.Blocks, "block_thread", look)
    done = stylenet("app", "--port", 0)
    assert done.status == 0, done.said
    assert "http://127.0.0.1:" in done.said
    assert not Path(seen[0]).exists()
    assert "GRADIO_TEMP_DIR" not in os.environ
    assert signal.getsignal(signal.SIGTERM) is before

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = stylenet("app", "--port", port)
    assert done.status == 2
    assert f"Port {port} of 127.0.0.1 cannot be had" in done.said
    assert "--port 8000" in done.said
