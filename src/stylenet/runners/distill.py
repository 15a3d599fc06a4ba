"""Runs of ``task=distill``: a loss network of our own."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import safetensors.torch
import torch
from pytorch_lightning import LightningDataModule
from torch import Tensor
from typing_extensions import override

from stylenet.callbacks import LossCurves
from stylenet.config import Settings
from stylenet.data import Augment, CentreSquare, Draw, DrawnPictures, PictureData
from stylenet.errors import StylenetError
from stylenet.files import write_bytes, write_text
from stylenet.loss_networks import Distillation, LossNetwork, Student
from stylenet.loss_networks.rescaling import deviation, mean_activations, rescale, to_half
from stylenet.runners.base import Components, Instantiate, Run, Runner, Say
from stylenet.runners.card import write_card
from stylenet.runners.compiling import compiler_of

log = logging.getLogger(__name__)
TENSORS, FACTS, CARD = "student.safetensors", "student.json", "student.md"
MEASURED = 1024  # training squares that the teacher's statistics are taken from
RESCALED = 512  # training photographs over which a channel's mean becomes 1


class DistillRunner(Runner):
    """The result is ``student.safetensors``, which a loss network loads, with a card."""

    results = FACTS
    artifact = (TENSORS, FACTS, CARD)
    paths = (*Runner.paths, "teacher.weights.path", "student.weights.path")
    built = (*Runner.built, "teacher.network", "student.net")
    kinds: ClassVar[Mapping[str, Any]] = {
        **Runner.kinds,
        "teacher": Mapping,
        "teacher.pairs": Mapping[str, str],
        "student": Mapping,
        "card": Mapping,
    }

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """What belongs to styles is refused.

        Raises:
            StylenetError: a setting that has no meaning here, or a length that is not known.
        """
        if config.style is not None:
            raise StylenetError(
                f"Got style={config.style}, but task=distill trains on data.", "Leave it out."
            )
        if config.loss is not None:
            raise StylenetError(
                f"Got loss settings {', '.join(config.loss)} for task=distill, whose loss is the "
                "teacher's features.",
                "Leave out loss/laplacian and the like.",
            )
        if config.trainer.max_steps < 1:
            raise StylenetError(
                f"Got trainer.max_epochs={config.trainer.max_epochs} without a number of steps, "
                "which the learning rate follows.",
                "Set trainer.max_steps.",
            )

    @override
    def build(self, config: Settings, instantiate: Instantiate, say: Say) -> Components:
        """The student, its teacher, what the teacher makes of the training images."""
        teacher: LossNetwork = instantiate(config.teacher.network)
        student: Student = instantiate(config.student.net)
        data: LightningDataModule = instantiate(config.data)
        if not isinstance(data, PictureData):
            raise StylenetError(
                f"Got data of {type(data).__name__}, but task=distill trains on pictures.",
                "Use data=folders data.roots=[<folder>].",
            )
        layout = torch.channels_last if config.channels_last else torch.contiguous_format
        student = student.to(memory_format=layout)
        teacher = teacher.to(memory_format=layout)
        distillation: Distillation = instantiate(config.distillation)(
            student=student, teacher=teacher, pairs=dict(config.teacher.pairs)
        )
        if distillation.head is None and config.distillation.logit_weight > 0:
            say(f"no logits: {teacher.weights_source} has no classifier for any size")
        if config.resume is None:  # else they come with the checkpoint
            means = mean_activations(student, _photographs(data))
            revived = student.revive(means, config.seed)
            if revived:
                say(f"{revived} dead channels of the first student get new filters")
            distillation.fit(student, _training_squares(data))
        distillation = distillation.to(memory_format=layout)
        if config.precision == "bf16-mixed":
            teacher.lower(torch.bfloat16)
        task = instantiate(config.task, _partial_=True)(
            student=student,
            distillation=distillation,
            optimizer=instantiate(config.optimizer),
            scheduler=instantiate(config.scheduler) if config.scheduler else None,
            compiler=compiler_of(config, say),
        )
        return Components((), task, data)

    @override
    def start(self, run: Run) -> None:
        task = run.task
        parameters = sum(p.numel() for p in task.net.parameters())
        log.info("teacher %s, %s", task.distillation.teacher.name, _source(task))
        for mine, theirs in task.distillation.pairs.items():
            log.info("  %s learns %s", mine, theirs)
        log.info("student %s, %.2f million parameters", task.net.name, parameters / 1e6)
        log.info("  begins as %s", task.net.weights_source)
        log.info("run %s", run.folder)

    @override
    def save_results(self, run: Run, *, finished: bool) -> Mapping[str, float]:
        """Rescale the student's channels, write it with its card."""
        metrics = _validated(run) if finished else {}
        if not run.trainer.is_global_zero:
            return metrics
        config, folder, student = run.config, run.folder, run.task.net
        assert isinstance(student, Student)
        assert isinstance(run.data, PictureData)
        layers = dict(student.layers.items())
        tensors, factors = rescale(
            layers, student.tensors(), mean_activations(student, _photographs(run.data))
        )
        dead = {name: int((f == 1).sum()) for name, f in factors.items() if (f == 1).any()}
        half = to_half(tensors)
        scaled = copy.deepcopy(student)
        scaled.layers.load_state_dict(tensors)
        lost = deviation(scaled, half, next(_photographs(run.data)))
        content = safetensors.torch.save(half)
        write_bytes(folder / TENSORS, content)
        facts: dict[str, Any] = {
            "steps": run.trainer.global_step,
            "finished": finished,
            "seed": config.seed,
            # of when this process began: the code that ran
            "commit": run.metadata["commit"],
            "teacher": f"{run.task.distillation.teacher.name}, {_source(run.task)}",
            "pairs": dict(run.task.distillation.pairs),
            "begun_as": student.weights_source,
            "widths": [list(map(int, block)) for block in config.student.net.widths],
            "dead_channels": dead,
            "lost_to_float16": lost,
            "validation": metrics,
        }
        write_text(folder / FACTS, json.dumps(facts, indent=2) + "\n")
        write_card(folder / CARD, config, facts, content)
        log.info("float16 changes features by %.2g at most", lost)
        for name, count in dead.items():
            log.info("%d dead channels of %s are left as they are", count, name)
        curves = run.callback(LossCurves)
        if curves is not None:
            log.info("curves    %s", run.relative(curves.figure))
        log.info("student   %s", TENSORS)
        log.info("card      %s", CARD)
        return metrics


def _source(task: Any) -> str:
    return str(task.distillation.teacher.weights_source)


def _training_squares(data: PictureData) -> Iterator[Tensor]:
    """The first squares of the run: a function of its seed."""
    picks = data.order(data.train_pictures()).picks(0)[:MEASURED].tolist()
    draws = [Draw(0, index, picture) for index, picture in enumerate(picks)]
    return _batches(data, data.augment, data.size, draws)


def _photographs(data: PictureData) -> Iterator[Tensor]:
    """Middle squares of training images, each image once, at the size of validation."""
    pictures = data.train_pictures()
    numbers = {pictures.name(number): number for number in range(len(pictures))}.values()
    draws = [Draw(0, 0, n) for n in list(numbers)[:: max(1, len(numbers) // RESCALED)]]
    return _batches(data, CentreSquare(), data.val_size, draws)


def _batches(
    data: PictureData, augment: Augment, size: int, draws: Sequence[Draw]
) -> Iterator[Tensor]:
    pictures = data.train_pictures()
    squares = DrawnPictures(pictures, augment, size=size, seed=data.seed, attempts=len(pictures))
    for first in range(0, len(draws), data.batch_size):
        made = [squares[draw].pixels for draw in draws[first : first + data.batch_size]]
        yield torch.stack([pixels for pixels in made if pixels is not None])


def _validated(run: Run) -> dict[str, float]:
    """Validate the finished student, unless its last step was, and give its figures."""
    if run.task.validated_at != run.trainer.global_step:
        run.trainer.validate(run.task, run.data, verbose=False)
    metrics = run.trainer.callback_metrics
    return {k: float(v) for k, v in metrics.items() if k.startswith("val/")}
