"""One evaluation of the optimisation baseline: ``python benchmarks/gatys.py``.

Ours is what ``train.py task=gatys`` runs; the other is a loop in the manner of the PyTorch tutorial
"Neural transfer using PyTorch": float32, contiguous, eager. VGG-19 with random weights, style
relu1_1 to relu5_1, content relu4_2, from the content picture. Both take turns of `TURN` evaluations
or a little more; after `--evaluations` of them the pictures are judged by the plain loop's formula
in float32. How far they may differ by chance is what the control shows: the tutorial's loop from a
picture that differs by a millionth. Peak memory is that of the whole process, torch and all.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plain
import torch
from pytorch_lightning import Callback
from side_by_side import Turns, race, report
from torch import Tensor, nn

from stylenet import compose
from stylenet.loss_networks.network import vgg19
from stylenet.loss_networks.weights import RandomWeights
from stylenet.run.building import build
from stylenet.run.preparing import prepare
from stylenet.run.training import quieten
from stylenet.runners import Run
from stylenet.runners.speed import cpu_has_bf16, tune_allocator

ROOT = Path(__file__).parents[1]
CONTENT = "relu4_2"
STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
STYLE_WEIGHT = 1000.0
TURN = 10
LBFGS = "lbfgs_fixed"  # as the tutorial's


def parts_of(size: int, optimizer: str, precision: str) -> Run:
    """What ``train.py`` builds."""
    config = compose(
        "task=gatys",
        f"optimizer={optimizer}",
        "loss_network=vgg19",
        "loss_network/weights=random",
        "content_size=exact",
        f"content_size.height={size}",
        f"content_size.width={size}",
        f"style_size.px={size}",
        "loss/convention=johnson2016",
        "loss_network/padding=zeros",
        f"loss.content_layers=[{CONTENT}]",
        f"loss.style_layers=[{','.join(STYLE)}]",
        f"loss.style_weight={STYLE_WEIGHT}",
        "loss.content_weight=1",
        "loss.tv_weight=0",
        "loss.range_weight=0",
        "trainer.max_steps=100000",
        f"precision={precision}",
        "callbacks=none",
        "logger=none",
        f"run.dir={tempfile.mkdtemp(dir='.')}",
    )
    return build(prepare(config))


class PlainLoss:
    """The tutorial's losses, under this project's normalisation; targets are computed once."""

    def __init__(self, content: Tensor, style: Tensor) -> None:
        network = vgg19(RandomWeights(seed=0))
        depth = network.layer_names.index(STYLE[-1]) + 1
        self.layers = dict(list(network.layers.items())[:depth])
        with torch.no_grad():
            self.content = self.features(content)[CONTENT]
            self.grams = {k: plain.gram(v) for k, v in self.features(style).items() if k in STYLE}

    def features(self, image: Tensor) -> dict[str, Tensor]:
        mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
        deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
        x = (image - mean) / deviation
        found = {}
        for name, layer in self.layers.items():
            x = torch.relu(x) if isinstance(layer, nn.ReLU) else layer(x)
            if name in (*STYLE, CONTENT):
                found[name] = x
        return found

    def __call__(self, image: Tensor) -> Tensor:
        features = self.features(image)
        total = nn.functional.mse_loss(features[CONTENT], self.content)
        for name in STYLE:
            total = (
                total + STYLE_WEIGHT * (plain.gram(features[name]) - self.grams[name]).pow(2).sum()
            )
        return total


def judged(loss: PlainLoss, picture: Tensor) -> dict[str, float]:
    """What a contender hands in with a turn."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        return {"loss": float(loss(picture)), "peak_gib": peak}


def ours(turns: Turns, size: int, optimizer: str, precision: str) -> None:
    """A contender: ``train.py task=gatys``."""
    quieten()
    tune_allocator()
    parts = parts_of(size, optimizer, precision)
    task = parts.task
    loss = PlainLoss(task.stages[-1].content, task.style)

    class Watch(Callback):
        begun = 0

        def on_train_batch_start(self, *args: Any) -> None:
            if task.evaluations == self.begun:
                turns.begin()

        def on_train_batch_end(self, *args: Any) -> None:
            done = task.evaluations - self.begun
            if done >= TURN:
                turns.end({"evaluations": done})
                turns.begin()
                turns.end(judged(loss, task.unfinished()))
                self.begun = task.evaluations

    parts.trainer.callbacks.append(Watch())  # type: ignore[attr-defined]
    parts.trainer.fit(task, parts.data)


def tutorial(turns: Turns, size: int, optimizer: str, perturbation: float = 0.0) -> None:
    """A contender: the tutorial's loop; its L-BFGS is torch's, without a line search."""
    task = parts_of(size, LBFGS, "32").task
    loss = PlainLoss(task.stages[-1].content, task.style)
    start = task.stages[-1].content
    noise = torch.randn(start.shape, generator=torch.Generator().manual_seed(1))
    picture = (start * (1 + perturbation * noise)).requires_grad_()
    optimiser: torch.optim.Optimizer
    if optimizer == LBFGS:
        optimiser = torch.optim.LBFGS([picture])
    else:  # conf/optimizer/adam_pixels.yaml
        optimiser = torch.optim.Adam([picture], lr=0.02, betas=(0.9, 0.99))
    count = 0

    def closure() -> Tensor:
        nonlocal count
        if count % TURN == 0:
            turns.begin()
        optimiser.zero_grad()
        total = loss(picture)
        total.backward()
        count += 1
        if optimizer == LBFGS:  # whose step is twenty evaluations
            hand_in()
        return total

    def hand_in() -> None:
        if count % TURN == 0:
            turns.end({"evaluations": TURN})
            turns.begin()
            turns.end(judged(loss, picture))

    while True:
        optimiser.step(closure)
        if optimizer != LBFGS:
            hand_in()


def results(turns: list[tuple[float, Any]], evaluations: int) -> Iterator[tuple[float, int, Any]]:
    """Seconds an evaluation, evaluations so far, what was judged: of each turn."""
    total = 0
    for (seconds, work), (_, verdict) in zip(turns[::2], turns[1::2], strict=True):
        total += work["evaluations"]
        if total - work["evaluations"] < evaluations:
            yield seconds / work["evaluations"], total, verdict


def main() -> None:
    """Run the races and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--evaluations", type=int, default=100)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/gatys.csv")
    arguments = parser.parse_args()
    precisions = ["32", "bf16-mixed"] if cpu_has_bf16() else ["32"]
    rows = []
    for size in arguments.sizes:
        for optimizer in (LBFGS, "adam_pixels"):
            shared = {"size": size, "optimizer": optimizer}
            contenders: dict[str, Any] = {"tutorial": (tutorial, shared)}
            contenders["control"] = (tutorial, shared | {"perturbation": 1e-6})
            for precision in precisions:
                contenders[f"ours, {precision}"] = (ours, shared | {"precision": precision})
            found = race(contenders, 2 * -(-arguments.evaluations // TURN))
            reference: dict[str, float] = {}
            for name, turns in found.items():
                seen = list(results(turns, arguments.evaluations))
                seconds = sorted(s for s, _, _ in seen[1:] or seen)
                middle = seconds[len(seconds) // 2]
                verdict = seen[-1][2]
                reference = reference or {"seconds": middle, "loss": verdict["loss"]}
                rows.append(
                    {
                        "px": str(size),
                        "optimizer": optimizer,
                        "contender": name,
                        "ms_per_evaluation": f"{1000 * middle:.0f}",
                        "of_tutorial": f"{middle / reference['seconds']:.2f}",
                        "evaluations": str(seen[-1][1]),
                        "loss_fp32": f"{verdict['loss']:.4f}",
                        "against_tutorial": f"{verdict['loss'] / reference['loss'] - 1:+.1%}",
                        "peak_gib": f"{verdict['peak_gib']:.2f}",
                    }
                )
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
