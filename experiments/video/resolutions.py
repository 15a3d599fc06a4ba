"""Clips painted whole at several resolutions: ``resolutions.py OUT`` writes ``resolutions.csv``.

Read, painted by the fastest backend, blended and written as H.264, as ``stylenet video`` does it.
Where other work keeps the machine busy, seconds say little: the processor's time is beside them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import fmean

import torch
from measure import ASSETS, HERE, STAGES, Unpainted, clips, make_clip, style_of

from stylenet.apply.backends import fastest
from stylenet.apply.painters import Wish
from stylenet.apply.painting import Recipe, recipe_of
from stylenet.apply.video import ClipOptions, paint_clip, read_frames
from stylenet.files import write_csv
from stylenet.images import LongerSide
from stylenet.metrics import Judge, warping_errors

CLIPS = ("sintel", "fox", "made")


def main() -> None:
    """Paint and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", nargs="+", default=CLIPS)
    parser.add_argument("--px", nargs="+", type=int, default=[256, 512])
    parser.add_argument("--net", default="wave")
    parser.add_argument("--results", type=Path, default=HERE / "resolutions.csv")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    backend = fastest(torch.device("cpu"), 100)
    wish = Wish(model=options.net, device="cpu", backend=backend)
    judge, known, rows = Judge.lite0(), clips(options.out), []
    for name in options.clips:
        clip = known[name]
        if clip.walk is not None and not clip.file.exists():
            make_clip(clip.file, clip.walk)
        for px in options.px:
            found = []
            ways = {"plain": Recipe(Unpainted(), LongerSide(px))}
            ways["painted"] = recipe_of(wish, print, size=px)
            for way, recipe in ways.items():
                target = options.out / f"{name}_{px}_{way}.mp4"
                how = ClipOptions(
                    start=clip.start,
                    end=clip.end,
                    crf=18 if way == "painted" else 0,
                    blend=ClipOptions().blend if way == "painted" else None,
                    overwrite=True,
                )
                busy = time.process_time()
                done = paint_clip(clip.file, target, recipe, how)
                busy = time.process_time() - busy
                found.append(read_frames(target, done.frames))
            original, painted = found
            style = style_of(judge, ASSETS / "styles" / f"{options.net}.jpg", painted, original)
            row = {"clip": name, "width": done.width, "height": done.height, "frames": done.frames}
            row |= {"seconds": f"{done.seconds:.2f}"}
            row |= {"frames_a_second": f"{done.frames / done.seconds:.2f}"}
            row |= {"processor_ms_a_frame": f"{1000 * busy / done.frames:.0f}"}
            row |= {"style": f"{fmean(style[stage] for stage in STAGES):.3f}"}
            row |= {"content": f"{style['content']:.3f}"}
            row |= {"warp_1": f"{warping_errors(original, {'own': painted})['own']:.4f}"}
            row |= {"threads": torch.get_num_threads(), "backend": type(backend).__name__}
            rows.append(row)
            print(row, flush=True)
    write_csv(options.results, rows)


if __name__ == "__main__":
    main()
