"""Convolutions that compute the same as torch's in fewer operations."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stylenet.nets.padding import Mode, pad


class PaddedConv2d(nn.Conv2d):
    """A convolution that pads by ``border`` cells of kind ``mode``: torch's, but see `padding`."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        border: int,
        mode: Mode,
        stride: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel, stride, groups=groups)
        self.border = border
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        """(N,in,H,W) -> (N,out,(H+2*border-kernel)//stride+1,...)."""
        return super().forward(pad(x, self.border, self.mode))

    def extra_repr(self) -> str:
        """What ``print(net)`` shows."""
        sizes = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        sizes += f", groups={self.groups}" if self.groups > 1 else ""
        return f"{sizes}, stride={self.stride}, border={self.border}, mode={self.mode}"


class UpsampledConv2d(PaddedConv2d):
    """A 3x3 convolution of the image doubled by nearest neighbour: (N,in,H,W) -> (N,out,2H,2W).

    The doubled image is never made. Each of the four pixels that a cell becomes sees only 2x2
    cells, so four 2x2 convolutions (sums of the 3x3's weights) give the same in 4/9 of the
    multiplications and a quarter of the memory (Shi et al. 2016, arXiv:1609.07009, draw the same
    identity for sub-pixel convolutions). Reflecting the doubled image by a pixel is repeating
    the cell at its border.
    """

    def __init__(self, in_channels: int, out_channels: int, mode: Mode) -> None:
        super().__init__(
            in_channels, out_channels, 3, 1, "replicate" if mode == "reflect" else mode
        )

    def forward(self, x: Tensor) -> Tensor:
        """Double and convolve."""
        n, _, height, width = x.shape
        x = pad(x, self.border, self.mode)
        assert self.bias is not None
        phases = F.conv2d(x, self._phase_weights(), self.bias.repeat(4))
        # N, 2 (above or below), 2 (left or right), cells and one more, out
        phases = phases.permute(0, 2, 3, 1)
        phases = phases.reshape(n, height + 1, width + 1, 2, 2, self.out_channels)
        rows = [
            torch.stack([phases[:, i : i + height, j : j + width, i, j] for j in range(2)], 3)
            for i in range(2)
        ]
        doubled = torch.stack(rows, 2).reshape(n, 2 * height, 2 * width, self.out_channels)
        return doubled.permute(0, 3, 1, 2)

    def _phase_weights(self) -> Tensor:
        """(4*out,in,2,2), in the order above left, above right, below left, below right."""
        w = self.weight
        rows = (w[:, :, 0], w[:, :, 1] + w[:, :, 2]), (w[:, :, 0] + w[:, :, 1], w[:, :, 2])
        phases = []
        for row in rows:
            r = torch.stack(row, 2)
            phases.append(torch.stack([r[..., 0], r[..., 1] + r[..., 2]], -1))
            phases.append(torch.stack([r[..., 0] + r[..., 1], r[..., 2]], -1))
        return torch.cat(phases).contiguous(memory_format=torch.channels_last)


class BilinearConv2d(UpsampledConv2d):
    """A 3x3 convolution of the image doubled by bilinear interpolation; the keys of its parent.

    Bilinear doubling is nearest-neighbour doubling and a blur by [1, 2, 1] / 4 along both axes,
    which commutes with the convolution (but for the outermost pixels, where the blur repeats the
    convolved border).
    """

    def forward(self, x: Tensor) -> Tensor:
        """Double, convolve and blur."""
        doubled = super().forward(x)
        taps = doubled.new_tensor([0.25, 0.5, 0.25])
        kernel = (taps[:, None] * taps).expand(self.out_channels, 1, 3, 3)
        return F.conv2d(pad(doubled, 1, "replicate"), kernel, groups=self.out_channels)


class BlockConv2d(PaddedConv2d):
    """A convolution of stride 1 to few channels: (N,in,H,W) -> (N,out,H,W), odd ``kernel``.

    Processors compute 16 channels at a time or more, so one to 3 channels leaves most of them
    idle. This one computes blocks of 2x2 pixels as 4 * out channels, with the kernel shifted
    inside one that is a pixel larger, at stride 2. Same function, same keys.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int, mode: Mode) -> None:
        super().__init__(in_channels, out_channels, kernel, kernel // 2, mode)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        height, width = x.shape[-2:]
        x = pad(x, self.border, self.mode)
        x = F.pad(x, (0, width % 2, 0, height % 2))  # cropped below
        w = self.weight
        shifted = [F.pad(w, (j, 1 - j, i, 1 - i)) for i in range(2) for j in range(2)]
        weight = torch.stack(shifted, 1).flatten(0, 1)
        assert self.bias is not None
        bias = self.bias.repeat_interleave(4)
        blocks = F.conv2d(x, weight.contiguous(memory_format=torch.channels_last), bias, stride=2)
        return F.pixel_shuffle(blocks, 2)[..., :height, :width]
