"""Memory and time of an optimised picture as it grows: ``python benchmarks/gatys_memory.py``.

Three steps of Adam (``train.py task=gatys optimizer=adam_pixels``) at each size and loss network,
with features kept and, as is done above ``checkpoint_px``, computed twice; each in a fresh process.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hydra import compose, initialize_config_dir
from side_by_side import table

from stylenet.run.building import build
from stylenet.run.kinds import kind_of
from stylenet.run.launch import register
from stylenet.run.preparing import prepare
from stylenet.run.speed import tune_allocator
from stylenet.run.training import quieten

ROOT = Path(__file__).parents[1]
NETWORKS = {
    "compact_vgg": ["loss_network=compact_vgg"],
    "vgg19": ["loss_network=vgg19", "loss_network/weights=random"],
}
HOW = {"kept": 1_000_000, "computed twice": 0}


def measure(size: int, network: str, checkpoint_px: int) -> tuple[float, float]:
    """Seconds a step and peak memory in GiB of this process."""
    quieten()
    tune_allocator()
    register()
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = compose(
            "train",
            [
                "task=gatys",
                "optimizer=adam_pixels",
                *NETWORKS[network],
                "content_size=exact",
                f"content_size.height={size}",
                f"content_size.width={size}",
                "style_size.px=512",
                f"checkpoint_px={checkpoint_px}",
                "trainer.max_steps=3",
                "callbacks=none",
                "logger=none",
                f"run.dir={tempfile.mkdtemp()}",
            ],
        )
    config = prepare(config)
    parts = build(config, kind_of(config).make)
    start = time.perf_counter()
    parts.trainer.fit(parts.task, parts.data)
    seconds = (time.perf_counter() - start) / 3
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measured(size: int, network: str, checkpoint_px: int) -> tuple[float, float]:
    """`measure`, in a fresh process: peak memory is of all that a process ever did."""
    command = [sys.executable, __file__, "--one", str(size), network, str(checkpoint_px)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    seconds, memory = done.stdout.split()[-2:]
    return float(seconds), float(memory)


def main() -> None:
    """Measure each size, network and way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=3, help="size network checkpoint_px: only this, here")
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/gatys_memory.csv")
    arguments = parser.parse_args()
    if arguments.one:
        size, network, checkpoint_px = arguments.one
        print(*measure(int(size), network, int(checkpoint_px)))
        return
    rows = []
    for size in arguments.sizes:
        for network in NETWORKS:
            for how, checkpoint_px in HOW.items():
                if how == "kept" and size > 1024:
                    continue  # more memory than the machines this is for have
                seconds, memory = measured(size, network, checkpoint_px)
                found = {"seconds_a_step": f"{seconds:.2f}", "peak_gib": f"{memory:.2f}"}
                rows.append({"px": str(size), "network": network, "features": how} | found)
    print(table(list(rows[0]), [list(row.values()) for row in rows]))
    arguments.out.parent.mkdir(exist_ok=True)
    with arguments.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
