"""What can be wrong with region maps."""

from __future__ import annotations

from stylenet.errors import StylenetError


class RegionError(StylenetError):
    """A region map that cannot be read, or that does not fit its image or another map."""
