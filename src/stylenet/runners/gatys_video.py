"""Runs of ``task=gatys_video``: the frames of a clip are optimised, one after the other."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from typing_extensions import override

from stylenet.apply.video import ClipOptions, paint_clip, read_frames
from stylenet.config import Settings, as_list
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import StyleColours, read_image, write_image
from stylenet.losses import PerceptualLoss, WarpedTerm
from stylenet.motion import DisFlow, Field, Grey, trusted, warp
from stylenet.regions import Seen
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.inputs import Inputs
from stylenet.runners.pixels import PixelRunner, StagesOf
from stylenet.runners.pyramid import with_losses
from stylenet.tasks import FreshStage, Stage

log = logging.getLogger(__name__)
FRAMES = "frames"
OWN = 0.5  # of what a frame was in the pass before, where the one painted before it is known


class GatysVideoRunner(PixelRunner):
    """Each frame starts from the one painted before it, carried along by the optical flow.

    Ruder et al. 2016 (arXiv:1604.08610): where flow to and fro agrees, a frame is held to what was
    painted before it, in the last frame and, for what was hidden there, in earlier ones; several
    passes go to and fro. The run directory has the frames, ``result.mp4``, and the last frame as
    ``result.png``. A run that was interrupted goes on in the frame that it was in.
    """

    paths = (*PixelRunner.paths, "content")
    named = tuple(name for name in PixelRunner.named if name != "content")
    kinds: ClassVar[Mapping[str, Any]] = {
        **PixelRunner.kinds,
        "clip": Mapping,
        "clip.frames": int,
        "clip.passes": int,
        "clip.weight": float,
        "clip.past": Sequence[int],
    }

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """As of one image that is optimised.

        Raises:
            StylenetError: no clip, or a setting that has no meaning.
        """
        super().validate(config, say)
        clip, steps = config.clip, config.trainer.max_steps
        if config.content is None:
            raise StylenetError(
                "Got content=null, but task=gatys_video paints a clip.",
                "Name a clip or a folder of frames: content=clips/me.mp4.",
            )
        if config.get("regions") is not None:
            raise StylenetError(
                "Got regions for task=gatys_video, whose frames move.", "Leave regions out."
            )
        wrong = clip.frames < 2 or clip.passes < 1 or clip.weight < 0
        if wrong or not clip.past or min(clip.past) < 1:
            raise StylenetError(
                f"Got clip.frames={clip.frames} clip.passes={clip.passes} clip.weight="
                f"{clip.weight} clip.past={list(clip.past)}, expected 2 frames or more, 1 pass or "
                "more, a weight of 0 or more, and frames before this one.",
                "Use 10, 1, 200 and [1,2,4].",
            )
        if steps < clip.frames * clip.passes:
            raise StylenetError(
                f"Got trainer.max_steps={steps} for {clip.passes} x {clip.frames} frames, expected "
                "at least a step for each.",
                f"Use trainer.max_steps={100 * clip.frames * clip.passes}.",
            )

    @override
    def inputs(self, config: Settings, instantiate: Instantiate, say: Say) -> Inputs:
        """The first frame stands for the content image."""
        first, *_ = frames_of(config, instantiate)
        file = expanded(config.content)
        start = instantiate(config.start)
        content = Seen(str(config.content), file, first)
        return Inputs(content, tuple(as_list(config.style)), None, start)

    @override
    def arrange(
        self, config: Settings, instantiate: Instantiate, stages_of: StagesOf
    ) -> Sequence[Stage]:
        """A stage for each frame in each pass."""
        if not isinstance(instantiate(config.colours), StyleColours):
            raise StylenetError(
                "Got colours of the content for task=gatys_video, which would flicker.",
                "Leave colours out.",
            )
        stage, *others = stages_of(config.trainer.max_steps)
        if others:
            raise StylenetError(
                "Got several sizes for task=gatys_video, whose frames start from one another.",
                "Use scales=single.",
            )
        clip = _Clip.of(config, frames_of(config, instantiate))
        count = len(clip.frames)
        orders = [
            list(range(count))[:: 1 if number % 2 == 0 else -1]
            for number in range(config.clip.passes)
        ]
        visits = [(order[:at], frame) for order in orders for at, frame in enumerate(order)]
        stages: list[Stage] = []
        for number, (before, frame) in enumerate(visits):
            own = replace(
                with_losses(stage, functools.partial(clip.terms, before, frame)),
                content=clip.frames[frame],
                finish=_itself,
                end=config.trainer.max_steps * (number + 1) // len(visits),
            )
            if number:
                begin = functools.partial(clip.begin, before, visits[number - 1][1], frame)
                own = FreshStage(**vars(own), begin=begin)
            stages.append(own)
        return stages

    @override
    def save_results(self, run: Run, *, finished: bool) -> Mapping[str, float]:
        """Write ``result.mp4``, if all frames are painted."""
        figures = super().save_results(run, finished=finished)
        task, config = run.task, run.config
        if finished and run.trainer.is_global_zero:
            last = config.clip.passes % 2 * (len(task.stages) // config.clip.passes - 1)
            write_image(_frame_file(run.folder, last), task.unfinished())
            target = run.folder / "result.mp4"
            paint_clip(
                run.folder / FRAMES, target, _itself, ClipOptions(blend=None, overwrite=True)
            )
            log.info("clip      result.mp4")
        return figures


@dataclass(frozen=True)
class _Clip:
    """The frames of a clip, (1,3,H,W) in [0,1], and where those that are painted lie."""

    frames: Sequence[Tensor]
    greys: Sequence[Grey]
    folder: Path
    past: Sequence[int]
    weight: float

    @classmethod
    def of(cls, config: Settings, frames: Sequence[Tensor]) -> _Clip:
        greys = [_grey(frame) for frame in frames]
        clip = config.clip
        return cls(frames, greys, Path(config.run.dir), list(clip.past), clip.weight)

    def terms(self, before: Sequence[int], frame: int, loss: PerceptualLoss) -> PerceptualLoss:
        """``loss`` with a term for each of the frames painted before: ``before`` in their order.

        What one of them shows is left to it: those further away count where the nearer ones do not
        show what is here (Ruder et al. 2016, eq. 9).
        """
        terms: dict[str, Any] = dict(loss.terms.items())
        free = np.ones(self.greys[frame].shape, bool)
        for back in sorted(self.past):
            if back <= len(before):
                painted, seen = self._carried(before[-back], frame)
            else:  # its name is logged for every frame
                painted, seen = self.frames[frame], np.zeros_like(free)
            mask = torch.from_numpy(seen & free)[None, None].to(painted)
            terms[f"warped_{back}"] = WarpedTerm(self.weight, painted, mask)
            free &= ~seen
        return PerceptualLoss(terms, loss.network)

    def begin(self, before: Sequence[int], last: int, frame: int, painted: Tensor) -> Tensor:
        """Keep what was ``painted`` of the frame ``last``; where ``frame`` starts."""
        write_image(_frame_file(self.folder, last), painted)
        own = _frame_file(self.folder, frame)  # of the pass before
        start = read_image(own)[None] if own.is_file() else self.frames[frame]
        if before:
            carried, seen = self._carried(before[-1], frame)
            much = 1 - OWN if own.is_file() else 1.0
            start = torch.lerp(start, carried, torch.from_numpy(seen)[None, None] * much)
        return start

    def _carried(self, painted: int, frame: int) -> tuple[Tensor, NDArray[np.bool_]]:
        """What was painted of one frame as another shows it, and where both show the same."""
        here, back = self._flow(frame, painted), self._flow(painted, frame)
        image = read_image(_frame_file(self.folder, painted)).permute(1, 2, 0)
        moved = torch.from_numpy(warp(image.contiguous().numpy(), here))
        return moved.permute(2, 0, 1)[None].contiguous(), trusted(here, back)

    def _flow(self, here: int, there: int) -> Field:
        return DisFlow()(self.greys[here], self.greys[there])


def frames_of(config: Settings, instantiate: Instantiate) -> list[Tensor]:
    """The frames to paint, (1,3,H,W) in [0,1], at their size.

    Raises:
        VideoError: a clip that cannot be read.
    """
    size = instantiate(config.content_size)
    frames = read_frames(expanded(config.content), config.clip.frames)
    return [size(frame)[None] for frame in frames]


def _grey(frame: Tensor) -> Grey:
    weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    grey: Grey = (frame[0].cpu() * weights).sum(0).mul(255).round().byte().numpy()
    return grey


def _frame_file(folder: Path, number: int) -> Path:
    return folder / FRAMES / f"{number + 1:05d}.png"


def _itself(image: Tensor) -> Tensor:
    return image
