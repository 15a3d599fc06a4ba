"""Runs of ``task=multistyle`` and ``task=add_style``: one net for several styles."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, ListConfig
from pytorch_lightning import seed_everything
from torch import nn

from stylenet.apply import copy_pictures, grown, load_model, save_model
from stylenet.errors import StylenetError
from stylenet.images import write_image
from stylenet.run.building import (
    Made,
    Parts,
    build_loss,
    build_network,
    instantiate,
    locate_style,
    read_sized_style,
)
from stylenet.run.processes import rank
from stylenet.runners.feedforward import (
    FeedForwardRuns,
    describe,
    final_losses,
    say_where,
    style_facts,
)
from stylenet.styles import FoundStyle, catalogue

log = logging.getLogger(__name__)


class MultiStyleRuns:
    """A net is trained for several styles, and kept as ``model.safetensors`` with a description."""

    def settle(self, config: DictConfig) -> None:
        """Styles as a list, each once; what belongs to other tasks is refused.

        Raises:
            StylenetError: a setting that has no meaning here.
        """
        given = list(config.style) if isinstance(config.style, ListConfig) else [config.style]
        names = [str(style) for style in given if style is not None]
        if not names or len(set(names)) < len(names):
            raise StylenetError(
                f"Got style={given}, expected styles, each once.",
                "Use 'style=[udnie,wave,the_scream,starry_night]'.",
            )
        config.style = names
        if config.content is not None:
            raise StylenetError(
                f"Got content={config.content}, but this task trains on data.",
                "Use evaluate.py to paint it with a net.",
            )
        if "ddp" in str(config.trainer.get("strategy")):
            raise StylenetError(
                f"Got trainer.strategy={config.trainer.strategy}, but a net of several styles is "
                "trained by one process: each step leaves out the weights of other styles.",
                "Use trainer=auto.",
            )
        if str(config.compile).lower() == "true":
            raise StylenetError(
                "Got compile=true, but which weights a step reads depends on its styles, so that "
                "it would be compiled anew again and again.",
                "Leave it out.",
            )
        config.compile = False
        self._settle_bank(config)
        _settle_factors(config)

    def _settle_bank(self, config: DictConfig) -> None:
        if config.bank is not None:
            raise StylenetError(
                f"Got bank={config.bank}, but task=multistyle begins a new net.",
                "Use task=add_style bank=<run> to let one grow.",
            )

    def progress(self, folder: Path) -> tuple[int, bool]:
        """As ``model.json`` says."""
        return FeedForwardRuns().progress(folder)

    def make(self, config: DictConfig) -> Made:
        """The net, its loss and the pictures it is trained on."""
        found = tuple(locate_style(config, str(name)) for name in config.style)
        names = [style.name for style in found]
        pictures = [read_sized_style(config, style) for style in found]
        network = build_network(config)
        loss = build_loss(config, pictures, network)
        seed_everything(config.seed, verbose=False)
        net = self._net(config, names)
        if config.channels_last:
            net = net.to(memory_format=torch.channels_last)
            loss = loss.to(memory_format=torch.channels_last)
        if config.precision == "bf16-mixed":
            network.lower(torch.bfloat16)  # not before the styles' targets are known
        task = instantiate(
            config.task,
            net=net,
            loss=loss,
            styles=dict(zip(names, pictures, strict=True)),
            optimizer=instantiate(config.optimizer),
            scheduler=instantiate(config.scheduler) if config.scheduler else None,
            seed=config.seed,
        )
        return Made(found, task, instantiate(config.data))

    def _net(self, config: DictConfig, names: Sequence[str]) -> nn.Module:
        _check_names(names)
        net: nn.Module = instantiate(config.net)
        return net

    def begin(self, config: DictConfig, folder: Path, parts: Parts) -> None:
        """Write ``styles/<name>.png``; name the parts."""
        (folder / "styles").mkdir(exist_ok=True)
        for style in parts.styles:
            write_image(folder / "styles" / f"{style.name}.png", parts.task.styles[style.name])
            log.info("style %s: %s", style.name, style.path)
        net = parts.task.net
        parameters = sum(p.numel() for p in net.parameters())
        trained = sum(p.numel() for p in net.parameters() if p.requires_grad)
        log.info(
            "net %s, %d styles, %.2f million parameters, %.2f trained",
            *(type(net).__name__, parts.task.count, parameters / 1e6, trained / 1e6),
        )
        log.info("loss network %s", parts.task.loss.network.weights_source)
        log.info("run %s", config.run.dir)

    def keep(
        self, config: DictConfig, folder: Path, parts: Parts, *, finished: bool
    ) -> float | None:
        """Save the net; give ``val/loss/total``."""
        losses = final_losses(parts) if finished else {}
        if rank() == 0:
            facts = self._styles(config, parts.styles)
            facts |= describe(config, parts, losses, finished=finished)
            save_model(folder, parts.task.net, facts)
            say_where(folder, parts)
        return losses.get("val/loss/total")

    def _styles(self, config: DictConfig, styles: Sequence[FoundStyle]) -> dict[str, Any]:
        return {"styles": [style_facts(config, style) for style in styles]}


class AddStyleRuns(MultiStyleRuns):
    """A net of several styles learns more of them, with all that it knows left as it is.

    The result is a run of its own: the net with its old styles and the new ones.
    """

    def _settle_bank(self, config: DictConfig) -> None:
        if config.bank is None:
            raise StylenetError(
                "task=add_style was not told which net is to learn the style.",
                "Use task=add_style bank=<run of task=multistyle> style=cafe_terrace.",
            )

    def _net(self, config: DictConfig, names: Sequence[str]) -> nn.Module:
        bank = load_model(config.bank)
        _check_names([*bank.styles, *names])
        larger, config.net = grown(bank, len(names))
        return larger

    def begin(self, config: DictConfig, folder: Path, parts: Parts) -> None:
        """Also copy the pictures of the styles that the net has already."""
        super().begin(config, folder, parts)
        bank = load_model(config.bank)
        copy_pictures([bank], folder, bank.styles)
        log.info("bank %s: %s", config.bank, ", ".join(bank.styles))

    def _styles(self, config: DictConfig, styles: Sequence[FoundStyle]) -> dict[str, Any]:
        bank = load_model(config.bank)
        old = list(bank.description["styles"])
        return {"styles": [*old, *(style_facts(config, style) for style in styles)]}


def _check_names(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise StylenetError(
            f"Got styles of equal names: {', '.join(twice)}.",
            "Copy one of the pictures to a file of another name.",
        )


def _settle_factors(config: DictConfig) -> None:
    """Null style weights: what the catalogue has for each style, against the loss network's own.

    The other weights are the loss network's for all styles.
    """
    loss, network = config.loss, config.loss_network
    if (
        loss is None
        or loss.get("style_weights") is not None
        or loss.get("style_weight") is not None
    ):
        return
    factors = []
    for name in config.style:
        entry = catalogue().get(name)
        tuned = entry.tuned.get(network.name) if entry else None
        factor = 1.0
        if tuned is not None and tuned.style_weight is not None:
            content = tuned.content_weight or network.content_weight
            usual = network.style_weight / network.content_weight
            factor = tuned.style_weight / content / usual
        factors.append(factor)
    loss.style_weights = factors
