"""Nets of other people's repositories, read from their checkpoints into nets of ours.

Which layout a checkpoint has is found out by its names and shapes. No pickle is executed: torch's
reader of tensors and plain data (``weights_only``) is used.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stylenet.apply.layouts import LAYOUTS, MEAN, OURS, PLAIN, STD, Layout
from stylenet.apply.model_file import build_architecture
from stylenet.errors import StylenetError
from stylenet.files import expanded, is_stream, sha256_of
from stylenet.loss_networks.weight_files import without_parallel

NESTED = ("state_dict", "model_state_dict", "model")  # where checkpoints keep the tensors
COUNTS = ("num_batches_tracked",)


class CheckpointError(StylenetError):
    """A checkpoint that cannot be read, or of no layout that is known."""


def import_checkpoint(path: str | Path, style: str) -> tuple[nn.Module, dict[str, Any]]:
    """The net of a checkpoint as one of ours, and its description: what `save_model` takes.

    Args:
        path: a ``.pth`` or ``.model`` file or the like.
        style: the name of its style.

    Raises:
        CheckpointError: no checkpoint, one that holds more than tensors and plain data, or one of
            an unknown layout.
    """
    file = expanded(path)
    tensors = read_tensors(file)
    layout = layout_of(tensors, file)
    tensors = {k: v for k, v in tensors.items() if not _is_of_old_torch(k)}
    batch = _has_batch_norm(tensors, file)
    state, blocks = _renamed(tensors, layout, batch, file)
    _fold_colours(state, layout)
    architecture = _architecture(layout, len(state["encoder.0.0.weight"]) / 32, blocks, batch)
    net: nn.Module = build_architecture(architecture)
    try:
        net.load_state_dict(state)
    except RuntimeError as error:
        raise CheckpointError(
            f"{file} has the names of {layout.name}, but other shapes: {error}.",
            "Only nets with that repository's kernels and ratios of channels can be imported.",
        ) from error
    description = {
        "architecture": architecture,
        "style": {"name": style},
        "imported": {"layout": layout.name, "file": file.name, "sha256": sha256_of(file)},
    }
    return net.eval().requires_grad_(False), description


def read_tensors(file: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, without ``module.`` before all of them.

    Raises:
        CheckpointError: see `import_checkpoint`.
    """
    if is_stream(file):
        raise CheckpointError(f"{file} is a device or a pipe.", "Name a checkpoint.")
    try:
        with warnings.catch_warnings():  # a pickle of another protocol is warned of, then refused
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            found = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no file {file}.", "Name a checkpoint.") from error
    except OSError:  # a file that may not be read is not damaged
        raise
    except Exception as error:  # a damaged pickle can raise nearly anything
        reason = "it holds more than tensors and plain data, or is no checkpoint of torch at all"
        raise CheckpointError(
            f"{file} was not read: {reason}. Nothing of it was executed.",
            "Name a file of torch.save(net.state_dict(), ...); do not load others' pickles.",
        ) from error
    for key in NESTED:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping):
        raise CheckpointError(f"{file} holds a {type(found).__name__}.", "Name a state dict.")
    tensors = {str(k): v for k, v in found.items() if isinstance(v, Tensor)}
    return without_parallel(tensors)


def layout_of(tensors: Mapping[str, Tensor], file: Path) -> Layout:
    """The layout whose first and last layers and sign the names have.

    Raises:
        CheckpointError: none.
    """
    for layout in LAYOUTS:
        needed = {f"{layer}.weight" for layer in (layout.layers[0], layout.layers[-1])}
        if needed | {layout.sign} <= tensors.keys():
            return layout
    some = ", ".join(list(tensors)[:4]) or "no tensors"
    raise CheckpointError(
        f"{file} has the names {some} ..., which are of no layout that is known.",
        f"Known are those of {', '.join(layout.name for layout in LAYOUTS)}.",
    )


def _is_of_old_torch(key: str) -> bool:
    """Instance norms of torch 0.3 kept running statistics, which they never used."""
    return re.search(r"(^|\.)in\d\.(running_(mean|var)|num_batches_tracked)$", key) is not None


def _has_batch_norm(tensors: Mapping[str, Tensor], file: Path) -> bool:
    kept = {key.rpartition(".")[2] for key in tensors}
    statistics = {"running_mean", "running_var"}
    if "num_batches_tracked" in kept and not statistics <= kept:
        raise CheckpointError(
            f"{file} has batch norms without their running statistics.",
            "Save the whole state dict (buffers, too): such a net cannot paint one image.",
        )
    return statistics <= kept


def _renamed(
    tensors: Mapping[str, Tensor], layout: Layout, batch: bool, file: Path
) -> tuple[dict[str, Tensor], int]:
    """The state of our net, and the number of its residual blocks."""
    block = layout.layers[6]
    first = layout.first_block
    blocks = 0
    while f"{block.format(first + blocks)}.weight" in tensors:
        blocks += 1
    statistics = ("running_mean", "running_var", "num_batches_tracked") if batch else ()
    norm = layout.norm | {name: name for name in statistics}
    state: dict[str, Tensor] = {}
    for ours, theirs in zip(OURS, layout.layers, strict=True):
        is_norm = re.search(r"(\.1|body\.4)$", ours) is not None
        parameters = norm if is_norm else PLAIN
        for number in range(blocks if "{}" in ours else 1):
            for there, here in parameters.items():
                name = f"{theirs.format(first + number)}.{there}"
                if name in tensors:
                    axes = 0 if there in COUNTS else 4 if here == "weight" and not is_norm else 1
                    _check_axes(tensors[name], axes, name, file)
                    state[f"{ours.format(number)}.{here}"] = tensors[name].float()
                elif there not in COUNTS:
                    raise CheckpointError(
                        f"{file} has the layout of {layout.name}, but no {name}.",
                        "An older or changed version of that repository wrote it, which cannot be "
                        "imported; save the whole state dict.",
                    )
    return state, blocks


def _check_axes(tensor: Tensor, axes: int, name: str, file: Path) -> None:
    """Refuse another number of axes, before anything is computed with them, and empty ones."""
    if tensor.ndim != axes or not tensor.numel():
        raise CheckpointError(
            f"{file} has {name} of shape {tuple(tensor.shape)}, expected {axes} axes.",
            "It is damaged or of another net: save the whole state dict.",
        )


def _fold_colours(state: dict[str, Tensor], layout: Layout) -> None:
    """Let the net take and give RGB in [0,1] (what is left is the output's 1/255)."""
    first, last = "encoder.0.0", "decoder.2"
    weight = state[f"{first}.weight"]
    if layout.bgr:
        weight = weight.flip(1)
        for name in ("weight", "bias"):
            state[f"{last}.{name}"] = state[f"{last}.{name}"].flip(0)
    if not layout.imagenet:
        state[f"{first}.weight"] = weight * 255
        return
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    weight = weight / std[:, None, None]
    state[f"{first}.weight"] = weight
    state[f"{first}.bias"] = state[f"{first}.bias"] - weight.sum((2, 3)) @ mean
    state[f"{last}.weight"] = state[f"{last}.weight"] * std[:, None, None, None]
    state[f"{last}.bias"] = state[f"{last}.bias"] * std + mean


def _architecture(layout: Layout, width: float, blocks: int, batch: bool) -> dict[str, Any]:
    norm = "torch.nn.BatchNorm2d" if batch else "stylenet.nets.InstanceNorm"
    scale = 1.0 if layout.imagenet else 1 / 255
    return {
        "_target_": "stylenet.nets.TransformerNet",
        "width": width,
        "blocks": blocks,
        "norm": {"_target_": norm, "_partial_": True, "eps": layout.eps},
        "padding": {
            "_target_": "stylenet.nets.Padding",
            "margin": 0,
            "mode": "reflect",
            "residual": 1,
        },
        "upsample": {"_target_": f"stylenet.nets.{layout.upsample}", "_partial_": True},
        "output": {"_target_": "stylenet.nets.Affine", "scale": scale, "centre": 0.0},
    }
