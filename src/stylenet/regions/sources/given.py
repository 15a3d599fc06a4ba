"""Sources of region maps that a user brings: images of flat colours, COCO's annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stylenet.data import category_labels
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import colour_values
from stylenet.regions import (
    BLACK,
    PALETTE,
    FeaturesOf,
    Guidance,
    RegionMap,
    Seen,
    correspond,
    find_colour,
    read_region_map,
    without_empty,
)

BACKGROUND = "background"


class MapPictures:
    """Two images of flat colours, of which equal ones belong together.

    Args:
        content: the content image's map; without a content image it is the new one's layout.
        style: the style image's map.
        styles: in its place, the style that each colour of ``content`` has as a whole: names from
            ``style=[...]``.
        background: a colour: what has no partner belongs to its region.
        pairs: content's colours -> style's, where they differ.
    """

    def __init__(
        self,
        content: str,
        style: str | None = None,
        styles: Mapping[str, str] | None = None,
        background: str | None = None,
        pairs: Mapping[str, str] | None = None,
    ) -> None:
        self.content, self.style, self.styles = content, style, dict(styles or {})
        self.background = None if background is None else colour_values(background)
        self.pairs = {colour_values(one): colour_values(two) for one, two in (pairs or {}).items()}

    def __call__(
        self, content: Seen | None, styles: Sequence[Seen], network: FeaturesOf
    ) -> Guidance:
        """The regions of the files.

        Raises:
            StylenetError: files that are no maps, colours without partners, or not one style
                image with a map.
        """
        del content, network
        drawn = read_region_map(self.content)
        if self.styles:
            keys = {find_colour(drawn, colour_values(key)): key for key in self.styles}
            return painted(drawn, {n: self.styles[key] for n, key in keys.items()}, styles)
        if self.style is None or len(styles) != 1:
            names = [seen.name for seen in styles]
            raise StylenetError(
                f"Got regions.content={self.content} with the style pictures {', '.join(names)} "
                f"and regions.style={self.style}, expected a map of one style picture, or a style "
                "for each region.",
                "Use regions.style=<map> with one style, or e.g. "
                f"'regions.styles={{{', '.join(f'{name}: {names[0]}' for name in drawn.names)}}}'.",
            )
        both = correspond(drawn, read_region_map(self.style), self.background, self.pairs)
        return Guidance(*both)


class CocoRegions:
    """Instances of chosen categories in COCO's annotations; all else is background.

    Content and style are images that the annotations list, by their file names.

    Args:
        annotations: a file of COCO's instances.
        categories: their names; each is one region, or a list of names is one together.
        style_annotations: of the style image, where that is another file.
        styles: the style that each category (and ``background``) of the content has as a whole:
            names from ``style=[...]``; then the style images need no annotations.
    """

    def __init__(
        self,
        annotations: str,
        categories: Sequence[str | Sequence[str]],
        style_annotations: str | None = None,
        styles: Mapping[str, str] | None = None,
    ) -> None:
        self.annotations = annotations
        self.groups = [[one] if isinstance(one, str) else list(one) for one in categories]
        self.names = (BACKGROUND, *(" or ".join(group) for group in self.groups))
        self.style_annotations, self.styles = style_annotations or annotations, dict(styles or {})

    def __call__(
        self, content: Seen | None, styles: Sequence[Seen], network: FeaturesOf
    ) -> Guidance:
        """The regions of the annotations.

        Raises:
            StylenetError: no content image; images that are not annotated; a category that one
                of them has not, with those that it has.
        """
        del network
        if content is None or (not self.styles and len(styles) != 1):
            got = "no content picture" if content is None else f"{len(styles)} style pictures"
            raise StylenetError(
                f"Got {got} for regions of COCO's categories, expected a content picture and one "
                "style picture, or a style for each region.",
                "Use content=<picture of the annotations> with one style, or "
                f"'regions.styles={{{self.names[-1]}: udnie, {BACKGROUND}: wave}}'.",
            )
        found = self._regions(self.annotations, content)
        if self.styles:
            numbers = {_number(found, key): value for key, value in self.styles.items()}
            return painted(found, numbers, styles)
        return Guidance(*self._both(found, self._regions(self.style_annotations, styles[0])))

    def _both(self, content: RegionMap, style: RegionMap) -> tuple[RegionMap, RegionMap]:
        """Equal names correspond; one that only one image has is an error."""
        there = [regions.shares() > 0 for regions in (content, style)]
        alone = [
            f"{name} is in the {'content' if one else 'style'} only"
            for name, one, two in zip(self.names, *there, strict=True)
            if one != two
        ]
        if alone:
            raise StylenetError(
                f"Got pictures whose regions do not correspond: {', '.join(alone)}.",
                "Leave such categories out, put several together (regions.categories="
                "[[cat,dog]]), or choose another style picture.",
            )
        return without_empty(content), without_empty(style)

    def _regions(self, annotations: str, seen: Seen) -> RegionMap:
        labels = category_labels(expanded(annotations), seen.file.name, self.groups)
        colours = [BLACK, *(PALETTE[n % len(PALETTE)] for n in range(len(self.names) - 1))]
        return RegionMap(labels, self.names, tuple(colours))


def painted(
    regions: RegionMap, chosen: Mapping[int | None, str], styles: Sequence[Seen]
) -> Guidance:
    """Each region from the whole of a style picture: ``chosen`` has the styles' names.

    Raises:
        StylenetError: a region without a style, or a style without a region.
    """
    names = [seen.name for seen in styles]
    present = {int(n) for n in np.flatnonzero(regions.shares() > 0)}
    if present != set(chosen) or not set(chosen.values()) <= set(names):
        raise StylenetError(
            f"Got {len(chosen)} styles ({', '.join(chosen.values())}) for the regions "
            f"{', '.join(regions.names[n] for n in sorted(present))}, expected one of "
            f"{', '.join(names)} for each.",
            "Name every region of the content's map, and nothing else, in regions.styles.",
        )
    numbers = tuple(names.index(chosen[number]) for number in sorted(present))
    return Guidance(without_empty(regions), None, numbers)


def _number(regions: RegionMap, name: str) -> int | None:
    return regions.names.index(name) if name in regions.names else None
