"""What the configuration leaves to the style and the loss network: weights, rate, style size."""

from __future__ import annotations

from collections.abc import Iterable

from omegaconf import DictConfig

from stylenet.run.notes import note
from stylenet.styles import Tuned, catalogue

WEIGHTS = ("content_weight", "style_weight", "tv_weight")
NOTHING = Tuned()
# Of the Laplacian loss, times the style weight, which it works against. Under compact_vgg, chicago
# as starry_night at 256 px, 60 iterations, pools of 4 pixels: it makes the style loss 1.6 times
# what it is without; 30 makes it 2.4 times, 300 14 times.
LAPLACIAN = 10.0


def settle_laplacian(config: DictConfig) -> None:
    """A null weight of the Laplacian loss: `LAPLACIAN` times the style weight, or times 1."""
    if "laplacian_weight" in config.loss and config.loss.laplacian_weight is None:
        config.loss.laplacian_weight = LAPLACIAN * config.loss.get("style_weight", 1.0)


def settle_tuned(config: DictConfig, given: Iterable[str]) -> None:
    """Fill nulls with the catalogue's for this style and loss network, else with the usual values.

    The weights and the learning rate of ``optimizer=adam`` are then the loss network's own, the
    style keeps the size that ``style_size`` gives it.

    Args:
        config: where null loss weights, ``optimizer.lr`` and ``style_scale`` are replaced.
        given: the keys of the command line. Who gives a style size means that size.
    """
    if config.loss is None:  # a task without styles
        return
    entry = catalogue().get(config.style) if isinstance(config.style, str) else None
    tuned = entry.tuned.get(config.loss_network.name, NOTHING) if entry else NOTHING
    used: dict[str, float] = {}

    def chosen(name: str, otherwise: float) -> float:
        value: float | None = getattr(tuned, name)
        if value is None:
            return otherwise
        used[name] = value
        return value

    for key in WEIGHTS:
        if key in config.loss and config.loss[key] is None:
            config.loss[key] = chosen(key, config.loss_network[key])
    settle_laplacian(config)
    optimizer = config.optimizer
    if optimizer is not None and "lr" in optimizer and optimizer.lr is None:
        optimizer.lr = chosen("learning_rate", config.loss_network.learning_rate)
    if config.style_scale is None:
        sized = config.publication is not None or any(k.startswith("style_size") for k in given)
        config.style_scale = 1.0 if sized else chosen("style_scale", 1.0)
    if used:
        words = ", ".join(f"{key} {value:g}" for key, value in used.items())
        note(config, f"tuned for {config.style} with {config.loss_network.name}: {words}")
