"""Memory and time of an optimised picture as it grows: ``python benchmarks/gatys_memory.py``.

A few steps of ``train.py task=gatys`` with its own optimiser (L-BFGS up to 1024 px, Adam above) at
each size, loss network and precision, each in a fresh process. Above ``--checkpoint-px`` features
are computed twice instead of kept, as ``train.py`` does.

So few steps do not fill L-BFGS's history: what it would still grow by is a column of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pytorch_lightning import Callback
from side_by_side import report

from stylenet import compose
from stylenet.run.building import build
from stylenet.run.preparing import prepare
from stylenet.run.training import quieten
from stylenet.runners.speed import tune_allocator

ROOT = Path(__file__).parents[1]
NETWORKS = {
    "compact_vgg": ["loss_network=compact_vgg"],
    "vgg19": ["loss_network=vgg19", "loss_network/weights=random"],
}
PRECISIONS = ("bf16-mixed", "32")


class Clock(Callback):
    """The time of the steps alone: without the losses of the result, in single precision."""

    def on_train_start(self, *_: object) -> None:
        """Begin."""
        self.began = time.perf_counter()

    def on_train_batch_end(self, *_: object) -> None:
        """End, so far."""
        self.ended = time.perf_counter()


def measure(
    size: int, network: str, precision: str, checkpoint_px: int, steps: int
) -> dict[str, str]:
    """Seconds an evaluation of the loss, and peak memory in GiB of this process."""
    quieten()
    tune_allocator()
    config = compose(
        "task=gatys",
        "content_size=exact",
        f"content_size.height={size}",
        f"content_size.width={size}",
        "style_size.px=512",
        *NETWORKS[network],
        f"precision={precision}",
        f"checkpoint_px={checkpoint_px}",
        f"trainer.max_steps={steps}",
        "callbacks=none",
        "logger=none",
        f"run.dir={tempfile.mkdtemp(dir='.')}",
    )
    config = prepare(config)
    parts = build(config)
    clock = Clock()
    parts.trainer.callbacks.append(clock)
    parts.trainer.fit(parts.task, parts.data)
    seconds = (clock.ended - clock.began) / parts.task.evaluations
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    (optimizer,) = parts.trainer.optimizers
    history = max(0, optimizer.param_groups[0].get("history_size", 0) - steps)
    to_come = history * 2 * parts.task.net.pixels.nbytes / 2**30
    return {
        "optimiser": type(optimizer).__name__,
        "features": "computed twice" if size > checkpoint_px else "kept",
        "seconds_an_evaluation": f"{seconds:.2f}",
        "peak_gib": f"{peak:.2f}",
        "history_to_come_gib": f"{to_come:.2f}",
    }


def measured(
    size: int, network: str, precision: str, checkpoint_px: int, steps: int
) -> dict[str, str]:
    """`measure`, in a fresh process: peak memory is of all that a process ever did."""
    asked = [str(size), network, precision, str(checkpoint_px), str(steps)]
    command = [sys.executable, str(Path(__file__).absolute()), "--one", *asked]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=True, cwd=folder
        )
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure each size, network and precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    words = "size network precision checkpoint_px steps: only this, here"
    parser.add_argument("--one", nargs=5, help=words)
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--checkpoint-px", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/gatys_memory.csv")
    arguments = parser.parse_args()
    if arguments.one:
        size, network, precision, checkpoint_px, steps = arguments.one
        print(json.dumps(measure(int(size), network, precision, int(checkpoint_px), int(steps))))
        return
    rows = []
    for size in arguments.sizes:
        for network in NETWORKS:
            for precision in PRECISIONS:
                limits = (arguments.checkpoint_px, arguments.steps)
                found = measured(size, network, precision, *limits)
                rows.append({"px": str(size), "network": network, "precision": precision} | found)
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
