"""What a run of each task validates, builds, writes and says: one object a task.

``conf/task/x.yaml`` names it as ``runner``.
"""

import lazy_loader

# names and where they are: __init__.pyi
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
