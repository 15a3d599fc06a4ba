"""Against flicker: what is painted of a frame moves as the frame does."""

from __future__ import annotations

from torch import Tensor
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.losses.moments import single
from stylenet.losses.perceptual import Term, View
from stylenet.motion import StillMotion, carried


def temporal_loss(second: Tensor, first: Tensor, seen: Tensor) -> Tensor:
    """Mean of squared differences where ``seen``: two (N,C,H,W) and (N,1,H,W) -> (N,).

    Ruder et al. 2016 (arXiv:1604.08610, eq. 7), but the mean is over what is seen alone: 0 where
    nothing is. ``first`` is seen as the second frame shows it.

    >>> second, first = torch.zeros(1, 1, 1, 3), torch.tensor([[[[2.0, 4.0, 9.0]]]])
    >>> temporal_loss(second, first, torch.tensor([[[[1.0, 1.0, 0.0]]]]))
    tensor([10.])
    """
    squares = (single(second) - single(first)) ** 2 * seen
    places = seen.sum((1, 2, 3)) * second.shape[1]
    return squares.sum((1, 2, 3)) / places.clamp_min(1)


def whole_temporal_loss(second: Tensor, first: Tensor, seen: Tensor) -> Tensor:
    """As `temporal_loss`, but the mean is over all places, as Ruder et al. 2016 have it (eq. 7).

    >>> second, first = torch.zeros(1, 1, 1, 4), torch.tensor([[[[2.0, 4.0, 9.0, 9.0]]]])
    >>> whole_temporal_loss(second, first, torch.tensor([[[[1.0, 1.0, 0.0, 0.0]]]]))
    tensor([5.])
    """
    return ((single(second) - single(first)) ** 2 * seen).mean((1, 2, 3))


class WarpedTerm(Term):
    """Masked difference from another frame's painting, carried along: for one image optimised.

    Args:
        weight: of the term.
        target: that painting as this frame shows it, (1,3,H,W).
        seen: 1 where the other frame shows the same, else 0, (1,1,H,W).
    """

    def __init__(self, weight: float, target: Tensor, seen: Tensor) -> None:
        super().__init__(weight)
        self.target: Tensor
        self.seen: Tensor
        self.register_buffer("target", target, persistent=False)
        self.register_buffer("seen", seen, persistent=False)

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        return {"": whole_temporal_loss(stylised.image, self.target, self.seen)}


class TemporalTerm(Term):
    """Masked difference of what is painted of a second frame and of the first, moved alike.

    The second frames are made of the stills that a net is trained on: no clips are needed.

    Args:
        weight: of the term.
        motion: makes the second frames.
    """

    def __init__(self, weight: float, motion: StillMotion) -> None:
        super().__init__(weight)
        self.motion = motion

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """The difference.

        Raises:
            StylenetError: nobody painted a second frame.
        """
        if stylised.second is None:
            raise StylenetError(
                "loss/temporal=stills compares two frames, but this task paints one of each image.",
                "Use task=feedforward, or loss/temporal=null.",
            )
        moved = stylised.second.moved
        first = carried(stylised.image, moved.grid)
        return {"": temporal_loss(stylised.second.image, first, moved.seen)}
