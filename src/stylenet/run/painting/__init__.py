"""``evaluate.py``: what trained nets are to paint, and what is measured of it."""
