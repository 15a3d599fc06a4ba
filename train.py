"""Train a style network: ``python train.py style=udnie norm=instance``."""

import hydra
from omegaconf import DictConfig

from stylenet.run import launch, train


@hydra.main(version_base="1.3", config_path="conf", config_name="train")
def main(config: DictConfig) -> float | None:
    """Train what ``config`` says."""
    return train(config)


if __name__ == "__main__":
    launch(main)
