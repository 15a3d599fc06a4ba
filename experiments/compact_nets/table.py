"""The study's table: ``python experiments/compact_nets/table.py runs/compact_nets``.

Of every net of every seed whose run is finished: parameters, multiply-adds, milliseconds an image
(eager, compiled, OpenVINO), peak memory, training images a second, losses, the judge's distances;
and a sheet of what those of the first seed paint. Times are the processor's, medians of turns that
the nets take one after the other; nets of one architecture take one turn, and have one time. A
training step is that of the loss network's features alone; of a distilled net, with its teacher.
``--without`` leaves out what takes long: ``compiled``, ``training``, ``memory``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from stylenet.apply import Model, Stylizer, load_model
from stylenet.apply.backends import Compiled, Eager, OpenVino
from stylenet.files import write_csv
from stylenet.images import LongerSide, contact_sheet, read_image, sample_photographs, write_image
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import Bundled
from stylenet.runners.speed import cpu_has_bf16

HERE = Path(__file__).parent
FINISHED = "metrics.json"
NETS = ("half", "quarter", "quarter_distilled", "mobile", "mobile_distilled", "thin", "pruned")
NETS += ("pruned_shipped",)
# the runs whose steps a net has had, where they are several
STAGES = {
    "pruned": ("whole", "pruned_1", "pruned_2", "pruned"),
    "pruned_shipped": ("pruned_shipped_1", "pruned_shipped_2", "pruned_shipped"),
}
TEACHER = "udnie"
BACKENDS = {"eager": Eager(), "compiled": Compiled(), "openvino": OpenVino()}
FIGURES = {
    "content": "val/loss/content",
    "style": "val/loss/style",
    "judge_content": "val/metric/judge/content",
    "judge_style": "val/metric/judge/style",
}
SHOWN = ("chelsea", "rocket")  # of the photographs that nobody was trained on
# the memory that painting takes beyond what is there before, in KiB; what getrusage says begins
# with that of the process that started this one
PEAK = """
import re, sys, torch
from pathlib import Path
from stylenet.apply import Stylizer, load_model
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
stylizer = Stylizer(load_model(sys.argv[1]))
stylizer.paint(torch.rand(3, 64, 64))
before = peak()
stylizer.paint(torch.rand(3, int(sys.argv[2]), int(sys.argv[2])))
print(peak() - before)
"""


def multiply_adds(model: Model) -> float:
    """Multiplications of what is computed for a pixel, counted by torch."""
    side = 128
    with FlopCounterMode(display=False) as counter:
        model.net(torch.zeros(1, 3, side, side))
    return float(counter.get_total_flops()) / 2 / side**2


def peak_mib(folder: Path, px: int) -> float:
    """Memory of painting an image of ``px`` pixels a side, in a process of its own."""
    command = [sys.executable, "-c", PEAK, str(folder), str(px)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return int(done.stdout) / 1024


def medians(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each, taking turns, after a first turn that is left out."""
    spent: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds + 1):
        for name, act in work.items():
            start = time.process_time()
            act()
            if number:
                spent[name].append(time.process_time() - start)
    return {name: statistics.median(own) for name, own in spent.items()}


def painting(models: dict[str, Model], backend: str, px: int) -> dict[str, Callable[[], object]]:
    """One image by each net."""
    image = torch.rand(1, 3, px, px, generator=torch.Generator().manual_seed(0))
    runs = {n: BACKENDS[backend].runner(m, torch.device("cpu")) for n, m in models.items()}

    def paint(name: str) -> Tensor:
        with torch.inference_mode():
            return runs[name](image, None)

    return {name: lambda name=name: paint(name) for name in runs}  # type: ignore[misc]


def training(models: dict[str, Model], teacher: Model | None) -> dict[str, Callable[[], object]]:
    """A step of each net on four squares under the loss network's features."""
    network = compact_vgg(weights=Bundled())
    squares = torch.rand(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    layers = ["relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_1"]

    def step(model: Model) -> None:
        net = model.net.requires_grad_(True)
        with torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bf16()):
            if teacher is not None:
                with torch.no_grad():
                    teacher.net(squares)
            features = network(net(squares), layers)
        torch.stack([f.float().square().mean() for f in features.values()]).sum().backward()
        for parameter in net.parameters():
            parameter.grad = None
        net.requires_grad_(False)

    return {name: lambda model=model: step(model) for name, model in models.items()}  # type: ignore[misc]


def finished(runs: Path) -> dict[str, dict[str, Path]]:
    """The folders of the nets that were trained to their end, by seed and name."""
    found = {
        seed.name: {n: seed / n for n in NETS if (seed / n / FINISHED).is_file()}
        for seed in sorted(runs.iterdir())
    }
    return {seed: nets for seed, nets in found.items() if nets}


def rows_of(runs: Path, px: int, rounds: int, without: Sequence[str]) -> list[dict[str, str]]:
    """A row for each net of each seed."""
    folders = {
        (seed, name): folder
        for seed, nets in finished(runs).items()
        for name, folder in nets.items()
    }
    models = {key: load_model(folder) for key, folder in folders.items()}
    kinds = {key: json.dumps(m.description["architecture"]) for key, m in models.items()}
    alike = {kinds[key]: model for key, model in models.items()}
    times = {
        backend: medians(painting(alike, backend, px), rounds)
        for backend in BACKENDS
        if backend not in without
    }
    memory: dict[str, float] = {}
    steps: dict[bool, dict[str, float]] = {}
    if "memory" not in without:
        one_of = {kinds[key]: folder for key, folder in folders.items()}
        memory = {kind: peak_mib(folder, px) for kind, folder in one_of.items()}
    if "training" not in without:
        steps[False] = medians(training(alike, None), rounds)
        taught = {kinds[key]: models[key] for key in models if is_distilled(key[1])}
        if taught:
            steps[True] = medians(training(taught, load_model(TEACHER)), rounds)
    rows = []
    for (seed, name), model in models.items():
        figures = json.loads((folders[seed, name] / FINISHED).read_text())
        kind = kinds[seed, name]
        row = {
            "seed": seed,
            "net": name,
            "steps": str(sum(steps_of(runs / seed / run) for run in STAGES.get(name, (name,)))),
            "parameters": str(sum(p.numel() for p in model.net.parameters())),
            "multiply_adds_a_pixel": f"{multiply_adds(model):.0f}",
            **{f"ms_{backend}": f"{1000 * own[kind]:.0f}" for backend, own in times.items()},
        }
        if memory:
            row["peak_mib"] = f"{memory[kind]:.0f}"
        if steps:
            row["training_images_a_second"] = f"{4 / steps[is_distilled(name)][kind]:.1f}"
        rows.append(row | {key: f"{figures[figure]:.3f}" for key, figure in FIGURES.items()})
    return rows


def is_distilled(name: str) -> bool:
    """Whether the net of this name had a teacher."""
    return name.endswith("_distilled")


def steps_of(run: Path) -> int:
    """How many steps the run took."""
    return int(json.loads((run / FINISHED).read_text())["steps"])


def sheet(runs: Path) -> Tensor:
    """The photographs, and what each net of the first seed makes of them."""
    nets = next(iter(finished(runs).values()))
    stylizers = [Stylizer(load_model(folder)) for folder in nets.values()]
    table = []
    for photograph in SHOWN:
        image = LongerSide(256)(read_image(sample_photographs()[photograph]))
        table.append([image, *(stylizer.paint(image) for stylizer in stylizers)])
    return contact_sheet(table, column_titles=["content", *nets], cell=180)


def main() -> None:
    """Measure, print, write ``results.csv`` and ``sheet.jpg``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--px", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--without", nargs="+", default=[], choices=[*BACKENDS, "training", "memory"]
    )
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    rows = rows_of(given.runs, given.px, given.rounds, given.without)
    write_csv(given.out / "results.csv", rows)
    print((given.out / "results.csv").read_text())
    write_image(given.out / "sheet.jpg", sheet(given.runs))


if __name__ == "__main__":
    main()
