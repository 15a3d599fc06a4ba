"""What many styles in one net cost: ``python benchmarks/styles.py``.

First, a batch of four pictures in four styles: all in one pass against one picture after another,
forward and backward through the net alone (`results/styles_pass.csv`). Then ``train.py
task=multistyle`` as the number of styles grows: milliseconds a step and peak memory, for both kinds
of nets (`results/styles_cost.csv` and a plot). Contenders take turns, in processes of their own.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from pytorch_lightning import Callback
from side_by_side import Turns, median, race, report
from torch import Tensor, nn

from stylenet import compose
from stylenet.images import write_image
from stylenet.nets import (
    ConditionalInstanceNorm,
    InstanceNorm,
    NearestUpsample,
    Padding,
    StyleBank,
    TransformerNet,
)
from stylenet.run.building import build
from stylenet.run.preparing import prepare
from stylenet.run.training import quieten
from stylenet.runners import Run
from stylenet.runners.speed import cpu_has_bf16, tune_allocator

ROOT = Path(__file__).parents[1]
BATCH = 4
PASSES = 3  # in a turn
STEPS = 6  # in a turn: whole rounds of two steps on styles and one of the auto-encoder
STYLES_IN_A_TURN = 2 * STEPS // 3 * BATCH  # a style's first step makes its optimiser state, too
COUNTS = (1, 2, 5, 10, 20, 50)
NETS = {
    "stylebank": ["net=stylebank"],
    "conditional": ["net=johnson", "norm=conditional_instance"],
}


def net_of(kind: str, styles: int, width: float) -> nn.Module:
    """A net of ``styles`` styles with its first weights."""
    torch.manual_seed(0)
    reflect = Padding(0, "reflect", 1)
    if kind == "stylebank":
        return StyleBank(styles, InstanceNorm, reflect, NearestUpsample, width)
    norm = partial(ConditionalInstanceNorm, styles=styles)
    return TransformerNet(norm, reflect, NearestUpsample, width)


def at_once(net: nn.Module, content: Tensor, style: Tensor) -> Tensor:
    """All pictures in one pass."""
    painted: Tensor = net(content, style)
    return painted


def one_by_one(net: nn.Module, content: Tensor, style: Tensor) -> Tensor:
    """The naive loop."""
    pairs = zip(content.split(1), style.split(1), strict=True)
    return torch.cat([net(picture, weights) for picture, weights in pairs])


HOW = {"loop": one_by_one, "one pass": at_once}


def passes(turns: Turns, kind: str, how: str, width: float, size: int, bf16: bool) -> None:
    """A contender: forward and backward through the net, for ever."""
    tune_allocator()
    net = net_of(kind, BATCH, width).to(memory_format=torch.channels_last)
    content = torch.rand(BATCH, 3, size, size, generator=torch.Generator().manual_seed(0))
    style = torch.eye(BATCH)
    while True:
        turns.begin()
        for _ in range(PASSES):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                painted = HOW[how](net, content, style)
            painted.float().square().mean().backward()
        turns.end(painted.detach().float())


def parts_of(kind: str, styles: int, width: float, steps: int, size: int) -> Run:
    """What ``train.py`` builds, for ``styles`` pictures of noise."""
    folder = Path(tempfile.mkdtemp(dir=".")).absolute()
    chance = torch.Generator().manual_seed(0)
    pictures = [folder / f"{number}.png" for number in range(styles)]
    for picture in pictures:
        write_image(picture, torch.rand(3, 64, 64, generator=chance))
    config = compose(
        "task=multistyle",
        *NETS[kind],
        f"style=[{','.join(map(str, pictures))}]",
        f"net.width={width}",
        "style_size.px=64",
        f"data.batch_size={BATCH}",
        f"data.size={size}",
        f"trainer.max_steps={steps}",
        "trainer.val_check_interval=1000000",
        "trainer.accelerator=cpu",
        "callbacks=none",
        "logger=none",
        f"run.dir={folder / 'run'}",
    )
    return build(prepare(config))


def steps(turns: Turns, kind: str, styles: int, width: float, rounds: int, size: int) -> None:
    """A contender: ``train.py``'s training; hands in its peak memory (GiB) and its net's bytes."""
    quieten()
    tune_allocator()
    parts = parts_of(kind, styles, width, rounds * STEPS, size)
    parameters = sum(p.numel() * p.element_size() for p in parts.task.net.parameters())

    class Watch(Callback):
        def on_train_batch_start(self, *args: Any) -> None:
            if args[3] % STEPS == 0:
                turns.begin()

        def on_train_batch_end(self, *args: Any) -> None:
            if args[4] % STEPS == STEPS - 1:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
                turns.end({"peak": peak, "parameters": parameters})

    parts.trainer.callbacks.append(Watch())  # type: ignore[attr-defined]
    parts.trainer.fit(parts.task, parts.data)


def race_passes(width: float, size: int, rounds: int) -> list[dict[str, str]]:
    """The first table; what both ways compute is compared."""
    rows = []
    for kind in NETS:
        shared = {"kind": kind, "width": width, "size": size, "bf16": cpu_has_bf16()}
        found = race({how: (passes, shared | {"how": how}) for how in HOW}, rounds)
        milliseconds = {how: 1000 * median(turns) / PASSES for how, turns in found.items()}
        pictures = [turns[0][1] for turns in found.values()]
        off = float((pictures[0] - pictures[1]).abs().max())
        rows += [
            {
                "net": kind,
                "how": how,
                "milliseconds": f"{value:.1f}",
                "times_loop": f"{milliseconds['loop'] / value:.2f}",
                "largest_difference": f"{off:.1e}",
            }
            for how, value in milliseconds.items()
        ]
    return rows


def race_counts(counts: list[int], width: float, size: int, rounds: int) -> list[dict[str, str]]:
    """The second table."""
    rows = []
    for kind in NETS:
        shared = {"kind": kind, "width": width, "size": size, "rounds": rounds}
        found = race({str(n): (steps, shared | {"styles": n}) for n in counts}, rounds)
        milliseconds = {
            n: 1000 * median(turns, 1 + int(n) // STYLES_IN_A_TURN) / STEPS
            for n, turns in found.items()
        }
        for n, value in milliseconds.items():
            more = found[n][-1][1]
            rows.append(
                {
                    "net": kind,
                    "styles": n,
                    "milliseconds_per_step": f"{value:.1f}",
                    "against_fewest": f"{value / milliseconds[str(counts[0])] - 1:+.1%}",
                    "peak_gib": f"{more['peak']:.3f}",
                    "parameters_mib": f"{more['parameters'] / 2**20:.3f}",
                }
            )
    return rows


def draw(rows: list[dict[str, str]], file: Path) -> None:
    """Time a step and peak memory against the number of styles."""
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for panel, key, label in (
        (panels[0], "milliseconds_per_step", "ms a step"),
        (panels[1], "peak_gib", "peak GiB"),
    ):
        for kind in NETS:
            chosen = [row for row in rows if row["net"] == kind]
            at = [int(row["styles"]) for row in chosen]
            panel.plot(at, [float(row[key]) for row in chosen], "o-", label=kind)
        panel.set_xlabel("styles")
        panel.set_ylabel(label)
        panel.set_ylim(bottom=0)
    panels[0].legend()
    figure.savefig(file, dpi=80)
    plt.close(figure)


def main() -> None:
    """Run the races; write both tables and the plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=float, default=0.5)
    parser.add_argument("--size", type=int, default=256, help="pixels")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results", help="a folder")
    arguments = parser.parse_args()
    shared = (arguments.width, arguments.size, arguments.rounds)
    report(race_passes(*shared), arguments.out / "styles_pass.csv")
    rows = race_counts(arguments.counts, *shared)
    report(rows, arguments.out / "styles_cost.csv")
    draw(rows, arguments.out / "styles_cost.png")


if __name__ == "__main__":
    main()
