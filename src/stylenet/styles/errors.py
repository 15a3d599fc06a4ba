"""Why a style's image is not found."""

from __future__ import annotations

from stylenet.errors import StylenetError


class StyleNotFoundError(StylenetError):
    """No image behind a style; ``tried`` lists (where, why not) in the order of the search."""

    def __init__(self, style: str, tried: list[tuple[str, str]], remedy: str) -> None:
        """Say every place that was tried, a line each."""
        lines = "".join(f"\n  - {where}: {reason}" for where, reason in tried)
        super().__init__(f"No picture was found for the style {style}. Tried:{lines}.", remedy)
        self.args = (f"{self.problem}\n{remedy}",)  # a line of its own, after the list
        self.style = style
        self.tried = tried


class NotHereError(Exception):
    """A place of the search has nothing; the text says why."""
