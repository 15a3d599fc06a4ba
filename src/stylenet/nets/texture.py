"""A generator of textures: noise at several scales -> an image of one texture."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stylenet.errors import StylenetError
from stylenet.nets.blocks import NormFactory

SLOPE = 0.01  # of the leaky ReLU below 0


class TextureNet(nn.Module):
    """Noise of several scales, each convolved, doubled and joined to the next finer one.

    Ulyanov et al. 2016 (arXiv:1603.03417), section 3.2 and figure 2: per scale three convolutions
    (3x3, 3x3, 1x1) with norm and leaky ReLU, and as many channels more as there were at the first.
    Convolutions are padded circularly, as there, so that what is painted can be laid side by side
    without a seam.

    The noise comes as one tensor, three channels a scale at the size of the image, of which the
    scale 1/2^k takes every 2^k-th value along both axes: values that are drawn independently are
    independent there, too, and a net with one input is loaded and exported like any other.

    Args:
        norm: of every convolution but the last, and of what is joined.
        output: from the last convolution to [0,1].
        scales: how many; the coarsest has sides of 1/2^(scales-1).
        channels: of the coarsest scale; each finer one has as many more.

    Attributes:
        multiple: of which height and width have to be multiples.
    """

    def __init__(
        self, norm: NormFactory, output: nn.Module, scales: int = 5, channels: int = 8
    ) -> None:
        super().__init__()
        if scales < 1 or channels < 1:
            raise StylenetError(
                f"Got net.scales={scales} and net.channels={channels}, expected 1 or more of each.",
                "Use net.scales=5 net.channels=8.",
            )
        self.scales = scales
        self.multiple = 2 ** (scales - 1)
        self.noise_blocks = nn.ModuleList(_block(3, channels, norm) for _ in range(scales))
        self.noise_norms = nn.ModuleList(norm(channels) for _ in range(scales - 1))
        widths = [channels * number for number in range(1, scales)]
        self.coarse_norms = nn.ModuleList(norm(width) for width in widths)
        joined = [width + channels for width in widths]
        self.join_blocks = nn.ModuleList(_block(width, width, norm) for width in joined)
        self.last = nn.Conv2d(channels * scales, 3, 1)
        self.output = output

    def forward(self, noise: Tensor) -> Tensor:
        """Noise (N,3*scales,H,W) -> images (N,3,H,W) in about [0,1].

        Raises:
            StylenetError: another shape, such as that of a photograph.
        """
        self._check(noise)
        coarse: Tensor = self.noise_blocks[0](self._noise_at(noise, self.scales - 1))
        for number in range(1, self.scales):
            fine = self.noise_blocks[number](self._noise_at(noise, self.scales - 1 - number))
            doubled = F.interpolate(coarse, scale_factor=2.0, mode="nearest")
            parts = (
                self.coarse_norms[number - 1](doubled),
                self.noise_norms[number - 1](fine),
            )
            coarse = self.join_blocks[number - 1](torch.cat(parts, 1))
        image: Tensor = self.output(self.last(coarse))
        return image

    def noise(self, count: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """What it paints ``count`` images from: uniform in [0,1], on the generator's device.

        Height and width are those asked for, or the next multiples of `multiple`.
        """
        size = [-(-side // self.multiple) * self.multiple for side in (height, width)]
        device = generator.device
        return torch.rand(count, 3 * self.scales, *size, generator=generator, device=device)

    def _noise_at(self, noise: Tensor, halvings: int) -> Tensor:
        step = 2**halvings
        return noise[:, 3 * halvings : 3 * halvings + 3, ::step, ::step]

    def _check(self, noise: Tensor) -> None:
        fits = noise.ndim == 4 and noise.shape[1] == 3 * self.scales
        if not fits or any(side % self.multiple for side in noise.shape[-2:]):
            raise StylenetError(
                f"Got an input of shape {tuple(noise.shape)} for a net that paints a texture from "
                f"noise, expected (N,{3 * self.scales},H,W) with H and W multiples of "
                f"{self.multiple}.",
                "It paints no photographs. Draw from it: stylenet texture <run directory>.",
            )


def _block(in_channels: int, out_channels: int, norm: NormFactory) -> nn.Sequential:
    """Three convolutions, each with norm and leaky ReLU: (N,in,H,W) -> (N,out,H,W)."""
    layers: list[nn.Module] = []
    for kernel in (3, 3, 1):
        padding = {"padding": kernel // 2, "padding_mode": "circular"} if kernel > 1 else {}
        layers += [
            nn.Conv2d(in_channels, out_channels, kernel, **padding),  # type: ignore[arg-type]
            norm(out_channels),
            nn.LeakyReLU(SLOPE),
        ]
        in_channels = out_channels
    return nn.Sequential(*layers)
