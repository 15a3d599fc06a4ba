"""The public examples' way, written down once: what this project is measured against.

After pytorch/examples, fast_neural_style (transformer_net.py, vgg.py, neural_style.py): float32,
contiguous, eager, the whole loss network on both branches. The net is the one trained here
(ScaledTanh at its end), so that losses can be compared.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CONTENT = "relu2_2"
STYLE = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


class ConvLayer(nn.Module):
    def __init__(self, inward: int, outward: int, kernel: int, stride: int = 1, scale: int = 1):
        super().__init__()
        self.scale = scale
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = nn.Conv2d(inward, outward, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        if self.scale > 1:
            x = F.interpolate(x, mode="nearest", scale_factor=self.scale)
        return self.conv(self.pad(x))


class ResidualBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = ConvLayer(channels, channels, 3)
        self.in1 = nn.InstanceNorm2d(channels, affine=True)
        self.conv2 = ConvLayer(channels, channels, 3)
        self.in2 = nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.in2(self.conv2(torch.relu(self.in1(self.conv1(x))))) + x


def transformer_net(width: float) -> nn.Sequential:
    a, b, c = (round(n * width) for n in (32, 64, 128))

    def block(*args: int) -> list[nn.Module]:
        return [ConvLayer(*args), nn.InstanceNorm2d(args[1], affine=True), nn.ReLU()]

    return nn.Sequential(
        *block(3, a, 9, 1),
        *block(a, b, 3, 2),
        *block(b, c, 3, 2),
        *(ResidualBlock(c) for _ in range(5)),
        *block(c, b, 3, 1, 2),
        *block(b, a, 3, 1, 2),
        ConvLayer(a, 3, 9, 1),
    )


class PlainLoss:
    """Johnson's loss on a given VGG's layers (name -> module), in float32."""

    def __init__(
        self, layers: dict[str, nn.Module], style: Tensor, weights: tuple[float, float, float]
    ):
        self.layers = layers
        self.weights = weights
        with torch.no_grad():
            features = self.features(style)
            self.targets = {name: gram(features[name]) for name in STYLE}

    def features(self, image: Tensor) -> dict[str, Tensor]:
        mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
        deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
        x = (image - mean) / deviation
        found = {}
        for name, layer in self.layers.items():
            x = F.relu(x) if isinstance(layer, nn.ReLU) else layer(x)
            if name in STYLE:
                found[name] = x
        return found

    def __call__(self, stylised: Tensor, content: Tensor) -> Tensor:
        of_stylised, of_content = self.features(stylised), self.features(content)
        content_loss = F.mse_loss(of_stylised[CONTENT], of_content[CONTENT])
        style_loss = sum(
            ((gram(of_stylised[name]) - self.targets[name]) ** 2).sum((1, 2)).mean()
            for name in STYLE
        )
        down = (stylised[..., 1:, :] - stylised[..., :-1, :]) ** 2
        across = (stylised[..., 1:] - stylised[..., :-1]) ** 2
        variation = (down.sum() + across.sum()) / stylised.numel()
        terms = torch.stack([content_loss, torch.as_tensor(style_loss), variation])
        return terms @ torch.tensor(self.weights)


def gram(y: Tensor) -> Tensor:
    b, c, h, w = y.size()
    features = y.reshape(b, c, h * w)
    return features.bmm(features.transpose(1, 2)) / (c * h * w)


def paint(net: nn.Sequential, image: Tensor) -> Tensor:
    return 0.5 + 150 / 255 * torch.tanh(net(image))
