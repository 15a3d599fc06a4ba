"""Gradio without what it does for editors while it is imported."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

STUBBED = {"gradio.component_meta", "gradio.blocks_events"}  # modules of classes' types, or classes


@contextlib.contextmanager
def without_stubs() -> Iterator[None]:
    """Within it Gradio's classes of components seem to come from no file.

    Of one that does, it parses the source and writes a stub for editors beside it, each time that
    it is imported: 81 files, and half of the processor time that ``import gradio`` takes. It has
    no setting against that, but leaves out components without a file.
    """
    getfile = inspect.getfile

    def found(what: Any) -> str:
        if STUBBED & {type(what).__module__, getattr(what, "__module__", None)}:
            raise OSError("no stub is wanted")
        return getfile(what)

    inspect.getfile = found  # type: ignore[assignment]  # typeshed names the argument
    try:
        yield
    finally:
        inspect.getfile = getfile
