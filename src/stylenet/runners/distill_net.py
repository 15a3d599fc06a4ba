"""Runs of ``task=distill_net``: a small transformer net learns from a wider one of its style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor
from typing_extensions import override

from stylenet.apply import load_model
from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.nets import TransformerNet
from stylenet.runners.base import Instantiate, Say
from stylenet.runners.feedforward import FeedForwardRunner


class DistillNetRunner(FeedForwardRunner):
    """A net for one style is trained on the loss and on what a trained net makes of the images."""

    models: ClassVar[tuple[str, ...]] = ("init", "teacher_net")

    @override
    def arguments(
        self, config: Settings, instantiate: Instantiate, pictures: Mapping[str, Tensor], say: Say
    ) -> dict[str, Any]:
        """The teacher, too.

        Raises:
            ModelFileError: it cannot be loaded.
            StylenetError: it, or the student, is another kind of net.
        """
        if config.teacher_net is None:
            raise StylenetError(
                "Got no teacher_net, but task=distill_net learns from a trained net.",
                "Set teacher_net=<a run of the same style, a model file or a name such as udnie>.",
            )
        model = load_model(config.teacher_net, config.net_packages)
        teacher = model.net
        if not isinstance(teacher, TransformerNet) or teacher.styles is not None:
            raise StylenetError(
                f"Got teacher_net={config.teacher_net}, which is {type(teacher).__name__} for "
                "several styles or for any, expected a net for one.",
                "Use a run of task=feedforward.",
            )
        say(f"learns from {model.name}")
        return super().arguments(config, instantiate, pictures, say) | {"teacher": teacher}
