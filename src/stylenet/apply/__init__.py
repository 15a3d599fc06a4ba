"""Using trained nets.

What is named is imported when it is asked for: a net that ships paints without torch (`quick`).
"""

import lazy_loader

# names and where they are: __init__.pyi
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
