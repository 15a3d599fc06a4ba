"""What a loss network cannot do."""

from __future__ import annotations

from stylenet.errors import StylenetError


class LossNetworkError(StylenetError):
    """A layer that does not exist, or pictures that the loss network cannot take."""


class TooSmallError(LossNetworkError):
    """Pictures that are too small for a layer."""
