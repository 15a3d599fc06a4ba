"""Files of weights: read without executing anything in them, checked against an architecture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from stylenet.errors import StylenetError, reason_of
from stylenet.files import is_stream
from stylenet.loss_networks.architectures import EVERY, Architecture

ALTERNATIVES = (
    "give a file (loss_network.weights.path=<file>), or use the network that comes with stylenet "
    "(loss_network=compact_vgg)"
)

# what torch's DataParallel and DistributedDataParallel put before the names of what they train
PARALLEL = "module."


class WeightsError(StylenetError):
    """Weights that are missing, unreadable or another network's."""


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Named tensors of a ``.safetensors`` or ``.pth`` file; nothing else in it is ever executed.

    The prefix ``module.`` that parallel training leaves before every name is left out.

    Raises:
        WeightsError: missing, empty, a web page, truncated, or not tensors by name.
    """
    head = read_head(path)
    try:
        if path.suffix == ".safetensors":
            found: object = safetensors.torch.load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can raise nearly anything
        what = "is a web page" if head.lstrip().startswith(b"<") else "cannot be read"
        raise WeightsError(
            f"{path} {what}: expected a whole file of tensors (.safetensors, or .pth that holds "
            f"nothing but tensors), got {path.stat().st_size} bytes that fail with: "
            f"{reason_of(error)}.",
            "It may be a download that was cut off or an error page saved under that name: delete "
            "it and fetch it again.",
        ) from error
    if not isinstance(found, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in found.items()
    ):
        raise WeightsError(
            f"{path} holds something else than tensors by name.",
            "Save the state_dict() of the network, and only that.",
        )
    return without_parallel(found)


def without_parallel(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tensors`` without the prefix `PARALLEL`, where all of their names have it."""
    if not all(key.startswith(PARALLEL) for key in tensors):
        return dict(tensors)
    return {key.removeprefix(PARALLEL): value for key, value in tensors.items()}


def read_head(path: Path) -> bytes:
    """First bytes of a file; raises `WeightsError` where there are none."""
    if is_stream(path):
        raise WeightsError(
            f"The file of weights {path} is a device or a pipe.", "Name a file of tensors."
        )
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise WeightsError(
            f"The file of weights {path} cannot be opened: {error.strerror}.",
            f"Check the path, {ALTERNATIVES}.",
        ) from error
    if not head:
        raise WeightsError(f"The file of weights {path} is empty.", "Fetch it again.")
    return head


def match(
    tensors: Mapping[str, Tensor], architecture: Architecture, where: str
) -> dict[str, Tensor]:
    """Rename ``tensors`` to layers' names, as float32, after checking that they are all there.

    Raises:
        WeightsError: not exactly the feature layers of ``architecture``; names the first
            difference, and the architecture that would fit.
    """
    try:
        return _match(tensors, architecture)
    except ValueError as error:
        fitting = [other.name for other in EVERY if _fits(tensors, other)]
        remedy = f"It fits loss_network={fitting[0]}." if fitting else "Give the right file."
        raise WeightsError(f"{where} does not fit {architecture.name}: {error}.", remedy) from error


def _match(tensors: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    rest = {k: v for k, v in tensors.items() if not k.startswith(("classifier.", "fc"))}
    matched: dict[str, Tensor] = {}
    for position, (layer, shapes) in enumerate(architecture.shapes().items()):
        for key, shape in shapes.items():
            name, torchvision_name = f"{layer}.{key}", f"features.{position}.{key}"
            value = rest.pop(name, None)
            value = rest.pop(torchvision_name, None) if value is None else value
            if value is None:
                raise ValueError(f"it has neither {name!r} nor {torchvision_name!r}")
            if value.shape != shape:
                raise ValueError(
                    f"{name!r} has shape {tuple(value.shape)}, expected {tuple(shape)}"
                )
            matched[name] = value.float()
    if rest:
        raise ValueError(f"it has {next(iter(rest))!r} besides the expected layers")
    return matched


def _fits(tensors: Mapping[str, Tensor], architecture: Architecture) -> bool:
    try:
        return bool(_match(tensors, architecture))
    except ValueError:
        return False


def published_hash(url: str) -> str | None:
    """First digits of the SHA-256 that torch writes into file names, ``vgg16-397923af.pth``."""
    found = re.search(r"-([0-9a-f]{8,})\.", url.rsplit("/", 1)[-1])
    return found[1] if found else None
