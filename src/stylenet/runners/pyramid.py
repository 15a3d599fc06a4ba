"""Runs of ``task=pyramid``: an image painted from the content's Laplacian pyramid is the style."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor
from typing_extensions import override

from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.images import contact_sheet, read_image, resize, write_image
from stylenet.loss_networks import CheckpointedNetwork, LossNetwork
from stylenet.losses import PerceptualLoss, Term
from stylenet.regions import level_pictures
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.pixels import PixelRunner, StagesOf
from stylenet.tasks import FreshStage, Stage

log = logging.getLogger(__name__)
INTERMEDIATE = "intermediate.png"


class PyramidRunner(PixelRunner):
    """Two transfers, one after the other.

    The first one's content term wants the features of another level of the content image's
    Laplacian pyramid at each of its layers: of the finest at the earliest. What it paints,
    ``intermediate.png``, is the style image of the second, an ordinary transfer of the content
    image. The run directory also has the levels, ``level_1.png`` the finest, and ``sheet.png``.
    A run that was interrupted goes on in the transfer that it was in.
    """

    built = (*PixelRunner.built, "pyramid.term")
    kinds: ClassVar[Mapping[str, Any]] = {
        **PixelRunner.kinds,
        "pyramid": Mapping,
        "pyramid.levels": int,
        "pyramid.steps": int,
        "pyramid.layers": Sequence[str],
    }

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """As of one image that is optimised; layers of the levels and steps are filled in.

        Raises:
            StylenetError: a setting that has no meaning, or no steps for one of the transfers.
        """
        super().validate(config, say)
        if lacking := {"content", "style"} - set(config.loss.terms):
            raise StylenetError(
                f"Got a loss without {' and '.join(sorted(lacking))}, expected both: the levels "
                "take the content term's place, the first picture that of the style.",
                "Use loss=optimised.",
            )
        if config.content is None:
            raise StylenetError(
                "Got content=null, but task=pyramid begins with the pyramid of a content picture.",
                "Name one: content=chelsea.",
            )
        if config.get("regions") is not None:
            raise StylenetError(
                "Got regions for task=pyramid, whose second transfer has no map of its style: that "
                "is the picture which the first one painted.",
                "Leave regions out, or use task=gatys.",
            )
        pyramid, steps = config.pyramid, config.trainer.max_steps
        if pyramid.steps is None:
            pyramid.steps = (steps + 1) // 2
        if not 1 <= pyramid.steps < steps:
            raise StylenetError(
                f"Got pyramid.steps={pyramid.steps} of trainer.max_steps={steps} for the first of "
                "two transfers, expected at least one step for each.",
                "Use trainer.max_steps=200 pyramid.steps=100.",
            )
        early = [layer for layer in config.loss_network.style_layers if layer != "pixels"]
        if pyramid.layers is None:
            pyramid.layers = early[: pyramid.levels]
        if pyramid.levels < 2 or len(pyramid.layers) != pyramid.levels:
            raise StylenetError(
                f"Got pyramid.levels={pyramid.levels} for the layers {list(pyramid.layers)}, "
                "expected 2 levels or more and a layer for each, the finest level's first.",
                f"Use 2 to {len(early)} levels with the style layers of the loss network, or name "
                "as many: pyramid.levels=2 'pyramid.layers=[relu1_2,relu3_2]'.",
            )

    @override
    def arrange(
        self, config: Settings, instantiate: Instantiate, stages_of: StagesOf
    ) -> Sequence[Stage]:
        """The stages of the one transfer, then those of the other."""
        steps, rest = config.pyramid.steps, config.trainer.max_steps - config.pyramid.steps
        file = Path(config.run.dir) / INTERMEDIATE
        against = functools.partial(_against_levels, config, instantiate)
        in_style = functools.partial(_in_style_of, config, instantiate, file)
        first = [
            with_losses(stage, functools.partial(against, stage.content))
            for stage in _stages(stages_of, steps, "first")
        ]
        start, *others = [
            with_losses(stage, functools.partial(in_style, stage.size))
            for stage in _stages(stages_of, rest, "second")
        ]
        begin = functools.partial(_begin, config, instantiate, file, start.content)
        fresh = FreshStage(**vars(start), begin=begin)
        return [*first, *(replace(stage, end=steps + stage.end) for stage in (fresh, *others))]

    @override
    def start(self, run: Run) -> None:
        """Also write the levels."""
        super().start(run)
        config = run.config
        levels = _levels(config, run.task.stages[-1].content)
        for number, (layer, level) in enumerate(levels.items(), 1):
            write_image(run.folder / f"level_{number}.png", level)
            log.info("level %d of the pyramid at %s", number, layer)
        steps, rest = config.pyramid.steps, config.trainer.max_steps - config.pyramid.steps
        log.info("%d steps paint the levels, %d more the content in that style", steps, rest)

    @override
    def save_results(self, run: Run, *, finished: bool) -> Mapping[str, float]:
        """Also write ``sheet.png``; of a run that was interrupted, what there is."""
        figures, folder = super().save_results(run, finished=finished), run.folder
        layers = run.config.pyramid.layers
        levels = {f"level_{n}": f"level {n}: {layer}" for n, layer in enumerate(layers, 1)}
        titles = {"content": "content", "style": "style", **levels}
        titles |= {Path(INTERMEDIATE).stem: "from the levels", "result": "in its style"}
        files = {title: folder / f"{name}.png" for name, title in titles.items()}
        pictures = [read_image(file) if file.is_file() else None for file in files.values()]
        write_image(folder / "sheet.png", contact_sheet([pictures], column_titles=list(files)))
        log.info("sheet     sheet.png")
        return figures


def _stages(stages_of: StagesOf, steps: int, which: str) -> list[Stage]:
    try:
        return stages_of(steps)
    except StylenetError as error:
        words = f"The {which} of the two transfers has {steps} steps. {error.problem}"
        raise StylenetError(words, f"{error.remedy} (That is for each transfer.)") from error


def with_losses(stage: Stage, change: Callable[[PerceptualLoss], PerceptualLoss]) -> Stage:
    """``stage`` with its losses changed."""

    def changed(make: Callable[[], PerceptualLoss]) -> PerceptualLoss:
        return change(make())

    return replace(
        stage,
        make_loss=functools.partial(changed, stage.make_loss),
        make_judge=functools.partial(changed, stage.make_judge),
    )


def _levels(config: Settings, content: Tensor) -> Mapping[str, Tensor]:
    """Layer -> its level of the pyramid of ``content`` (1,3,H,W), as an image of that size."""
    array = content[0].permute(1, 2, 0).double().cpu().numpy()
    pictures = level_pictures(array, config.pyramid.levels)
    tensors = [torch.from_numpy(p).permute(2, 0, 1)[None].to(content) for p in pictures]
    return dict(zip(config.pyramid.layers, tensors, strict=True))


def _against_levels(
    config: Settings, instantiate: Instantiate, content: Tensor, loss: PerceptualLoss
) -> PerceptualLoss:
    levels = _levels(config, content)
    term = instantiate(config.pyramid.term)(network=_reader(loss), levels=levels)
    return _with_term(loss, "content", term)


def _in_style_of(
    config: Settings,
    instantiate: Instantiate,
    file: Path,
    size: tuple[int, int],
    loss: PerceptualLoss,
) -> PerceptualLoss:
    style = resize(read_image(file)[None], *size)
    settings: dict[str, Any] = {"network": _reader(loss), "style": style, "style_weights": None}
    return _with_term(loss, "style", instantiate(config.loss.terms.style)(**settings))


def _with_term(loss: PerceptualLoss, name: str, term: Term) -> PerceptualLoss:
    terms: dict[str, Any] = dict(loss.terms.items())
    return PerceptualLoss({**terms, name: term}, loss.network)


def _reader(loss: PerceptualLoss) -> LossNetwork:
    """The network itself: targets are computed without gradient, so nothing is to be saved."""
    network = loss.network
    return network.network if isinstance(network, CheckpointedNetwork) else network


def _begin(
    config: Settings, instantiate: Instantiate, file: Path, content: Tensor, painted: Tensor
) -> Tensor:
    """Keep what the first transfer painted; where the second one starts."""
    write_image(file, painted)
    log.info("from the levels: %s; now in its style", file)
    generator = Generator().manual_seed(config.seed)
    start: Tensor = instantiate(config.start)(content, painted.to(content), generator)
    return start
