"""What any run is checked for once it is built."""

from __future__ import annotations

from torch import nn

from stylenet.errors import StylenetError
from stylenet.runners.base import Run, Say


def check_comparability(run: Run, say: Say) -> None:
    """Say so where a recipe runs without the loss network that its numbers were chosen for."""
    config, wanted = run.config, run.config.publication
    if wanted is None:
        return
    network = run.task.loss.network
    same = (
        config.loss_network.name == wanted.loss_network
        and network.is_caffe == wanted.loss_network.endswith("_caffe")
        and not network.weights_source.startswith("random")
        and (config.loss_network.pooling or {}).get("_target_") == wanted.get("pooling")
    )
    if not same:
        say(
            f"not comparable with {wanted.source}: its numbers are for the loss network "
            f"{wanted.loss_network}, this run uses {config.loss_network.name} "
            f"({network.weights_source})"
        )


def check_batch_statistics(run: Run, say: Say) -> None:
    """Say so where a batch norm sees one process's fraction of the batch.

    Raises:
        StylenetError: they are to be joined on CPUs, where torch cannot.
    """
    trainer = run.trainer
    normed = any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in run.task.net.modules())
    if trainer.world_size == 1 or not normed:
        return
    if not run.config.trainer.sync_batchnorm:
        say(
            f"norm: batch statistics are those of each of the {trainer.world_size} processes "
            "alone; trainer.sync_batchnorm=true joins them"
        )
    elif trainer.strategy.root_device.type == "cpu":
        raise StylenetError(
            "Got trainer.sync_batchnorm=true on CPUs, which torch has on GPUs only.",
            "Use trainer.sync_batchnorm=false or norm=instance.",
        )
