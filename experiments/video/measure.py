"""Paint clips frame by frame and blended, and measure flicker beside style.

``python experiments/video/measure.py OUT`` paints what is not in OUT yet (frames as PNG), and
writes ``results.csv`` beside this file, or where ``--results`` says. The clips: ten frames of MPI
Sintel, four parts of the fox at equal distances, and walks over three photographs made here, with a
variable frame rate, sound and rotation.
"""

from __future__ import annotations

import argparse
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from stylenet.apply import Stylizer
from stylenet.apply.painters import Painter
from stylenet.apply.painting import Recipe
from stylenet.apply.video import ClipOptions, FlowBlend, paint_clip
from stylenet.apply.zoo import ANY, shipped_model
from stylenet.files import write_csv
from stylenet.images import LongerSide, ShorterSide, read_image
from stylenet.metrics import Judge, warping_errors

HERE = Path(__file__).parent
ASSETS = HERE.parents[2] / "shared" / "assets"
JUDGED_PX, JUDGED_FRAMES = 384, 5
MADE_FRAMES = 40
FOX_SECONDS, FOX_PARTS = Fraction(14), 4
PAINTINGS = [ASSETS / "styles" / f"{name}.jpg" for name in ("wave", "udnie", "the_scream")]
ORIGINAL = "original"
STAGES = ("s2", "s4", "s8", "s16")
VARIANTS: dict[str, FlowBlend | None] = {
    "frame_by_frame": None,
    "blend_0.5": FlowBlend(0.5),
    "blend_0.7": FlowBlend(),
    "blend_0.9": FlowBlend(0.9),
}


class Clip(NamedTuple):
    """A clip to paint: its file, between which seconds, and pixels of its longer side.

    ``walk`` is the photograph that it is made of, where it is made here.
    """

    file: Path
    px: int
    start: Fraction = Fraction(0)
    end: Fraction | None = None
    walk: str | None = None


def clips(out: Path) -> dict[str, Clip]:
    """All of them, by name; those that are made lie in ``out``."""
    found = {"sintel": Clip(ASSETS / "video" / "sintel", 640)}
    for number in range(FOX_PARTS):
        start = number * FOX_SECONDS / FOX_PARTS
        fox = Clip(ASSETS / "video" / "fox.mp4", 384, start, start + Fraction(4, 5))
        found["fox" if number == 0 else f"fox_{float(start):g}"] = fox
    for name, walk in {"made": "astronaut", "made_cat": "chelsea", "made_cup": "coffee"}.items():
        found[name] = Clip(out / f"{name}.mp4", 256, walk=walk)
    return found


class Remembered:
    """Paints each frame once, whatever it is blended with then; in a folder, across runs."""

    def __init__(self, paint: Callable[[Tensor], Tensor], folder: Path) -> None:
        self._paint = paint
        self._folder = folder
        self.name = folder.name

    def __call__(self, image: Tensor) -> Tensor:
        """The painting of ``image`` (3,H,W)."""
        key = hashlib.sha256(image.contiguous().numpy().tobytes()).hexdigest()[:20]
        file = self._folder / f"{key}.npy"
        if file.is_file():
            return torch.from_numpy(np.load(file))
        painted = self._paint(image)
        self._folder.mkdir(parents=True, exist_ok=True)
        np.save(file, painted.contiguous().numpy())
        return painted

    def settled(self, image: Tensor) -> Painter:
        """The same: nothing depends on the first frame."""
        del image
        return self


class Unpainted:
    """Leaves frames as they are."""

    name = "original"

    def __call__(self, image: Tensor) -> Tensor:
        """The image itself."""
        return image

    def settled(self, image: Tensor) -> Painter:
        """The same."""
        del image
        return self


def make_clip(file: Path, walk: str) -> Path:
    """A walk over a photograph of scikit-image with a thing that crosses it, a tone beside it.

    Frames come at uneven times. The file is turned by 90 degrees, which players undo.
    """
    import av
    import cv2
    from skimage import data

    photograph = getattr(data, walk)()
    scale = max(1, 512 / min(photograph.shape[:2]))  # as large as the walk is long
    photograph = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w") as clip:
        video = clip.add_stream("libx264", rate=25, options={"crf": "12"})
        video.width, video.height, video.pix_fmt = 256, 192, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        video.set_display_rotation(90)
        track = clip.add_stream("aac", rate=16000, layout="mono")
        wave = (np.sin(np.arange(32000) / 9) * 9000).astype(np.int16)[None]
        tone = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        tone.rate, tone.pts, tone.time_base = 16000, 0, Fraction(1, 16000)
        clip.mux([*track.encode(tone), *track.encode()])
        for number in range(MADE_FRAMES):
            left, top = 40 + 3 * number, 60 + round(20 * math.sin(number / 6))
            pixels = photograph[top : top + 192, left : left + 256].copy()
            pixels[40:90, 5 * number : 5 * number + 40] = (210, 60, 40)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts = 40 * number + (13 if number % 3 else 0)
            frame.time_base = Fraction(1, 1000)
            clip.mux(video.encode(frame))
        clip.mux(video.encode())
    return file


def frames_of(folder: Path) -> list[Tensor]:
    """The frames of a folder, in order."""
    return [read_image(file) for file in sorted(folder.glob("*.png"))]


def farneback(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Another flow than the one that frames are blended by (Farneback 2003)."""
    import cv2

    return cv2.calcOpticalFlowFarneback(here, there, None, 0.5, 4, 21, 5, 7, 1.5, 0)


def style_of(
    judge: Judge, painting: Path, frames: Sequence[Tensor], original: Sequence[Tensor]
) -> dict[str, float]:
    """Style and content distance of a few frames, by stage; means."""
    size = ShorterSide(JUDGED_PX)
    target = judge.describe(size(read_image(painting)))
    rows = []
    for number in np.linspace(len(frames) // 3, len(frames) - 1, JUDGED_FRAMES).astype(int):
        own, photograph = (judge.describe(size(c[number])) for c in (frames, original))
        rows.append(
            {
                **own.style_distance(target, photograph),
                "content": own.content_distance(photograph),
            }
        )
    return {key: fmean(row[key] for row in rows) for key in rows[0]}


def net_for(painting: Path, nets: Path | None = None) -> Stylizer:
    """The run of its name in ``nets``, or the net that ships for it, or the one for any style."""
    if nets is not None:
        return Stylizer.load(nets / painting.stem, "cpu")
    if shipped_model(painting.stem) is not None:
        return Stylizer.load(painting.stem, "cpu")
    return Stylizer.load(ANY, "cpu", style=painting)


def written(place: Path, clip: Clip, paint: Painter, blend: FlowBlend | None) -> list[Tensor]:
    """The frames that ``paint`` makes of the clip; those in ``place``, if they are there."""
    if not place.exists():
        options = ClipOptions(start=clip.start, end=clip.end, blend=blend)
        recipe = Recipe(paint, LongerSide(clip.px))
        done = paint_clip(clip.file, place / "%05d.png", recipe, options)
        print(f"{place}: {done.frames} frames", flush=True)
    return frames_of(place)


def original(name: str, clip: Clip, out: Path) -> list[Tensor]:
    """The frames as they are."""
    if clip.walk is not None and not clip.file.exists():
        make_clip(clip.file, clip.walk)
    return written(out / name / ORIGINAL, clip, Unpainted(), None)


def painted(
    name: str, clip: Clip, painting: Path, out: Path, nets: Path | None
) -> dict[str, list[Tensor]]:
    """The frames of the clip's paintings, by variant."""
    folder = out / name / painting.stem
    once = Remembered(net_for(painting, nets), folder / "once")
    return {way: written(folder / way, clip, once, blend) for way, blend in VARIANTS.items()}


def rows_of(
    name: str,
    clip: Clip,
    paintings: Sequence[Path],
    out: Path,
    judge: Judge,
    nets: Path | None = None,
) -> list[dict[str, object]]:
    """What is measured of a clip: a row for it as it is, and one a painting and variant."""
    frames = {("", ORIGINAL): original(name, clip, out)}
    unpainted = frames["", ORIGINAL]
    for painting in paintings:
        found = painted(name, clip, painting, out, nets)
        frames |= {(painting.stem, way): own for way, own in found.items()}
    by_name: Mapping[str, list[Tensor]] = {"/".join(key): own for key, own in frames.items()}
    errors = {
        "warp_1": warping_errors(unpainted, by_name, 1),
        "warp_10": warping_errors(unpainted, by_name, 10),
        "warp_1_farneback": warping_errors(unpainted, by_name, 1, farneback),
    }
    files = {painting.stem: painting for painting in paintings}
    rows = []
    for (stem, variant), own in frames.items():
        row: dict[str, object] = {"clip": name, "painting": stem, "variant": variant}
        row |= {"frames": len(own), "width": own[0].shape[2], "height": own[0].shape[1]}
        row |= {key: f"{error[f'{stem}/{variant}']:.4f}" for key, error in errors.items()}
        if stem:
            style = style_of(judge, files[stem], own, unpainted)
            row |= {key: f"{value:.3f}" for key, value in style.items()}
            row["style"] = f"{fmean(style[stage] for stage in STAGES):.3f}"
        rows.append(row)
        print(row, flush=True)
    return rows


def main() -> None:
    """Paint and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--paintings", nargs="+", type=Path, default=PAINTINGS)
    parser.add_argument("--nets", type=Path, help="a folder of runs, in place of what ships")
    parser.add_argument("--clips", nargs="+")
    parser.add_argument("--px", type=int, help="longer side of all clips")
    parser.add_argument("--results", type=Path, default=HERE / "results.csv")
    options = parser.parse_args()
    judge = Judge.lite0()
    rows = []
    for name, clip in clips(options.out).items():
        if options.clips is None or name in options.clips:
            chosen = clip if options.px is None else clip._replace(px=options.px)
            rows += rows_of(name, chosen, options.paintings, options.out, judge, options.nets)
            write(options.results, rows)


def write(file: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """What is measured so far: a clip takes minutes."""
    write_csv(file, rows)


if __name__ == "__main__":
    main()
