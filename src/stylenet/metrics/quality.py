"""How near a stylised picture is to its content and to its style."""

from __future__ import annotations

import torch
from torch import Tensor

from stylenet.losses import PerceptualLoss

WINDOW = 7


@torch.inference_mode()
def measure(
    stylised: Tensor, content: Tensor, loss: PerceptualLoss, device: torch.device | str = "cpu"
) -> dict[str, float | None]:
    """Measure one picture, both (3,H,W) in [0,1], in float32; ``loss`` is on ``device``.

    Returns:
        The terms of ``loss`` by their names, weighted as it says, and ``ssim``: that of Wang et al.
        2004 over RGB, None for pictures smaller than its 7 px window.
    """
    terms = loss(stylised[None].to(device), content[None].to(device)).terms
    return {k: value.item() for k, value in terms.items()} | {"ssim": ssim(stylised, content)}


def ssim(a: Tensor, b: Tensor) -> float | None:
    """Structural similarity of two pictures (3,H,W) in [0,1]: 1 for equal ones."""
    if min(a.shape[-2:]) < WINDOW:
        return None
    from skimage.metrics import structural_similarity

    value = structural_similarity(  # type: ignore[no-untyped-call]
        a.cpu().numpy(), b.cpu().numpy(), win_size=WINDOW, channel_axis=0, data_range=1.0
    )
    return float(value)
