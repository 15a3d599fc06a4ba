"""Where things were when earlier runs were recorded: their configurations are read as of today."""

from __future__ import annotations

from omegaconf import DictConfig, ListConfig

# a module, or one name, of an earlier version -> where it is now
MOVED = {
    **{
        f"stylenet.losses.{module}": f"stylenet.loss_networks.{module}"
        for module in ("caffe", "distillation", "network", "padding", "student", "weights")
    },
    "stylenet.data.reference_photographs": "stylenet.images",
    "stylenet.run.regions.automatic": "stylenet.regions.sources",
    "stylenet.run.regions.sources": "stylenet.regions.sources",
}
# a part of a distance of styles, by which its weights are keyed -> its name now
PARTS = {"deviation": "std"}
# the last part of a target -> its keys of before, and what each is called now
KEYS = {"StopWhenFlat": {"share": "fraction"}, "CocoData": {"val_share": "val_fraction"}}


def renew_targets(config: DictConfig | ListConfig) -> None:
    """Give every ``_target_`` in ``config`` that has moved since the place where it is now.

    Keys, and parts of distances by which weights are keyed, get the names that they have now.
    """
    if isinstance(config, DictConfig):
        for old, new in KEYS.get(str(config.get("_target_")).rpartition(".")[2], {}).items():
            if old in config:
                config[new] = config.pop(old)
    if isinstance(config, DictConfig) and str(config.get("_target_")).endswith(
        ".NormalisedDistance"
    ):
        config.weights = {PARTS.get(str(k), str(k)): w for k, w in config.weights.items()}
    keys = range(len(config)) if isinstance(config, ListConfig) else list(config)
    for key in keys:
        value = config[key]
        if isinstance(value, (DictConfig, ListConfig)):
            renew_targets(value)
        elif key == "_target_" and isinstance(value, str):
            config[key] = renewed(value)


def renewed(target: str) -> str:
    """Today's place of what ``target`` names: the same where it did not move."""
    module, _, name = target.rpartition(".")
    if target in MOVED:
        return f"{MOVED[target]}.{name}"
    return f"{MOVED[module]}.{name}" if module in MOVED else target
