"""stylenet: neural style transfer under one definition of the losses."""

__version__ = "0.1.0"
