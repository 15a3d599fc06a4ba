"""What can be wrong with an image."""

from __future__ import annotations

from pathlib import Path

from stylenet.errors import StylenetError


class PictureError(StylenetError):
    """An image that cannot be read or written: ``path`` (or None), ``reason`` and ``remedy``."""

    def __init__(self, path: str | Path | None, reason: str, remedy: str) -> None:
        """Keep the three; ``reason`` is a clause without a full stop, ``remedy`` a sentence."""
        super().__init__(f"Picture {'in memory' if path is None else path}: {reason}.", remedy)
        self.path = None if path is None else Path(path)
        self.reason = reason

    def __reduce__(self) -> tuple[type[PictureError], tuple[Path | None, str, str]]:
        """Pickle by the three arguments: loader processes hand their errors on by pickle."""
        return type(self), (self.path, self.reason, self.remedy)


class SizeError(StylenetError):
    """A size that is not a positive whole number, or that does not suit the image."""
