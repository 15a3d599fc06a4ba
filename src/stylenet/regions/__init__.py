"""Where a style goes: arrays in, arrays out, without torch."""

from stylenet.regions.pyramid import (
    expand,
    laplacian_pyramid,
    level_pictures,
    most_levels,
    reconstruct,
    reduce,
)

__all__ = [
    "expand",
    "laplacian_pyramid",
    "level_pictures",
    "most_levels",
    "reconstruct",
    "reduce",
]
