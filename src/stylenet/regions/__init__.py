"""Where a style goes: region maps, sketches, pyramids. Arrays in, arrays out, without torch."""

import lazy_loader

# names and where they are: __init__.pyi
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
