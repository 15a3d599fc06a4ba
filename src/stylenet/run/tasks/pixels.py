"""Runs of ``task=gatys``, ``task=texture`` and ``task=invert``: one picture is optimised."""

from __future__ import annotations

import copy
import functools
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch
from omegaconf import DictConfig
from torch import Tensor

from stylenet.callbacks import LossCurves, Snapshots
from stylenet.errors import StylenetError
from stylenet.files import write_text
from stylenet.images import Colours, read_image, resize, write_image
from stylenet.loss_networks import CheckpointedNetwork, LossNetwork
from stylenet.losses import PerceptualLoss
from stylenet.nets import PixelImage
from stylenet.regions import Guidance, Seen
from stylenet.run.building import (
    Made,
    Parts,
    build_loss,
    build_network,
    instantiate,
    locate_style,
    read_sized_style,
    scaled,
)
from stylenet.run.contents import find_content
from stylenet.run.regions.regional import (
    check_guidance,
    find_guidance,
    region_results,
    settle_regions,
    style_names,
    style_targets,
    write_maps,
)
from stylenet.tasks import Stage

log = logging.getLogger(__name__)
GREY = 0.5
FACTS = "result.json"
StagesOf: TypeAlias = Callable[[int], list[Stage]]
"""Number of steps -> the stages of one transfer."""


class PixelRuns:
    """The result is a picture, ``result.png``, with its losses in ``result.json``."""

    def settle(self, config: DictConfig) -> None:
        """Styles as a list of texts; what belongs to nets is refused.

        Raises:
            StylenetError: a setting that has no meaning here.
        """
        settle_regions(config)
        styles = style_names(config)
        if not styles:
            raise StylenetError("Got style=[], expected at least one.", "Use style=udnie.")
        config.style = styles if len(styles) > 1 else styles[0]
        _settle_weights(config)
        if config.style_scale is None:
            config.style_scale = 1.0
        if config.optimizer.get("lr", 0) is None:
            config.optimizer.lr = config.loss_network.learning_rate
        if config.trainer.max_steps < 1:
            raise StylenetError(
                f"Got trainer.max_epochs={config.trainer.max_epochs} without a number of steps, "
                "but a picture that is optimised has no epochs.",
                "Set trainer.max_steps, the number of iterations.",
            )
        if "ddp" in str(config.trainer.get("strategy")):
            raise StylenetError(
                f"Got trainer.strategy={config.trainer.strategy}, but one picture is optimised by "
                "one process.",
                "Use trainer=auto.",
            )
        if str(config.compile).lower() == "true":
            raise StylenetError(
                "Got compile=true, which compiles the training of a net; here it makes the step "
                "slower.",
                "Leave it out.",
            )
        config.compile = False

    def progress(self, folder: Path) -> tuple[int, bool]:
        """As ``result.json`` says; (0, False) where the run was killed before there was one."""
        file = folder / FACTS
        facts = json.loads(file.read_text()) if file.is_file() else {}
        return facts.get("steps", 0), facts.get("finished", False)

    def make(self, config: DictConfig) -> Made:
        """The picture, its loss at each size."""
        found = tuple(locate_style(config, name) for name in style_names(config))
        paintings = [read_sized_style(config, style) for style in found]
        network = build_network(config)
        read = _read_content(config)
        guidance = find_guidance(config, read, found, paintings, network)
        photo = _grey(config, guidance) if read is None else read.picture
        if guidance is not None:
            guidance = guidance.fitted(photo, paintings)
            check_guidance(config, guidance, network, photo, paintings)
        colours: Colours = instantiate(config.colours)
        seen = [colours.before(photo, painting) for painting in paintings]
        content, styles = seen[0][0], [style for _, style in seen]
        layout = torch.channels_last if config.channels_last else torch.contiguous_format
        network = network.to(memory_format=layout)
        fast = network
        if config.precision == "bf16-mixed":
            fast = copy.deepcopy(network).lower(torch.bfloat16)
        height, width = photo.shape[-2:]

        def loss_at(height: int, width: int, reader: LossNetwork) -> PerceptualLoss:
            shrunk = [scaled(style, height / photo.shape[-2]) for style in styles]
            # Targets come from the very network that reads the picture: one in bfloat16 has weights
            # that are rounded, and would find even the style picture at a distance from exact ones.
            loss = build_loss(config, **style_targets(config, guidance, shrunk), network=reader)
            large = height * width > config.checkpoint_px**2
            loss.network = CheckpointedNetwork(reader) if large else reader
            return loss

        def stages_of(steps: int) -> list[Stage]:
            return [
                Stage(
                    content=resize(content, h, w),
                    make_loss=functools.partial(loss_at, h, w, fast),
                    make_judge=functools.partial(loss_at, h, w, network),
                    finish=functools.partial(colours.after, content=resize(photo, h, w)),
                    end=end,
                    regions=None if guidance is None else guidance.at(h, w),
                )
                for h, w, end in instantiate(config.scales)(height, width, steps)
            ]

        stages = self.arrange(config, stages_of)
        generator = torch.Generator().manual_seed(config.seed)
        start = instantiate(config.start)(stages[0].content, styles[0], generator)
        # partial, because Hydra takes dataclasses among its arguments for configurations
        task = instantiate(config.task, _partial_=True)(
            net=PixelImage(start, layout),
            stages=stages,
            style=styles[0],
            optimizer=instantiate(config.optimizer),
            scheduler=instantiate(config.scheduler) if config.scheduler else None,
        )
        return Made(found, task, instantiate(config.data), guidance=guidance)

    def arrange(self, config: DictConfig, stages_of: StagesOf) -> Sequence[Stage]:
        """The stages of the run: here those of one transfer, which takes all its steps."""
        return stages_of(config.trainer.max_steps)

    def begin(self, config: DictConfig, folder: Path, parts: Parts) -> None:
        """Write ``content.png`` and ``style.png`` as the loss sees them; name the parts."""
        task = parts.task
        if config.content is not None:
            write_image(folder / "content.png", task.stages[-1].content)
            log.info("content %s", config.content)
        write_image(folder / "style.png", task.style)
        for style in parts.styles:
            log.info("style %s: %s", style.name, style.path)
        if parts.guidance is not None:
            write_maps(folder, parts.guidance, style_names(config))
        sizes = [f"{stage.size[1]} x {stage.size[0]}" for stage in task.stages]
        log.info("picture %s pixels", ", then ".join(sizes))
        log.info("loss network %s", task.loss.network.weights_source)
        log.info("run %s", config.run.dir)

    def keep(
        self, config: DictConfig, folder: Path, parts: Parts, *, finished: bool
    ) -> float | None:
        """Write ``result.png`` and ``result.json``; give the result's loss."""
        task, curves = parts.task, parts.callback(LossCurves)
        write_image(folder / "result.png", task.result())
        facts: dict[str, Any] = {
            "steps": parts.trainer.global_step,
            "evaluations": task.evaluations,
            "finished": finished,
            "losses": task.final_losses,
        }
        if parts.guidance is not None:
            facts["regions"] = region_results(parts.guidance, style_names(config), task)
        write_text(folder / FACTS, json.dumps(facts, indent=2) + "\n")
        log.info("picture   %s", folder / "result.png")
        snapshots = parts.callback(Snapshots)
        if snapshots is not None:
            log.info("on its way %s", snapshots.filmstrip)
        if curves is not None:
            log.info("curves    %s", curves.figure)
        return task.final_losses.get("total") if finished else None


def _settle_weights(config: DictConfig) -> None:
    """Null weights: not the catalogue's, tuned for nets, but the loss network's for pictures."""
    loss, weights = config.loss, config.loss_network.optimised
    for key in ("content_weight", "style_weight", "tv_weight"):
        if key in loss and loss[key] is None:
            loss[key] = weights[key]


def _read_content(config: DictConfig) -> Seen | None:
    """The content picture at its size; None where there is none."""
    if config.content is None:
        return None
    folder = config.paths.contents
    file = find_content(str(config.content), Path(folder).expanduser() if folder else None)
    return Seen(str(config.content), file, instantiate(config.content_size)(read_image(file))[None])


def _grey(config: DictConfig, guidance: Guidance | None) -> Tensor:
    """What stands for a content picture, (1,3,H,W): mid grey, of the shape of the regions' map."""
    height, width = (1, 1) if guidance is None else guidance.content.size
    size = instantiate(config.content_size)
    return size(torch.full((1, 3, height, width), GREY))  # type: ignore[no-any-return]
