"""How other people's repositories name the layers of their nets."""

from __future__ import annotations

from dataclasses import dataclass

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, as torchvision gives them
Norm = dict[str, str]
"""What a norm's parameters are called there -> here."""


@dataclass(frozen=True)
class Layout:
    """How a repository names a net's layers, and what its net takes and gives.

    Attributes:
        name: of the repository.
        sign: a name that only its checkpoints have.
        layers: what our layers are called there, in `OURS`'s order; ``{}`` is a block's number.
        first_block: the number of the first residual block.
        norm: its norms' parameters.
        eps: what its norms add to the variance.
        upsample: the class of ours that doubles as it does.
        bgr: whether colours go in and out as BGR.
        imagenet: whether they are standardised by `MEAN` and `STD`; else they are 0 to 255.
    """

    name: str
    sign: str
    layers: tuple[str, ...]
    first_block: int
    norm: Norm
    eps: float = 1e-5
    upsample: str = "NearestUpsample"
    bgr: bool = False
    imagenet: bool = False


# convolutions and their norms, one after the other
OURS = (
    *("encoder.0.0", "encoder.0.1", "encoder.1.0", "encoder.1.1", "encoder.2.0", "encoder.2.1"),
    *("residuals.{}.body.0", "residuals.{}.body.1", "residuals.{}.body.3", "residuals.{}.body.4"),
    *("decoder.0.0", "decoder.0.1", "decoder.1.0", "decoder.1.1", "decoder.2"),
)
_ENCODER = ("conv1.conv2d", "in1", "conv2.conv2d", "in2", "conv3.conv2d", "in3")
_BLOCK = ("res{}.conv1.conv2d", "res{}.in1", "res{}.conv2.conv2d", "res{}.in2")
PLAIN = {"weight": "weight", "bias": "bias"}
_EXAMPLES = (
    *(*_ENCODER, *_BLOCK),
    *("deconv1.conv2d", "in4", "deconv2.conv2d", "in5", "deconv3.conv2d"),
)
LAYOUTS = (
    # pytorch/examples, fast_neural_style/neural_style/transformer_net.py
    Layout("pytorch/examples", "in1.weight", _EXAMPLES, 1, PLAIN),
    # its ancestor, neural_style/transformer_net.py; utils.py: preprocess_batch, BGR
    Layout(
        *("abhiskk/fast-neural-style", "in1.scale", _EXAMPLES, 1),
        *({"scale": "weight", "shift": "bias"}, 1e-9),
        bgr=True,
    ),
    # models/definitions/transformer_net.py
    Layout(
        "gordicaleksa/pytorch-nst-feedforward",
        "up1.conv2d.conv2d.weight",
        (*_ENCODER, *_BLOCK, "up1.conv2d.conv2d", "in4", "up2.conv2d.conv2d", "in5", "up3.conv2d"),
        1,
        PLAIN,
        imagenet=True,
    ),
    # transformer.py, TransformerNetwork; utils.py reads and writes by OpenCV, BGR
    Layout(
        "rrmina/fast-neural-style-pytorch",
        "ConvBlock.0.conv_layer.weight",
        (
            *(f"ConvBlock.{n}.{part}_layer" for n in (0, 2, 4) for part in ("conv", "norm")),
            *(f"ResidualBlock.{{}}.conv{n}.{p}_layer" for n in (1, 2) for p in ("conv", "norm")),
            *("DeconvBlock.0.conv_transpose", "DeconvBlock.0.norm_layer"),
            *("DeconvBlock.2.conv_transpose", "DeconvBlock.2.norm_layer"),
            "DeconvBlock.4.conv_layer",
        ),
        0,
        PLAIN,
        upsample="TransposedUpsample",
        bgr=True,
    ),
)
