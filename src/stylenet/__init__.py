"""stylenet: neural style transfer under one definition of the losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omegaconf import DictConfig

__version__ = "0.1.0"
__all__ = ["compose"]


def compose(*overrides: str, name: str = "train") -> DictConfig:
    """The configuration that ``train.py`` has with these words on its command line.

    Examples:
        >>> config = compose("style=udnie", "trainer.max_steps=2")
        >>> config.style, config.trainer.max_steps
        ('udnie', 2)

    Args:
        overrides: as typed, such as ``"norm=batch"``.
        name: the file of ``conf/`` to begin with: ``"train"`` or ``"evaluate"``.

    Raises:
        hydra.errors.HydraException: a group or a key that there is not.
    """
    from stylenet.run.launch import compose

    return compose(overrides, name)
