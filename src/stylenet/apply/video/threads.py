"""Work side by side: a thread that reads ahead, and one that writes behind, with short queues."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")
DEPTH = 4  # items that wait in a queue, at most
_POLL = 0.05  # seconds after which a thread looks whether it is still needed


class _End:
    """The last item; with the error that ended the work, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Queue:
    """A short queue whose writers give up once it is closed."""

    def __init__(self) -> None:
        self._items: queue.Queue[Any] = queue.Queue(DEPTH)
        self.closed = threading.Event()

    def put(self, item: Any) -> bool:
        while not self.closed.is_set():
            with contextlib.suppress(queue.Full):
                self._items.put(item, timeout=_POLL)
                return True
        return False

    def get(self) -> Any:
        """The next item; `_End` once it is closed."""
        while not self.closed.is_set():
            with contextlib.suppress(queue.Empty):
                return self._items.get(timeout=_POLL)
        return _End()


def ahead(items: Generator[T, None, None]) -> Generator[T, None, None]:
    """``items``, made by a thread of its own, a few ahead of where they are needed.

    An error of theirs is raised where the item would have come. Closing ends the thread.
    """
    line = _Queue()

    def work() -> None:
        error: BaseException | None = None
        try:
            with contextlib.closing(items):
                for item in items:
                    if not line.put(item):
                        return
        except BaseException as caught:  # whatever it is, it is raised where the items are used
            error = caught
        line.put(_End(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while not isinstance(item := line.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        line.closed.set()
        thread.join()


class Behind(Generic[T]):
    """A context that hands items to ``write`` in a thread of its own.

    An error of it is raised at one of the next calls, or at the end of the context, by when all
    items are written.
    """

    def __init__(self, write: Callable[[T], None]) -> None:
        self._write = write
        self._line = _Queue()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Behind[T]:
        self._thread.start()
        return self

    def __call__(self, item: T) -> None:
        """Have it written."""
        if not self._line.put(item):
            self._raise()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._line.put(_End())
        else:
            self._line.closed.set()
        self._thread.join()
        if error is None:
            self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            while not isinstance(item := self._line.get(), _End):
                self._write(item)
        except BaseException as caught:  # it is raised where the items come from
            self._error = caught
            self._line.closed.set()
