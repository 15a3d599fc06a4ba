"""Paint and measure: ``python evaluate.py model=<run directory> content=<picture or folder>``."""

import hydra
from omegaconf import DictConfig

from stylenet.run import evaluate, launch


@hydra.main(version_base="1.3", config_path="conf", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Evaluate what ``config`` says."""
    evaluate(config)


if __name__ == "__main__":
    launch(main)
