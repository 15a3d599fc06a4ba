"""Does training with ``loss/temporal=stills`` take flicker out of a net, at which weight?

``python experiments/video/temporal.py DATA OUT`` trains nets that ship for a few hundred steps more,
once without the term and once for each weight, and measures them on the clips of ``measure.py``.
DATA is what experiments/any_style/prepare.py makes; runs that lie in OUT are not made again.
``temporal.csv`` is written beside this file, or where ``--results`` says.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path
from statistics import fmean

from measure import ASSETS, STAGES, Clip, Remembered, frames_of, style_of, the_clips
from torch import Tensor

from stylenet.apply import Stylizer
from stylenet.images import LongerSide, read_image
from stylenet.metrics import Judge, warping_errors

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CLIPS = ("sintel", "fox")
WEIGHTS = ["none", "30", "100", "300"]
LOSSES = ("style", "content", "temporal")


def train(run: Path, style: str, weight: str, data: Path, options: argparse.Namespace) -> None:
    """Train the net ``style`` on, with the term of ``weight`` or without it."""
    if (run / "model.safetensors").is_file():
        return
    term = ["loss/temporal=stills", f"loss.temporal_weight={weight}"] if weight != "none" else []
    command = [
        *(sys.executable, str(ROOT / "train.py"), f"run.dir={run}"),
        *(
            f"style={style}",
            f"init={style}",
            f"paths.styles={data / 'styles'}",
            "style_size.px=384",
        ),
        *("data=folder", f"data.root={data / 'photos'}", f"data.val_root={data / 'shown'}"),
        *(f"data.size={options.px}", f"data.batch_size={options.batch}", "data.val_size=256"),
        *("data.augment.scale=[0.6,1.0]", "data.num_workers=0", f"data.val_count={options.val}"),
        *("scheduler=cosine", f"optimizer.lr={options.lr}", "loss.style_weight=6"),
        *(f"trainer.max_steps={options.steps}", f"trainer.val_check_interval={options.steps}"),
        *("logger=none", "compile=false", "callbacks=none", *term),
    ]
    print(run.name, "is trained", flush=True)
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def frames_by(net: str | Path, name: str, clip: Clip, out: Path) -> list[Tensor]:
    """Frame by frame what the net paints of the clip's frames, which lie in ``out``."""
    size = LongerSide(clip.px)
    paint = Remembered(Stylizer.load(net, "cpu"), out / "frames" / name / Path(net).name)
    return [paint(size(frame)) for frame in frames_of_clip(name, clip, out)]


def frames_of_clip(name: str, clip: Clip, out: Path) -> list[Tensor]:
    """The frames of the clip as they are."""
    if clip.file.is_dir():
        return frames_of(clip.file)
    return the_frames(clip)


def main() -> None:
    """Train, then measure."""
