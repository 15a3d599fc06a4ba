"""Runs of ``task=gatys``, ``task=texture`` and ``task=invert``: one picture is optimised."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import torch
from torch import Tensor
from typing_extensions import override

from stylenet.config import Settings, as_list
from stylenet.errors import StylenetError
from stylenet.images import Colours, resize
from stylenet.loss_networks import CheckpointedNetwork, LossNetwork
from stylenet.losses import PerceptualLoss
from stylenet.nets import PixelImage
from stylenet.regions import Guidance
from stylenet.runners.base import Components, Instantiate, Run, Runner, Say
from stylenet.runners.building import (
    build_loss,
    build_network,
    locate_styles,
    read_sized_style,
    scaled,
)
from stylenet.runners.inputs import Inputs, find_guidance, grey, read_content
from stylenet.runners.pixel_files import write_inputs, write_results
from stylenet.runners.regional import check_guidance, settle_regions, style_targets
from stylenet.styles import FoundStyle
from stylenet.tasks import Stage, WhiteNoise

StagesOf: TypeAlias = Callable[[int], list[Stage]]
"""Number of steps -> the stages of one transfer."""


@dataclass(frozen=True)
class PixelComponents(Components):
    """The components of a run that optimises an image; ``guidance`` where it has regions."""

    inputs: Inputs
    guidance: Guidance | None


class PixelRunner(Runner):
    """The result is a picture, ``result.png``, with its losses in ``result.json``."""

    paths = (
        *Runner.paths,
        "paths.contents",
        "start.picture.path",
        "regions.content",
        "regions.style",
        "regions.annotations",
        "regions.style_annotations",
    )
    named = (*Runner.named, "content")
    kinds: ClassVar[Mapping[str, Any]] = {**Runner.kinds, "checkpoint_px": int}

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """Regions and styles filled in; what belongs to nets is refused.

        Raises:
            StylenetError: a setting that has no meaning here.
        """
        settle_regions(config, say)
        self.validate_styles(config)
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

    def validate_styles(self, config: Settings) -> None:
        """Styles as a text, or as a list of several.

        Raises:
            StylenetError: none.
        """
        styles = as_list(config.style)
        if not styles:
            raise StylenetError("Got style=[], expected at least one.", "Use style=udnie.")
        config.style = styles if len(styles) > 1 else styles[0]

    @override
    def compares(self, config: Settings) -> set[str]:
        """What its loss compares with; regions of other styles than the whole's do not count."""
        guided = config.get("regions") is not None
        return ({"content"} if guided else {"content", "style"}) & set(config.loss.terms)

    @override
    def spare_memory(self, config: Settings) -> str:
        """A smaller picture, or features that are computed twice."""
        size = config.content_size or {}
        sizes = [f"content_size.{k}={size[k]}" for k in ("px", "height", "width") if size.get(k)]
        smaller = f"a picture smaller than {', '.join(sizes)}" if sizes else "content_size.px=512"
        return (
            f"Use {smaller}, checkpoint_px=0, which keeps fewer features, or a machine with more "
            "memory."
        )

    @override
    def build(self, config: Settings, instantiate: Instantiate, say: Say) -> PixelComponents:
        return self.paint(config, self.inputs(config, instantiate, say), instantiate, say)

    def inputs(self, config: Settings, instantiate: Instantiate, say: Say) -> Inputs:
        """What the configuration names."""
        content, start = read_content(config, instantiate), instantiate(config.start)
        if isinstance(start, functools.partial):
            raise StylenetError(
                "Got a start that waits for a picture of the run (start=filled).",
                "Use task=sketch, or start=picture start.picture.path=<file>.",
            )
        regions = config.get("regions")
        source = None if regions is None else instantiate(regions)
        if content is None and source is not None and getattr(start, "of_content", False):
            start = WhiteNoise()
            say("no content picture: the picture starts from noise")
        return Inputs(content, tuple(as_list(config.style)), source, start)

    def paint(
        self, config: Settings, inputs: Inputs, instantiate: Instantiate, say: Say
    ) -> PixelComponents:
        """The picture that is painted from ``inputs``, its loss at each size."""
        found = locate_styles(config, inputs.styles, say)
        paintings = [read_sized_style(config, instantiate, style) for style in found]
        network = build_network(config, instantiate)
        guidance = find_guidance(inputs, [s.path for s in found], paintings, network, say)
        if inputs.content is None:
            photo = grey(config, instantiate, guidance)
        else:
            photo = inputs.content.picture
        if guidance is not None:
            guidance = guidance.fitted(photo, paintings)
            check_guidance(config, guidance, network, photo, paintings, say)
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
            targets = style_targets(config, guidance, shrunk)
            loss = build_loss(config, instantiate, reader, **targets)
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

        stages = self.arrange(config, instantiate, stages_of)
        generator = torch.Generator().manual_seed(config.seed)
        start = inputs.start(stages[0].content, styles[0], generator)
        # partial, because Hydra takes dataclasses among its arguments for configurations
        task = instantiate(config.task, _partial_=True)(
            net=PixelImage(start, layout),
            stages=stages,
            style=styles[0],
            styles=self.measured_styles(config, found, styles),
            optimizer=instantiate(config.optimizer),
            scheduler=instantiate(config.scheduler) if config.scheduler else None,
        )
        return PixelComponents(found, task, instantiate(config.data), inputs, guidance)

    def measured_styles(
        self, config: Settings, found: Sequence[FoundStyle], images: Sequence[Tensor]
    ) -> dict[str, Tensor]:
        """The style images by name, if what is painted is compared with them."""
        names = [style.name for style in found]
        return dict(zip(names, images, strict=True)) if "style" in self.compares(config) else {}

    def arrange(
        self, config: Settings, instantiate: Instantiate, stages_of: StagesOf
    ) -> Sequence[Stage]:
        """The stages of the run: here those of one transfer, which takes all its steps."""
        del instantiate  # of a run of several transfers
        return stages_of(config.trainer.max_steps)

    @override
    def start(self, run: Run) -> None:
        """Write ``content.png`` and ``style.png`` as the loss sees them; name the components."""
        components = run.components
        assert isinstance(components, PixelComponents)
        write_inputs(run, components.inputs, components.guidance)

    @override
    def save_results(self, run: Run, *, finished: bool) -> Mapping[str, float]:
        """Write ``result.png`` and ``result.json``."""
        components = run.components
        assert isinstance(components, PixelComponents)
        return write_results(run, components.inputs, components.guidance, finished=finished)

    @override
    def pictures(self, run: Run) -> tuple[Sequence[str], Sequence[Sequence[Tensor]]]:
        """The content image, if there is one, and the result."""
        found = run.task.painted()
        shown = {"content": found["content"]} if "content" in found else {}
        shown["stylised"] = run.task.result()
        return list(shown), [[image[0].float().cpu() for image in shown.values()]]
