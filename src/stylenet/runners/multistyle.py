"""Runs of ``task=multistyle`` and ``task=add_style``: one net for several styles."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn
from typing_extensions import override

from stylenet.apply import Model, copy_pictures, grown, load_model
from stylenet.config import Settings, as_list
from stylenet.errors import StylenetError
from stylenet.images import write_image
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.initial import settle_content_start, settle_init
from stylenet.runners.nets import Net, NetComponents, NetRunner, describe_style
from stylenet.styles import FoundStyle

log = logging.getLogger(__name__)


class MultiStyleRunner(NetRunner):
    """A net is trained for several styles."""

    models: ClassVar[tuple[str, ...]] = ("init",)

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """Styles as a list, each once.

        Raises:
            StylenetError: a setting that has no meaning here.
        """
        super().validate(config, say)
        names = as_list(config.style)
        if not names or len(set(names)) < len(names):
            raise StylenetError(
                f"Got style={names}, expected styles, each once.",
                "Use 'style=[udnie,wave,the_scream,starry_night]'.",
            )
        config.style = names
        if "ddp" in str(config.trainer.get("strategy")):
            raise StylenetError(
                f"Got trainer.strategy={config.trainer.strategy}, but a net of several styles is "
                "trained by one process: each step leaves out the weights of other styles.",
                "Use trainer=auto.",
            )
        if str(config.compile).lower() == "true":
            raise StylenetError(
                "Got compile=true, but which weights a step reads depends on its styles, so that "
                "it would be compiled again and again.",
                "Leave it out.",
            )
        config.compile = False
        if "init" in config:
            settle_init(config, say)
            settle_content_start(config, say)

    @override
    def styles_learnt(self, config: Settings) -> int:
        return len(config.style)

    @override
    def targets(self, pictures: Sequence[Tensor]) -> Sequence[Tensor]:
        return pictures

    @override
    def net(self, config: Settings, instantiate: Instantiate, styles: Sequence[FoundStyle]) -> Net:
        """A new net.

        Raises:
            StylenetError: two styles of one name.
        """
        check_names([style.name for style in styles])
        module: nn.Module = instantiate(config.net)
        return Net(module)

    @override
    def arguments(
        self, config: Settings, instantiate: Instantiate, pictures: Mapping[str, Tensor], say: Say
    ) -> dict[str, Any]:
        """The style pictures, and the seed of their order."""
        return {"styles": dict(pictures), "seed": config.seed}

    @override
    def start(self, run: Run) -> None:
        """Write ``styles/<name>.png``; name the components."""
        (run.folder / "styles").mkdir(exist_ok=True)
        for style in run.components.styles:
            write_image(run.folder / "styles" / f"{style.name}.png", run.task.styles[style.name])
            log.info("style %s: %s", style.name, style.path)
        net = run.task.net
        parameters = sum(p.numel() for p in net.parameters())
        trained = sum(p.numel() for p in net.parameters() if p.requires_grad)
        log.info(
            "net %s, %d styles, %.2f million parameters, %.2f trained",
            *(type(net).__name__, run.task.count, parameters / 1e6, trained / 1e6),
        )
        log.info("loss network %s", run.task.loss.network.weights_source)
        log.info("run %s", run.folder)

    @override
    def described_styles(self, run: Run) -> dict[str, Any]:
        return {"styles": [describe_style(run, style) for style in run.components.styles]}


class AddStyleRunner(MultiStyleRunner):
    """A net of several styles learns more of them, with all that it knows left as it is.

    The result is a run of its own: the net with its old styles and the new ones.
    """

    models = ("bank",)

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """As `MultiStyleRunner`.

        Raises:
            StylenetError: no net to add to, or a setting that has no meaning here.
        """
        super().validate(config, say)
        if config.bank is None:
            raise StylenetError(
                "task=add_style was not told which net is to learn the style.",
                "Use task=add_style bank=<run of task=multistyle> style=night_cafe.",
            )

    @override
    def net(self, config: Settings, instantiate: Instantiate, styles: Sequence[FoundStyle]) -> Net:
        """The net of ``bank`` with more styles.

        Raises:
            StylenetError: two styles of one name.
        """
        bank = load_model(config.bank, config.net_packages)
        check_names([*bank.styles, *(style.name for style in styles)])
        larger, architecture = grown(bank, len(styles))
        return Net(larger, architecture, bank)

    @override
    def start(self, run: Run) -> None:
        """Also copy the pictures of the styles that the net has already."""
        super().start(run)
        bank = bank_of(run)
        copy_pictures([bank], run.folder, bank.styles)
        log.info("bank %s: %s", run.config.bank, ", ".join(bank.styles))

    @override
    def described_styles(self, run: Run) -> dict[str, Any]:
        """The old styles, then the new ones."""
        old = list(bank_of(run).description["styles"])
        return {"styles": [*old, *super().described_styles(run)["styles"]]}


def bank_of(run: Run) -> Model:
    """The net that a run's own starts from."""
    components = run.components
    assert isinstance(components, NetComponents)
    assert components.net.bank is not None
    return components.net.bank


def check_names(names: Sequence[str]) -> None:
    """Refuse two styles of one name.

    Raises:
        StylenetError: there are.
    """
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise StylenetError(
            f"Got styles of equal names: {', '.join(twice)}.",
            "Copy one of the pictures to a file of another name.",
        )
