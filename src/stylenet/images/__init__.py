"""Pictures: read, write, resize, lay out. RGB float32 in [0,1], (3,H,W) or (N,3,H,W).

What is named is imported when it is asked for: files are read and written without torch.
"""

import lazy_loader

# names and where they are: __init__.pyi
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
