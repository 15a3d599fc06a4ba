"""The one base class of errors a user can cause and mend."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

_SETTING = re.compile(r"\b[a-z_]+(\.\w+)+=|\(This is about ")


class StylenetError(Exception):
    """Bad input or a bad setting: what was got, what was expected, and the remedy.

    The entry points print it in one paragraph without a traceback; anything else that
    escapes is a bug and keeps its traceback.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        """Keep ``problem`` (what was got and expected) and ``remedy`` (what to do): sentences."""
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy

    def locate(self, key: str) -> None:
        """Say that it is about the setting ``key``, where the words name none."""
        words = f"{self.problem} {self.remedy}"
        group = key.partition(".")[0]
        if not _SETTING.search(words) and not re.search(rf"\b{group}\.\w", words):
            self.remedy += f" (This is about {key}.)"
            self.args = (f"{self.problem} {self.remedy}",)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes: a sweep's jobs may run elsewhere."""
        return type(self), (self.problem, self.remedy)


class PictureTooSmallError(StylenetError, ValueError):
    """The image is too small for the net's padding."""


class OutOfMemoryError(StylenetError):
    """Memory, of the machine or of its GPU, that could not be obtained."""

    def __init__(self, purpose: str, remedy: str, cause: BaseException | None = None) -> None:
        """``purpose``, what it was wanted for, follows "Memory ran out"; ``cause`` has the size."""
        size = re.search(r"allocate ([\d.]+) ?(\w+)", str(cause))
        amount = f"{size[1]} {size[2]}" if size else ""
        if size and size[2] == "bytes":
            amount = f"{float(size[1]) / 2**30:.3g} GiB"
        more = f" ({amount} more could not be obtained)" if size else ""
        StylenetError.__init__(self, f"Memory ran out {purpose}{more}.", remedy)

    def __reduce__(self) -> tuple[Any, ...]:
        """As the base: the text has all."""
        return StylenetError, (self.problem, self.remedy)


# of torch's allocators, of C++'s, of cuBLAS and cuDNN
_NO_MEMORY = re.compile(
    "can't allocate memory|not enough memory|out of memory|bad_alloc|ALLOC_FAILED", re.IGNORECASE
)


def lacks_memory(error: BaseException) -> bool:
    """Whether ``error`` says that memory could not be obtained; torch's say so in words only."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(_NO_MEMORY.search(str(error)))


def reason_of(why: object) -> str:
    """What a reader of files says is wrong with one: its first line, without advice to trust it."""
    if "weights_only" in str(why):  # torch would have what is in the file run
        return "it holds more than tensors and plain data"
    words = str(why).strip().partition("\n")[0].partition(". This is an internal")[0]
    if isinstance(why, str) or re.search("[A-Za-z]", words):
        return words
    return f"{type(why).__name__}: {words}" if words else type(why).__name__


@contextlib.contextmanager
def about(key: str) -> Iterator[None]:
    """Errors in words say that they are about the setting ``key``."""
    try:
        yield
    except StylenetError as error:
        error.locate(key)
        raise


def causes(error: BaseException) -> Iterator[BaseException]:
    """``error``, what it was raised from or while, and so on."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
