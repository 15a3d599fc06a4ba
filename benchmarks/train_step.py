"""Our training step against the public examples': ``python benchmarks/train_step.py``.

Same net, same VGG-16 with random weights (speed does not depend on them), same seed and
pictures, batch 4, 256 px. The plain loop is `plain`; ours is what ``train.py`` runs, Trainer,
loader and logging included, without and with ``compile``. They take turns. The losses of the last
fifth of the steps are computed for all by the plain loop's own formula in float32. How far they
may differ by chance is what the control shows: the plain loop from weights that differ by a
millionth. (The style weight is small for that reason: with 5 the control is off by a tenth.)
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import ceilings
import plain
import torch
from pytorch_lightning import Callback, LightningDataModule
from side_by_side import Turns, median, race, report
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from stylenet import compose
from stylenet.loss_networks.network import vgg16
from stylenet.loss_networks.weights import RandomWeights
from stylenet.run.building import build
from stylenet.run.preparing import prepare
from stylenet.run.training import quieten
from stylenet.runners import Run
from stylenet.runners.speed import cpu_has_bf16, tune_allocator

ROOT = Path(__file__).parents[1]
BATCH = 4
TURN = 5  # steps
WIDTHS = {"full": 1.0, "half": 0.5}
STYLE_WEIGHT = 0.2


def as_the_example(style_weight: float = STYLE_WEIGHT) -> list[str]:
    """The example's losses: not normalised, at one size, up to the border."""
    return [
        "loss/convention=johnson2016",
        "loss_network/padding=zeros",
        f"loss.content_layers=[{plain.CONTENT}]",
        f"loss.style_layers=[{','.join(plain.STYLE)}]",
        f"loss.style_weight={style_weight}",
        "loss.tv_weight=1e-6",
    ]


def parts_of(
    width: float,
    steps: int,
    size: int,
    compiled: bool,
    precision: str,
    losses: Sequence[str] = (),
    loss_network: str = "vgg16",
) -> Run:
    """What ``train.py`` builds: with its default losses, or as ``losses`` say."""
    config = compose(
        "net=johnson",
        "net/upsample=nearest",  # the examples'
        f"net.width={width}",
        f"loss_network={loss_network}",
        "loss_network/weights=random",
        *losses,
        "task.content_start=1",  # the examples'
        f"data.batch_size={BATCH}",
        f"data.size={size}",
        f"style_size.px={size}",
        f"trainer.max_steps={steps}",
        f"compile={compiled}",
        f"precision={precision}",
        "callbacks=none",
        "logger=none",
        f"run.dir={tempfile.mkdtemp(dir='.')}",
        "trainer.val_check_interval=1000000",
    )
    return build(prepare(config))


def judge_of(parts: Run) -> plain.PlainLoss:
    """The plain loss on a loss network of its own, in float32, with the run's weights."""
    network = vgg16(RandomWeights(seed=0))
    layers = dict(list(network.layers.items())[: network.layer_names.index("relu4_3") + 1])
    weights = [parts.task.loss.terms[name].weight for name in ("content", "style", "tv")]
    return plain.PlainLoss(layers, parts.task.style, (weights[0], weights[1], weights[2]))


class Clock:
    """Takes turns of `TURN` steps; judges the last fifth of them; counts the work of the first."""

    def __init__(self, turns: Turns, steps: int, judge: Callable[[Tensor], float], count: bool):
        self.turns = turns
        self.steps = steps
        self.judge = judge
        self.counting = FlopCounterMode(display=False) if count else None
        self.step = 0
        self._stack = ExitStack()

    def before(self, content: Tensor) -> None:
        if self.step % TURN == 0:
            self.turns.begin()
            self.idle, self.losses = 0.0, []
        start = time.perf_counter()
        if self.step >= self.steps * 4 // 5:
            self.losses.append(self.judge(content))
        self.idle += time.perf_counter() - start
        if self.step == 0 and self.counting:
            self._stack.enter_context(self.counting)

    def after(self) -> None:
        self._stack.close()
        self.step += 1
        if self.step % TURN == 0:
            work = self.counting.get_total_flops() if self.counting else None
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            self.turns.end({"losses": self.losses, "work": work, "mib": most}, self.idle)


def ours(
    turns: Turns,
    width: float,
    steps: int,
    size: int,
    compiled: bool,
    precision: str,
    style_weight: float = STYLE_WEIGHT,
) -> None:
    """A contender: ``train.py``'s training."""
    quieten()
    tune_allocator()
    parts = parts_of(width, steps, size, compiled, precision, as_the_example(style_weight))
    loss, net = judge_of(parts), parts.task.net

    @torch.no_grad()
    def judge(content: Tensor) -> float:
        with torch.autocast("cpu", enabled=False):
            return float(loss(net(content), content))

    clock = Clock(turns, steps, judge, count=not compiled)

    class Watch(Callback):
        def on_train_batch_start(self, *args: Any) -> None:
            clock.before(args[2])

        def on_train_batch_end(self, *args: Any) -> None:
            clock.after()

    parts.trainer.callbacks.append(Watch())  # type: ignore[attr-defined]
    parts.trainer.fit(parts.task, parts.data)


def examples(
    turns: Turns,
    width: float,
    steps: int,
    size: int,
    perturbation: float = 0.0,
    style_weight: float = STYLE_WEIGHT,
) -> None:
    """A contender: the loop of the public examples, on the same pictures and first weights."""
    parts = parts_of(width, steps, size, False, "32", as_the_example(style_weight))
    loss, net = judge_of(parts), plain.transformer_net(width)
    chance = torch.Generator().manual_seed(1)
    for own, given in zip(net.parameters(), parts.task.net.parameters(), strict=True):
        noise = torch.randn(given.shape, generator=chance)
        own.data.copy_(given.data * (1 + perturbation * noise))
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)

    @torch.no_grad()
    def judge(content: Tensor) -> float:
        return float(loss(plain.paint(net, content), content))

    clock = Clock(turns, steps, judge, count=True)
    for content in batches(parts.data, steps):
        clock.before(content)
        optimizer.zero_grad()
        total = loss(plain.paint(net, content), content)
        total.backward()
        optimizer.step()
        total.item()
        clock.after()


def batches(data: LightningDataModule, steps: int) -> Any:
    """The first ``steps`` batches that a trainer would see."""
    loader = data.train_dataloader()
    while True:
        for batch in loader:
            yield batch
            steps -= 1
            if steps == 0:
                return


def main() -> None:
    """Run the race and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100, help=f"a multiple of {TURN}")
    parser.add_argument("--size", type=int, default=256, help="pixels")
    parser.add_argument("--style-weight", type=float, default=STYLE_WEIGHT)
    parser.add_argument(
        "--precision",
        default="bf16-mixed" if cpu_has_bf16() else "32",
        help="of ours; 32: as where the processor has no bf16",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/train_step.csv")
    arguments = parser.parse_args()
    precision = arguments.precision
    shared = {name: getattr(arguments, name) for name in ("steps", "size", "style_weight")}
    contenders: dict[str, Any] = {}
    for name, width in WIDTHS.items():
        contenders[f"examples, {name}"] = (examples, shared | {"width": width})
        control = {"width": width, "perturbation": 1e-6}
        contenders[f"control, {name}"] = (examples, shared | control)
        for how, compiled in (("eager", False), ("compiled", True)):
            more = {"width": width, "compiled": compiled, "precision": precision}
            contenders[f"ours, {name}, {how}"] = (ours, shared | more)
    found = race(contenders, arguments.steps // TURN)

    best = {
        "32": ceilings.convolution(torch.float32),
        precision: ceilings.convolution(torch.bfloat16 if "bf" in precision else torch.float32),
    }
    reference = BATCH * TURN / median(found["examples, full"])
    rows = []
    for name, turns in found.items():
        width = name.split(", ")[1]
        rate = BATCH * TURN / median(turns)
        last = [loss for _, more in turns for loss in more["losses"]]
        plain_last = [x for _, more in found[f"examples, {width}"] for x in more["losses"]]
        counted = found[name.replace("compiled", "eager")][0][1]["work"]
        used = precision if name.startswith("ours") else "32"
        rows.append(
            {
                "contender": name,
                "precision": used,
                "pictures_per_second": f"{rate:.2f}",
                "times_examples_full": f"{rate / reference:.2f}",
                "gflop_per_step": f"{counted / 1e9:.0f}",
                "share_of_ceiling": f"{counted / 1e9 * rate / BATCH / best[used]:.2f}",
                "peak_mib": f"{turns[-1][1]['mib']:.0f}",
                "loss_fp32_last_fifth": f"{sum(last) / len(last):.4f}",
                "against_examples": f"{sum(last) / sum(plain_last) - 1:+.2%}",
            }
        )
    report(rows, arguments.out)
    print(", ".join(f"ceiling {k}: {v:.0f} GFLOP/s" for k, v in best.items()))


if __name__ == "__main__":
    main()
