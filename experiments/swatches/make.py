"""Make the bundled swatches: ``python experiments/swatches/make.py <folder for runs> [style ...]``.

Each swatch is a run of ``train.py experiment=swatches/full`` with the default loss network; the
run's folder is named after the style, the seed and the loss network's file. A run that is finished
is not made again, one that was interrupted goes on. The results are written as JPEG into
``src/stylenet/styles/swatches``; ``results.csv`` and ``sheet.jpg`` beside this file always show
what lies there. Paintings are looked for in $STYLENET_STYLES, in the cache, at their source: never
among the swatches. One run at a time, a thread each run (``OMP_NUM_THREADS`` overrules).
"""

from __future__ import annotations

import csv
import hashlib
import importlib.resources
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import torch
from omegaconf import OmegaConf
from torch import Tensor

from stylenet.files import write_bytes, write_csv
from stylenet.images import (
    ShorterSide,
    contact_sheet,
    read_image,
    reference_photographs,
    to_pil,
    write_image,
)
from stylenet.loss_networks import LossNetwork
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.padding import ReplicatingConv2d
from stylenet.loss_networks.weights import Bundled
from stylenet.losses import GramMomentsDistance, NormalisedDistance, PerceptualLoss, StyleTerm
from stylenet.metrics import contrast, spectrum
from stylenet.styles import find_style

HERE = Path(__file__).parent
TRAIN = HERE.parents[1] / "train.py"
SWATCHES = HERE.parents[1] / "src" / "stylenet" / "styles" / "swatches"
STYLES = ("udnie", "wave", "the_scream", "starry_night", "shipwreck", "night_cafe")
SEEDS = dict.fromkeys(STYLES, 0)
LAYERS = OmegaConf.load(HERE.parents[1] / "conf/loss_network/compact_vgg.yaml").style_layers
JPEG_QUALITY = 85
BORDER = 24  # pixels on each side that are cut off: no coarse layer reads what is painted there


def painting(style: str) -> Path:
    """The painting's file; a swatch of it is refused."""
    folder = os.environ.get("STYLENET_STYLES")
    cache = Path(os.environ.get("STYLENET_CACHE", "~/.cache/stylenet")).expanduser() / "styles"
    found = find_style(style, folder=Path(folder) if folder else None, cache=cache)
    if found.stand_in is not None:
        sys.exit(f"{style}: the painting itself is needed. {found.stand_in}")
    return found.path


def make(style: str, runs: Path) -> Path:
    """Make a style's swatch, unless it is there; the run's folder."""
    network = importlib.resources.files("stylenet.loss_networks") / "compact_vgg.safetensors"
    digest = hashlib.sha256(network.read_bytes()).hexdigest()[:8]
    run = (runs / f"{style}_seed{SEEDS[style]}_{digest}").absolute()
    facts = run / "result.json"
    if facts.is_file() and json.loads(facts.read_text())["finished"]:
        return run
    overrides = [f"resume={run}"]
    if not (run / "checkpoints" / "last.ckpt").is_file():
        (run / "config.yaml").unlink(missing_ok=True)  # it ended before there was anything to keep
        overrides = ["experiment=swatches/full", f"style={painting(style)}", "logger=none"]
        overrides += [f"seed={SEEDS[style]}", f"run.dir={run}"]
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    command = [sys.executable, str(TRAIN), *overrides]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)  # noqa: S603
    if done.returncode:
        sys.exit(f"{style}: {done.stdout[-400:]}\n{done.stderr[-800:]}")
    return run


def keep(style: str, run: Path) -> dict[str, str]:
    """Write the run's picture as the package's swatch; what it came to."""
    encoded = io.BytesIO()
    picture = to_pil(read_image(run / "result.png")[:, BORDER:-BORDER, BORDER:-BORDER])
    picture.save(encoded, "JPEG", quality=JPEG_QUALITY, subsampling=0)  # colours as they are
    write_bytes(SWATCHES / f"{style}.jpg", encoded.getvalue())
    result, record = (json.loads((run / f).read_text()) for f in ("result.json", "run.json"))
    return {
        "style": style,
        "seed": str(SEEDS[style]),
        "evaluations": str(result["evaluations"]),
        "seconds": f"{record['wall_seconds']:.0f}",
        "bytes": str(len(encoded.getvalue())),
        "sha256": hashlib.sha256(encoded.getvalue()).hexdigest(),
        "commit": str(record["commit"]),
    }


def style_losses(network: LossNetwork, paintings: dict[str, Path], px: int) -> dict[str, Tensor]:
    """Style losses at ``px``: for each painting, of its swatch, its mirror image and the others."""
    size = ShorterSide(px)
    originals = {style: size(read_image(file))[None] for style, file in paintings.items()}
    distance = NormalisedDistance(
        GramMomentsDistance(), reference_photographs(), {"mean": 0.5, "std": 0.5}
    )
    losses = {}
    for style in paintings:
        term = StyleTerm(network, originals[style], LAYERS, None, 1, distance)
        loss = PerceptualLoss({"style": term}, network)
        swatch = size(read_image(SWATCHES / f"{style}.jpg"))[None]
        others = [originals[other] for other in paintings if other != style]
        with torch.no_grad():
            images = (swatch, originals[style].flip(-1), *others)
            losses[style] = torch.stack([loss(image, image).total for image in images])
    return losses


def looks(file: Path) -> dict[str, float]:
    """Contrast and the share of low frequencies, as `stylenet.metrics` measures them at 256 px."""
    image = ShorterSide(256)(read_image(file))
    return {"contrast": contrast(image), "low": spectrum(image)[0]}


def tabulate(facts: dict[str, dict[str, str]], paintings: dict[str, Path]) -> None:
    """``results.csv`` of the swatches that lie in the package."""
    table = HERE / "results.csv"
    before = csv.DictReader(table.read_text().splitlines() if table.is_file() else [])
    rows = {row["style"]: row for row in before} | facts
    network = compact_vgg(Bundled(), convolution=ReplicatingConv2d)
    for px in (256, 512):
        for style, losses in style_losses(network, paintings, px).items():
            swatch, mirrored, *others = losses.tolist()
            nearest = min(others, default=float("nan"))
            figures = {"swatch": swatch, "mirrored": mirrored, "nearest_other": nearest}
            rows[style] |= {f"{name}_{px}px": f"{value:.4g}" for name, value in figures.items()}
    for style, file in paintings.items():
        of_painting, of_swatch = looks(file), looks(SWATCHES / f"{style}.jpg")
        for name, value in of_painting.items():
            rows[style] |= {f"painting_{name}": f"{value:.3f}", name: f"{of_swatch[name]:.3f}"}
    write_csv(table, [rows[style] for style in paintings])


def draw(paintings: dict[str, Path]) -> None:
    """``sheet.jpg`` of the swatches that lie in the package, beside the paintings."""
    cells = [[read_image(file), read_image(SWATCHES / f"{s}.jpg")] for s, file in paintings.items()]
    pairs = [left + right for left, right in zip(cells[::2], cells[1::2], strict=False)]
    pairs += [cells[-1]] if len(cells) % 2 else []
    titles = ["painting", "swatch"] * (2 if len(cells) > 1 else 1)
    sheet = contact_sheet(pairs, column_titles=titles, cell=200, title_px=12)
    write_image(HERE / "sheet.jpg", sheet)


def main() -> None:
    """Make all swatches, or those named after the folder."""
    runs, *chosen = sys.argv[1:]
    unknown = set(chosen) - set(STYLES)
    if unknown:
        sys.exit(f"Got {', '.join(unknown)}, expected some of {', '.join(STYLES)}.")
    facts = {}
    for style in chosen or STYLES:
        facts[style] = keep(style, make(style, Path(runs)))
        print(style, facts[style]["bytes"], "bytes,", facts[style]["seconds"], "s", flush=True)
    here = [style for style in STYLES if (SWATCHES / f"{style}.jpg").is_file()]
    paintings = {style: painting(style) for style in here}
    tabulate(facts, paintings)
    draw(paintings)


if __name__ == "__main__":
    main()
