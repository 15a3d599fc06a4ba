"""Where a style goes: region maps, their sources and files, guidance, sketches, pyramids.

The mathematics takes and gives arrays, without torch; `stylenet.regions.sources` is imported by
those who name it, since COCO's annotations bring `stylenet.data`.
"""

import lazy_loader

# names and where they are: __init__.pyi
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
