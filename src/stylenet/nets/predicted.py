"""One net for any style: scales and shifts of its norms are predicted from style statistics."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.nets.johnson import TransformerNet
from stylenet.nets.norms import InstanceNorm, normed_by_picture
from stylenet.nets.styled import Condition, Predicted, Styled, StyleWeightsError

COLOURS = 12  # values of a matrix and a shift
SPREAD = 1e-3  # standard deviation below which a statistic counts as constant


class PredictedInstanceNorm(Styled):
    """Instance norm whose scale and shift come with each image: Ghiasi et al. 2017, eq. 4.

    Args:
        channels: C.
        eps: added to the variance.
    """

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.channels = channels
        self.eps = eps

    def forward(self, x: Tensor, predicted: Condition = None) -> Tensor:
        """(N,C,H,W) -> the same shape, precision and memory format.

        Raises:
            StyleWeightsError: the net that it is part of predicts nothing.
        """
        if not isinstance(predicted, Predicted):
            raise StyleWeightsError(
                "A norm whose scales and shifts are predicted (norm=predicted_instance) is part of "
                "a net that predicts none.",
                "Use task=any_style net=any_style; or norm=instance.",
            )
        scale, shift = predicted.of[self]
        return normed_by_picture(x, scale, shift, self.eps)

    def extra_repr(self) -> str:
        """What ``print(net)`` shows."""
        return f"{self.channels}, eps={self.eps}"


class AnyStyleNet(nn.Module):
    """Paints in any style in one pass, from statistics of an image that has it.

    A transformer net with one scale and shift for each channel of its norms, which a small network
    predicts: Ghiasi et al. 2017 (arXiv:1705.06830). There a second convolutional network reads the
    style image; here its statistics in the loss network are read, which say the same as the loss.
    There the last convolution has a norm, too; here its colours get a matrix and a shift, which
    fold into its weights.

    Args:
        net: a transformer net all of whose norms are `PredictedInstanceNorm`.
        statistics: D, how many statistics describe a style (`stylenet.losses.style_statistics`).
        hidden: units of each of the predictor's two hidden layers.

    Raises:
        StylenetError: ``net`` has other norms, or none.
    """

    def __init__(self, net: TransformerNet, statistics: int, hidden: int = 160) -> None:
        super().__init__()
        self.net = net
        self.norms = {k: m for k, m in net.named_modules() if isinstance(m, PredictedInstanceNorm)}
        if not self.norms or any(True for _ in _own_norms(net)):
            raise StylenetError(
                "Got a net with norms of its own, expected norms that are predicted and no others.",
                "Use net.net.norm._target_=stylenet.nets.PredictedInstanceNorm, as "
                "conf/net/any_style.yaml has it.",
            )
        channels = sum(norm.channels for norm in self.norms.values())
        self.predictor = nn.Sequential(
            nn.Linear(statistics, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * channels + COLOURS),
        )
        last = self.predictor[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.bias)  # near instance norm's own start: scales of 1, shifts of 0
        with torch.no_grad():
            last.weight.mul_(0.3)
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.zeros(statistics))
        self.register_buffer("std", torch.ones(statistics))

    @torch.no_grad()
    def standardise(self, statistics: Tensor) -> None:
        """Bring statistics of many styles (M,D) to mean 0 and std 1, from now on."""
        self.mean.copy_(statistics.mean(0))
        self.std.copy_(statistics.std(0).clamp_min(SPREAD))

    @property
    def standardises(self) -> bool:
        """Whether it knows which statistics are usual."""
        return bool(self.mean.any())

    def predict(self, statistics: Tensor) -> Tensor:
        """Statistics (N,D) -> scales, less 1, and shifts of all norms, then of colours: (N,K)."""
        predicted: Tensor = self.predictor((statistics - self.mean) / self.std)
        return predicted

    @override
    def forward(self, image: Tensor, predicted: Tensor) -> Tensor:
        """Paint (N,3,H,W) in [0,1] in styles whose scales and shifts (N,K) `predict` gave."""
        return self.net.painted(image, self._split(predicted))

    def _split(self, predicted: Tensor) -> Predicted:
        sizes = [norm.channels for norm in self.norms.values() for _ in range(2)]
        *pieces, matrix, shift = torch.split(predicted, [*sizes, 9, 3], 1)
        of: dict[nn.Module, tuple[Tensor, Tensor]] = {
            norm: (1 + scale, bias)
            for norm, scale, bias in zip(
                self.norms.values(), pieces[::2], pieces[1::2], strict=True
            )
        }
        identity = torch.eye(3, dtype=matrix.dtype, device=matrix.device)
        return Predicted(of, identity + matrix.reshape(-1, 3, 3), shift)

    def folded_state(self, predicted: Tensor) -> dict[str, Tensor]:
        """The state of a plain net with `InstanceNorm` that paints as this one with ``predicted``.

        Args:
            predicted: of one style, (1,K), or a mixture: any weighted mean of several.
        """
        state = {key: value.detach().clone() for key, value in self.net.state_dict().items()}
        split = self._split(predicted.detach())
        for name, norm in self.norms.items():
            scale, shift = split.of[norm]
            state |= {f"{name}.weight": scale[0].clone(), f"{name}.bias": shift[0].clone()}
        last = f"decoder.{len(self.net.decoder) - 1}"
        weight, bias = state[f"{last}.weight"], state[f"{last}.bias"]
        state[f"{last}.weight"] = torch.einsum("ij,jchw->ichw", split.matrix[0], weight)
        state[f"{last}.bias"] = split.matrix[0] @ bias + split.shift[0]
        return state


def _own_norms(net: nn.Module) -> list[nn.Module]:
    kinds = (InstanceNorm, nn.modules.batchnorm._NormBase, nn.GroupNorm)
    return [module for module in net.modules() if isinstance(module, kinds)]
