"""What runs a net: torch, as it is or compiled; ONNX Runtime; OpenVINO."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor, nn

import stylenet
from stylenet.apply.export import onnx_runner
from stylenet.apply.extras import imported
from stylenet.apply.model_file import Model
from stylenet.apply.onnx_graph import OPSET
from stylenet.apply.onnx_layers import write_net
from stylenet.apply.runtimes import installed, kept, kept_folder, openvino_session
from stylenet.errors import StylenetError
from stylenet.nets import StyleBank, TransformerNet
from stylenet.nets.fitting import check_fits
from stylenet.nets.johnson import DOWNSAMPLING, KERNEL

Runner: TypeAlias = Callable[[Tensor, Tensor | None], Tensor]
"""Images (N,3,H,W) in [0,1] on the device, and the weights of the net's styles, (N,S) or (N,S,H,W),
None for a net of one style -> the paintings, unclamped or not."""


class Backend(Protocol):
    """A way to run nets."""

    def runner(self, model: Model, device: torch.device) -> Runner:
        """What runs the net of ``model``, which is on ``device``.

        Raises:
            StylenetError: a package is not installed; a device that it does not know.
        """
        ...


@dataclass(frozen=True)
class Eager:
    """Torch, layer by layer: no preparation, any device."""

    def runner(self, model: Model, device: torch.device) -> Runner:
        """See `Backend`."""
        del device
        return lambda image, weights: _called(model.net, image, weights)


@dataclass(frozen=True)
class Compiled:
    """torch.compile: half a minute for the first image of each size, then faster."""

    def runner(self, model: Model, device: torch.device) -> Runner:
        """See `Backend`."""
        del device
        net = torch.compile(model.net, dynamic=False)

        def run(image: Tensor, weights: Tensor | None) -> Tensor:
            with torch.inference_mode(False), torch.no_grad():
                return _called(net, image.clone(), None if weights is None else weights.clone())

        return run


@dataclass(frozen=True)
class OnnxRuntime:
    """ONNX Runtime, on the CPU.

    Attributes:
        cache: the folder where exported nets are kept, by their checksums; None: as `kept_folder`.
    """

    cache: Path | None = None

    def runner(self, model: Model, device: torch.device) -> Runner:
        """See `Backend`."""
        imported("onnxruntime", "export", "the backend onnxruntime")
        return _by_row(model, device, self.cache, onnx_runner)


@dataclass(frozen=True)
class OpenVino:
    """OpenVINO, on the CPU.

    Attributes:
        cache: see `OnnxRuntime`.
        precision: ``f32``, ``mixed`` or ``bf16``: see `runtimes.PRECISIONS`.
    """

    cache: Path | None = None
    precision: str = "f32"

    def runner(self, model: Model, device: torch.device) -> Runner:
        """See `Backend`."""
        imported("openvino", "openvino", "the backend openvino")

        def prepared(written: bytes) -> Callable[[Tensor], Tensor]:
            paint = openvino_session(written, torch.get_num_threads(), self.precision)
            return lambda image: torch.from_numpy(paint(image.numpy()))

        return _by_row(model, device, self.cache, prepared)


def fastest(device: torch.device, images: int) -> Backend:
    """The fastest backend that is installed, for so many images.

    On a CPU OpenVINO, then ONNX Runtime, then torch; for one image torch, since preparing another
    takes longer than it saves. On other devices torch.
    """
    if device.type != "cpu" or images < 2 or not installed("onnx"):
        return Eager()
    if installed("openvino"):
        return OpenVino()
    return OnnxRuntime() if installed("onnxruntime") else Eager()


def exported(model: Model, row: Sequence[float] | None, folder: Path) -> bytes:
    """The net as an ``.onnx`` file: the one in ``folder``, where it is kept from then on."""
    about = {"stylenet": stylenet.__version__}
    return kept(folder / f"{checksum(model, row)}.onnx", lambda: write_net(model.net, about, row))


def checksum(model: Model, row: Sequence[float] | None) -> str:
    """The SHA-256 of all that an exported net depends on."""
    about = [stylenet.__version__, OPSET, model.description.get("architecture"), row]
    found = hashlib.sha256(json.dumps(about).encode())
    for name, value in model.net.state_dict().items():
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _called(net: Callable[..., Any], image: Tensor, weights: Tensor | None) -> Tensor:
    painted: Tensor = net(image, *([] if weights is None else [weights]))
    return painted


def _by_row(
    model: Model,
    device: torch.device,
    cache: Path | None,
    prepared: Callable[[bytes], Callable[[Tensor], Tensor]],
) -> Runner:
    """Exported once for each row of weights, when it is first asked for."""
    if device.type != "cpu":
        raise StylenetError(
            f"Got device={device} for a backend that paints on the CPU.",
            "Use --device cpu, or --backend eager.",
        )
    folder = kept_folder() if cache is None else cache
    runs: dict[tuple[float, ...] | None, Callable[[Tensor], Tensor]] = {}

    def run(image: Tensor, weights: Tensor | None) -> Tensor:
        _check_size(model.net, image)
        row = None if weights is None else _one_row(weights)
        if row not in runs:
            runs[row] = prepared(exported(model, row, folder))
        return runs[row](image.contiguous())

    return run


def _one_row(weights: Tensor) -> tuple[float, ...]:
    if weights.ndim > 2 or bool((weights != weights[:1]).any()):
        raise StylenetError(
            "Got style weights that differ within images or between them, which exported nets do "
            "not know.",
            "Use --backend eager.",
        )
    return tuple(weights[0].tolist())


def _check_size(net: nn.Module, image: Tensor) -> None:
    """As the nets themselves do: an exported one cannot say what is wrong."""
    if isinstance(net, (TransformerNet, StyleBank)):
        margin = net.padding.margin if isinstance(net, TransformerNet) else 0
        check_fits(image, DOWNSAMPLING, margin, KERNEL)
