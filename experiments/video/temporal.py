"""Does training with ``loss/temporal=stills`` take flicker out of a net, and at which weight?

``python experiments/video/temporal.py DATA RUNS FRAMES`` trains nets that ship for some steps more,
once without the term and once for each weight, and measures them on clips of ``measure.py``, frame
by frame. DATA is what experiments/any_style/prepare.py makes, FRAMES what measure.py does; runs
that lie in RUNS are not made again. ``temporal.csv`` is written beside this file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import fmean

from measure import ASSETS, STAGES, clips, original, style_of

from stylenet.apply import Stylizer
from stylenet.files import write_csv
from stylenet.metrics import Judge, warping_errors

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NONE = "none"
PX, BATCH, RATE = 128, 2, 3e-4
LOSSES = ("style", "content", "temporal")


def train(run: Path, style: str, weight: str, data: Path, steps: int, more: list[str]) -> None:
    """Train the net ``style`` on, with the term of ``weight`` or without it."""
    if (run / "model.safetensors").is_file():
        return
    term = [] if weight == NONE else ["loss/temporal=stills", f"loss.temporal_weight={weight}"]
    command = [
        *(sys.executable, str(ROOT / "train.py"), f"run.dir={run.absolute()}"),
        *(
            "experiment=normalised",
            f"style={style}",
            f"init={style}",
            f"paths.styles={data / 'styles'}",
            "style_size.px=384",
        ),
        *("data=folder", f"data.root={data / 'photos'}", f"data.val_root={data / 'shown'}"),
        *(f"data.size={PX}", f"data.batch_size={BATCH}", "data.val_size=256", "data.num_workers=0"),
        *("data.augment.scale=[0.6,1.0]", "scheduler=cosine", f"optimizer.lr={RATE}"),
        *(
            "loss.style_weight=6",
            f"trainer.max_steps={steps}",
            f"trainer.val_check_interval={steps}",
        ),
        *("logger=none", "compile=false", "callbacks=none", *term, *more),
    ]
    print(run.name, "is trained", flush=True)
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603


def losses(run: Path) -> dict[str, str]:
    """Those at its validation, weighted."""
    figures = json.loads((run / "metrics.json").read_text())
    values = {name: figures.get(f"val/loss/{name}") for name in LOSSES}
    return {f"loss_{k}": "" if v is None else f"{v:.4f}" for k, v in values.items()}


def main() -> None:
    """Train, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("frames", type=Path)
    parser.add_argument("--nets", nargs="+", default=["wave", "udnie"])
    parser.add_argument("--weights", nargs="+", default=["30", "100"])
    parser.add_argument("--clips", nargs="+", default=["sintel", "fox"])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--results", type=Path, default=HERE / "temporal.csv")
    options, more = parser.parse_known_args()
    weights = [NONE, *options.weights]
    for net in options.nets:
        for weight in weights:
            run = options.runs / f"{net}_{weight}"
            train(run, net, weight, options.data.absolute(), options.steps, more)
    judge, known = Judge.lite0(), clips(options.frames)
    rows = []
    for name in options.clips:
        frames = original(name, known[name], options.frames)
        for net in options.nets:
            nets = {weight: options.runs / f"{net}_{weight}" for weight in weights}
            painted = {"original": frames}
            for weight, run in nets.items():
                paint = Stylizer.load(run, "cpu")
                painted[weight] = [paint(frame) for frame in frames]
            errors = [warping_errors(frames, painted, apart) for apart in (1, 10)]
            for weight, own in painted.items():
                row = {"net": net, "temporal_weight": weight, "clip": name}
                row |= {
                    f"warp_{n}": f"{e[weight]:.4f}" for n, e in zip((1, 10), errors, strict=True)
                }
                found = dict.fromkeys([*STAGES, "content"], "")
                row["style"] = ""
                if weight in nets:
                    of = style_of(judge, ASSETS / "styles" / f"{net}.jpg", own, frames)
                    found = {key: f"{of[key]:.3f}" for key in found}
                    row["style"] = f"{fmean(of[stage] for stage in STAGES):.3f}"
                row |= found
                row |= losses(nets[weight]) if weight in nets else {f"loss_{k}": "" for k in LOSSES}
                rows.append(row)
                print(row, flush=True)
    write_csv(options.results, rows)


if __name__ == "__main__":
    main()
