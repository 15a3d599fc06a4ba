"""Gradio's import, in a process of its own: here it is imported already."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from stylenet.app.quick_import import without_stubs

pytest.importorskip("gradio", reason="the page needs gradio, which is not installed")
SCRIPT = """
import ast, inspect, sys
from stylenet.app.quick_import import without_stubs

def parsed(*words):
    raise AssertionError("a component's source was parsed for a stub")

ast.get_source_segment = parsed
with without_stubs():
    import gradio
print(gradio.Slider(0, 1, label="works").label, inspect.getfile(gradio.Slider))
"""


def test_no_stub_is_made_and_components_work() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("works ")
    assert done.stdout.strip().endswith("slider.py")


def test_files_are_found_again_whatever_happens() -> None:
    before = inspect.getfile
    with pytest.raises(KeyError), without_stubs():
        raise KeyError
    assert inspect.getfile is before
