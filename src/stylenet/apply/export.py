"""Nets as files for other programs: ONNX, OpenVINO, and torch's own exported programs.

Each paints images of any size and number: float32, (n,3,height,width) in [0,1] -> the same. What is
written has first painted a photograph as the net itself does.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim

from stylenet.apply.any_style import takes_styles
from stylenet.apply.export_metadata import metadata
from stylenet.apply.extras import imported
from stylenet.apply.model_file import Model
from stylenet.apply.onnx_layers import write_net
from stylenet.apply.runtimes import onnxruntime_session
from stylenet.errors import StylenetError
from stylenet.files import expanded, write_files
from stylenet.images import ShorterSide, read_image, sample_photographs

TOLERANCE = 1 / 255  # of what is exported, from what our net paints, in any pixel
PHOTO_PX = 131  # shorter side of the photograph that both paint: odd, and no multiple of 4
Run = Callable[[Tensor], Tensor]
"""Images (N,3,H,W) in [0,1] -> paintings, by what was exported."""


class ExportError(StylenetError):
    """A net that cannot be exported, or that would not paint as it should."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        files: the one that was asked for first.
        size: bytes of all of them.
        difference: the largest, in any pixel of a photograph, from what the net itself paints.
    """

    files: tuple[Path, ...]
    size: int
    difference: float


class Fixed(nn.Module):
    """A net whose styles have fixed weights, as an image in, a painting in [0,1] out.

    Args:
        model: the net.
        weights: of its styles, by name; None of a net of one style.

    Raises:
        ExportError: styles are named for a net that has one, or none for a net that has several.
        ModelFileError: the net has no style of that name.
    """

    def __init__(self, model: Model, weights: Mapping[str, float] | None = None) -> None:
        super().__init__()
        if takes_styles(model):
            raise ExportError(
                f"The net of {model.path} paints in any style, and none was named.",
                "Name one: stylenet export udnie; in_styles(model, ...) from Python.",
            )
        if bool(weights) != bool(model.styles):
            there = f"{', '.join(model.styles)}: name one" if model.styles else "its own only"
            raise ExportError(
                f"Got {'the styles ' + ', '.join(weights) if weights else 'no style'} for the net "
                f"of {model.path}, which has {there}.",
                "Use --style udnie or --style udnie:0.6,wave:0.4."
                if model.styles
                else "Leave out --style.",
            )
        self.net = model.net
        self.row: list[float] | None = None
        if weights:
            self.row = [0.0] * len(model.styles)
            for style, weight in weights.items():
                self.row[model.style_number(style)] += weight

    def forward(self, image: Tensor) -> Tensor:
        """(N,3,H,W) in [0,1] -> the same."""
        row = [] if self.row is None else [image.new_tensor([self.row]).expand(len(image), -1)]
        painted: Tensor = self.net(image, *row)
        return painted.clamp(0, 1)


def export_onnx(
    model: Model, path: str | Path, weights: Mapping[str, float] | None = None
) -> Exported:
    """Write an ``.onnx`` file of plain operators, such as ONNX Runtime runs on any system.

    Args:
        model: a net of one style, one given a style (`in_styles`), or one of several.
        path: the file.
        weights: see `Fixed`.

    Raises:
        ExportError: it paints otherwise than the net itself; or see `Fixed`.
        UnknownLayerError: see `write_net`.
        StylenetError: onnx or onnxruntime is not installed; a file of another suffix.
    """
    file = _checked(path, ".onnx")
    net = Fixed(model, weights)
    written = onnx_bytes(model, weights)
    return _write({file: written}, difference(net, onnx_runner(written)))


def onnx_bytes(model: Model, weights: Mapping[str, float] | None = None) -> bytes:
    """What `export_onnx` writes, unchecked."""
    net = Fixed(model, weights)
    return write_net(net.net, metadata(model, weights), net.row)


def onnx_runner(written: bytes) -> Run:
    """What paints by an ``.onnx`` file in ONNX Runtime, on the CPU."""
    paint = onnxruntime_session(written, torch.get_num_threads())
    return lambda images: torch.from_numpy(paint(images.numpy()))


def export_openvino(
    model: Model, path: str | Path, weights: Mapping[str, float] | None = None
) -> Exported:
    """Write an OpenVINO model: an ``.xml`` file, and a ``.bin`` beside it.

    Args:
        model: see `export_onnx`.
        path: the ``.xml`` file.
        weights: see `Fixed`.

    Raises:
        ExportError, UnknownLayerError: see `export_onnx`.
        StylenetError: onnx or openvino is not installed; a file of another suffix.
    """
    openvino = imported("openvino", "openvino", "exporting to OpenVINO")
    file = _checked(path, ".xml")
    net = Fixed(model, weights)
    core = openvino.Core()
    converted = core.read_model(onnx_bytes(model, weights))
    for key, value in metadata(model, weights).items():
        converted.set_rt_info(value, ["stylenet", key])
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / file.name
        openvino.save_model(converted, str(kept), compress_to_fp16=False)
        exact = {"INFERENCE_PRECISION_HINT": "f32"}
        compiled = core.compile_model(str(kept), "CPU", exact)
        apart = difference(net, lambda images: torch.from_numpy(compiled(images.numpy())[0]))
        contents = {
            file.with_suffix(suffix): kept.with_suffix(suffix).read_bytes()
            for suffix in (".xml", ".bin")
        }
    return _write(contents, apart)


def export_pt2(
    model: Model, path: str | Path, weights: Mapping[str, float] | None = None
) -> Exported:
    """Write a ``.pt2`` file, which ``torch.export.load(file).module()`` runs without stylenet.

    Args:
        model: a net of one style, or one given a style (`in_styles`).
        path: the file.
        weights: there can be none: torch cannot export what depends on them.

    Raises:
        ExportError: a net of several styles; it paints otherwise than the net itself.
        StylenetError: a file of another suffix.
    """
    file = _checked(path, ".pt2")
    net = Fixed(model, weights)
    if net.row is not None:
        raise ExportError(
            f"The net of {model.path} is one of several styles, which torch cannot export.",
            "Use --to onnx or --to openvino, which keep the styles that are chosen.",
        )
    # three of odd sides: torch would take one, two and multiples of 4 for sizes that stay
    example = _photographs()[[0, 1, 0]]
    sides = {0: Dim.DYNAMIC, 2: Dim.DYNAMIC, 3: Dim.DYNAMIC}
    program = torch.export.export(net, (example,), dynamic_shapes=(sides,))
    buffer = BytesIO()
    torch.export.save(program, buffer, extra_files={"stylenet.json": json.dumps(metadata(model))})
    buffer.seek(0)
    loaded = torch.export.load(buffer).module()
    return _write({file: buffer.getvalue()}, difference(net, loaded))


@torch.no_grad()
def difference(net: nn.Module, run: Run) -> float:
    """The largest difference of what ``run`` paints from ``net``'s, on a photograph.

    One of odd sides alone, and a batch of two of other sides.

    Raises:
        ExportError: it is more than 1/255.
    """
    found = 0.0
    for images in (_photographs()[:1], _photographs()[..., 3:, 2:]):
        ours, theirs = net(images), run(images.contiguous())
        if ours.shape != theirs.shape:
            raise ExportError(
                f"What was exported paints {tuple(theirs.shape)}, the net {tuple(ours.shape)}.",
                "Report this; nothing was written.",
            )
        found = max(found, float((ours - theirs).abs().nan_to_num(torch.inf).max()))
    if found > TOLERANCE:
        raise ExportError(
            f"What was exported paints otherwise than the net: {found:.4f} apart in some pixel, "
            f"expected at most {TOLERANCE:.4f}.",
            "Nothing was written. A net that was hardly trained can do that; else report it.",
        )
    return found


def _photographs() -> Tensor:
    """A photograph and its mirror image, (2,3,131,W)."""
    photograph = ShorterSide(PHOTO_PX)(read_image(sample_photographs()["chelsea"]))
    return torch.stack([photograph, photograph.flip(-1)])


def _checked(path: str | Path, suffix: str) -> Path:
    file = expanded(path)
    if file.suffix != suffix:
        raise ExportError(f"Got the file {file}, expected one that ends in {suffix}.", "Rename it.")
    return file


def _write(contents: Mapping[Path, bytes], apart: float) -> Exported:
    write_files(contents)
    return Exported(tuple(contents), sum(map(len, contents.values())), apart)
