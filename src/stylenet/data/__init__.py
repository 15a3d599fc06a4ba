"""From images on a disk to batches (N, 3, H, W), float32 RGB in [0, 1].

A source of data is a `PictureData` that finds `Pictures`; order, augmentation, worker processes,
resuming and unreadable files are the same for all sources.
"""

import lazy_loader

# names and where they are: __init__.pyi
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
