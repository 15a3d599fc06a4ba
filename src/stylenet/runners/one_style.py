"""What runs of nets that paint one style have in common."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor
from typing_extensions import override

from stylenet.config import Settings, as_list
from stylenet.errors import StylenetError
from stylenet.images import write_image
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.compiling import compiler_of
from stylenet.runners.nets import NetRunner, describe_style, say_net

log = logging.getLogger(__name__)


class OneStyleRunner(NetRunner):
    """A net is trained for one style; `trains` says so where several are given."""

    trains: ClassVar[str]

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """One style.

        Raises:
            StylenetError: several.
        """
        super().validate(config, say)
        styles = as_list(config.style)
        if len(styles) != 1:
            raise StylenetError(
                f"Got {len(styles)} styles {styles}, but {self.trains}.",
                f"Give one, or train them one after the other: -m style={','.join(styles)}",
            )
        config.style = styles[0]

    @override
    def targets(self, pictures: Sequence[Tensor]) -> Tensor:
        (picture,) = pictures
        return picture

    @override
    def arguments(
        self, config: Settings, instantiate: Instantiate, pictures: Mapping[str, Tensor], say: Say
    ) -> dict[str, Any]:
        """The style image, what compiles the step, and a seed."""
        (picture,) = pictures.values()
        return {"style": picture, "compiler": compiler_of(config, say), "seed": config.seed}

    @override
    def start(self, run: Run) -> None:
        """Write ``style.png``; name the components."""
        write_image(run.folder / "style.png", run.task.style)
        (style,) = run.components.styles
        log.info("style %s: %s", style.name, style.path)
        say_net(run)

    @override
    def described_styles(self, run: Run) -> dict[str, Any]:
        (style,) = run.components.styles
        return {"style": describe_style(run, style)}
