"""Drawing samples of a texture from a generator that was trained for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stylenet.apply.devices import device_of
from stylenet.apply.model_file import Model
from stylenet.errors import StylenetError
from stylenet.images import write_image
from stylenet.nets import TextureNet


def draws_textures(model: Model) -> bool:
    """Whether ``model`` is a generator of textures, which paints no photographs."""
    return isinstance(model.net, TextureNet)


def draw_textures(
    model: Model,
    count: int,
    height: int,
    width: int,
    seed: int = 0,
    device: torch.device | str = "cpu",
) -> Iterator[Tensor]:
    """Samples (3,height,width) in [0,1], one after the other: sample n is a function of the seed.

    Where height and width are multiples of the generator's own (16 for five scales) a sample can
    be laid beside itself without a seam; else it is cut from one that can.

    Raises:
        StylenetError: a net that paints photographs, a number below 1, or no such device.
    """
    net = model.net
    if not isinstance(net, TextureNet):
        raise StylenetError(
            f"Got {model.path}, a {type(net).__name__}, which paints photographs; expected a "
            "generator of textures.",
            "Train one: stylenet train task=texture_net style=<picture>. Or paint a photograph: "
            "stylenet stylize.",
        )
    for name, value in {"count": count, "height": height, "width": width}.items():
        if value < 1:
            raise StylenetError(f"Got {name}={value}, expected 1 or more.", f"Use {name}=512.")
    if seed < 0:
        raise StylenetError(f"Got seed={seed}, expected 0 or more.", "Use seed=0.")
    return _drawn(net, count, (height, width), seed, device_of(device))


def write_numbered(out: Path, images: Iterable[Tensor], count: int) -> Iterator[Path]:
    """Write them as they come, to ``out`` or, of several, ``<out>_000`` and so on; give the files.

    Raises:
        OSError: one cannot be written.
    """
    for number, image in enumerate(images):
        yield write_image(out if count == 1 else out.with_stem(f"{out.stem}_{number:03d}"), image)


@torch.inference_mode()
def _drawn(
    net: TextureNet, count: int, size: tuple[int, int], seed: int, device: torch.device
) -> Iterator[Tensor]:
    net = net.to(device)
    for number in range(count):
        state = np.random.SeedSequence((seed, number)).generate_state(1)
        # on the CPU, so that every device draws the same
        noise = net.noise(1, *size, torch.Generator().manual_seed(int(state[0])))
        (image,) = net(noise.to(device)).float().clamp(0, 1).cpu()
        yield image[:, : size[0], : size[1]]
