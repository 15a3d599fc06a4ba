"""Output into pipes whose readers may leave first, as ``| head`` does."""

from __future__ import annotations

import io
import os
import stat
import sys

from typing_extensions import override


class OutlivingReader(io.TextIOWrapper):
    """Text into a pipe, and to nowhere once nobody reads there any more: the work goes on.

    Args:
        stream: what is written to; it is not to be used again.
    """

    def __init__(self, stream: io.TextIOWrapper) -> None:
        lines, through = stream.line_buffering, stream.write_through
        super().__init__(
            stream.detach(),
            stream.encoding,
            stream.errors,
            line_buffering=lines,
            write_through=through,
        )

    @override
    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            self._leave()
            return len(text)

    @override
    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._leave()

    def _leave(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        super().flush()


def outlive_readers() -> None:
    """Let standard output and error that are pipes outlive their readers."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        # not what a test or a notebook has put in its place
        plain = stream is getattr(sys, f"__{name}__") and type(stream) is io.TextIOWrapper
        if plain and stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
            outliving = OutlivingReader(stream)
            setattr(sys, name, outliving)
            setattr(sys, f"__{name}__", outliving)
