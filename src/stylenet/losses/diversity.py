"""Against generators that paint the same image whatever noise they get."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.losses.perceptual import Term, View

SMALLEST = 1e-8  # mean squared difference below which images count as the same


class DiversityTerm(Term):
    """Minus the logarithm of how far each image of a batch is from the nearest other one.

    Ulyanov et al. 2017 (arXiv:1701.02096), section 3.1, equation 6: the estimate of Kozachenko and
    Leonenko of the entropy of what a generator paints. There it is the sum of squared differences
    of pixels, times their number; here their mean, so that one weight suits all sizes.
    """

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        return {"": -0.5 * (to_nearest(stylised.image) + SMALLEST).log()}


def to_nearest(images: Tensor) -> Tensor:
    """Mean squared difference of each image from the nearest other: (N,3,H,W) -> (N,).

    Raises:
        StylenetError: there is no other.
    """
    if len(images) < 2:
        raise StylenetError(
            f"Got a batch of {len(images)} images, of which none has another beside it; expected "
            "2 or more.",
            "Use data.batch_size=4 (data.val_count=8), or leave out loss/diversity.",
        )
    values = images.float()
    differences = [
        (values - values.roll(shift, 0)).square().flatten(1).mean(1)
        for shift in range(1, len(values))
    ]
    return torch.stack(differences).amin(0)
