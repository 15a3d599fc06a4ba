"""What a net of several styles may learn besides them: to give an image back as it was."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from stylenet.losses.functional import pixel_loss

IDENTITY = "identity"  # its name among the losses


@runtime_checkable
class Reconstructing(Protocol):
    """A net that can give a picture back without a style: its auto-encoder alone."""

    def reconstruct(self, image: Tensor) -> Tensor:
        """(N,3,H,W) in [0,1] -> the same size."""
        ...


def reconstruction_loss(net: nn.Module, batch: Tensor) -> tuple[Tensor, Tensor]:
    """The mean squared difference of a batch (N,3,H,W) and its reconstruction; the latter too."""
    assert isinstance(net, Reconstructing)
    reconstruction = net.reconstruct(batch)
    return pixel_loss(reconstruction, batch).mean(), reconstruction
