"""What a loss network costs a training step: ``python benchmarks/loss_networks.py``.

Our step with the half-width net, batch 4, 256 px, under each loss network with random weights
(speed does not depend on them), with the default losses and layers. They take turns.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback
from side_by_side import Turns, median, race, report
from train_step import BATCH, ROOT, TURN, Clock, parts_of

from stylenet.run.training import quieten
from stylenet.runners.speed import cpu_has_bf16, tune_allocator

WIDTH = 0.5
NETWORKS = ("vgg16", "vgg19", "squeezenet1_0", "compact_vgg")


def step(turns: Turns, network: str, steps: int, size: int, compiled: bool, precision: str) -> None:
    """A contender: ``train.py``'s training with ``loss_network=<network>``."""
    quieten()
    tune_allocator()
    parts = parts_of(WIDTH, steps, size, compiled, precision, loss_network=network)
    clock = Clock(turns, steps, judge=lambda content: math.nan, count=False)

    class Watch(Callback):
        def on_train_batch_start(self, *args: Any) -> None:
            clock.before(args[2])

        def on_train_batch_end(self, *args: Any) -> None:
            clock.after()

    parts.trainer.callbacks.append(Watch())  # type: ignore[attr-defined]
    parts.trainer.fit(parts.task, parts.data)


def main() -> None:
    """Run the race and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40, help=f"a multiple of {TURN}")
    parser.add_argument("--size", type=int, default=256, help="pixels")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/loss_networks.csv")
    arguments = parser.parse_args()
    shared = {
        "steps": arguments.steps,
        "size": arguments.size,
        "precision": "bf16-mixed" if cpu_has_bf16() else "32",
    }
    contenders = {
        f"{network}, {how}": (step, shared | {"network": network, "compiled": compiled})
        for network in arguments.networks
        for how, compiled in (("eager", False), ("compiled", True))
    }
    found = race(contenders, arguments.steps // TURN)
    rates = {name: BATCH * TURN / median(turns) for name, turns in found.items()}
    rows = []
    for name, rate in rates.items():
        network, how = name.split(", ")
        reference = rates[f"{arguments.networks[0]}, {how}"]
        rows.append(
            {
                "loss_network": network,
                "how": how,
                "pictures_per_second": f"{rate:.2f}",
                f"times_{arguments.networks[0]}": f"{rate / reference:.2f}",
            }
        )
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
