"""RAFT, a net that finds optical flow (Teed and Deng 2020, arXiv:2003.12039), by torchvision."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from stylenet.apply.devices import device_of
from stylenet.errors import StylenetError
from stylenet.files import SECONDS_OF_SILENCE, expanded, fetch_published
from stylenet.loss_networks.weight_files import published_hash, read_tensors
from stylenet.motion import DisFlow, Effort, Field, Flow, Grey

LEAST_PX = 128  # its coarsest level has 1/64 of that, and needs two cells
STEP_PX = 8


@dataclass(frozen=True)
class Raft:
    """The smaller of torchvision's two, on grey frames.

    Attributes:
        source: the file of its weights.
        net: built and loaded by `load`.
    """

    source: str
    net: nn.Module = field(repr=False, compare=False)

    @classmethod
    def load(cls, path: str | Path | None = None, device: torch.device | str = "cpu") -> Raft:
        """RAFT with the weights of a file; None: torchvision's, from torch's cache or the network.

        Raises:
            StylenetError: they are not to be had, or are those of something else.
        """
        from torchvision.models.optical_flow import Raft_Small_Weights, raft_small

        weights = Raft_Small_Weights.C_T_V2
        place = _fetched(weights.url) if path is None else expanded(path)
        net = raft_small()
        try:
            net.load_state_dict(read_tensors(place))
        except RuntimeError as error:
            raise StylenetError(
                f"{place} holds no weights of torchvision's raft_small "
                f"({str(error).splitlines()[-1].strip()}).",
                f"Fetch {weights.url}, or use --flow dis.",
            ) from error
        net = net.eval().requires_grad_(False).to(device_of(device))
        return cls(str(place), net)

    @torch.inference_mode()
    def __call__(self, here: Grey, there: Grey) -> Field:
        """Where what ``here`` shows lies in ``there``, of the same size."""
        height, width = here.shape
        first, second = (self._input(frame) for frame in (here, there))
        found: np.ndarray = self.net(first, second)[-1][0].permute(1, 2, 0).float().cpu().numpy()
        return np.ascontiguousarray(found[:height, :width])

    def _input(self, frame: Grey) -> torch.Tensor:
        """In [-1,1], three channels alike, with sides that it can halve."""
        missing = [max(LEAST_PX, -(-side // STEP_PX) * STEP_PX) - side for side in frame.shape]
        padded = np.pad(frame, [(0, more) for more in missing], mode="edge")
        values = torch.from_numpy(padded).to(next(self.net.parameters()).device)
        return (values.float() / 127.5 - 1).expand(1, 3, *padded.shape)


def flow_of(wish: str, device: torch.device | str = "cpu") -> Flow:
    """``dis``, ``raft``, or the file of RAFT's weights.

    Raises:
        StylenetError: another word; weights that are not to be had.
    """
    if wish == "dis":
        return DisFlow(Effort.FAST)
    if wish == "raft":
        return Raft.load(device=device)
    if Path(wish).suffix in (".pth", ".safetensors"):
        return Raft.load(wish, device)
    raise StylenetError(
        f"Got flow={wish}, expected dis, raft, or a file of weights of torchvision's raft_small "
        "(.pth or .safetensors).",
        "Use --flow dis.",
    )


def _fetched(url: str) -> Path:
    """The file in torch's cache, downloaded if it is not there yet."""
    name = url.rsplit("/", 1)[-1]
    place = Path(torch.hub.get_dir()) / "checkpoints" / name
    if place.is_file():
        return place
    try:
        fetch_published(url, place, published_hash(url), SECONDS_OF_SILENCE)
    except OSError as error:
        raise StylenetError(
            f"RAFT's weights, {name}, could not be obtained. Looked in {place} (no such file) and "
            f"at {url} ({error}).",
            f"Fetch {url} on another machine and give --flow {name}, or use --flow dis.",
        ) from error
    return place
