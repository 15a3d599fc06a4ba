"""The composition root: from a configuration to a finished run. The one place that knows Hydra."""

from stylenet.run.arranging import arrange_banks
from stylenet.run.evaluating import evaluate
from stylenet.run.launch import launch
from stylenet.run.training import train

__all__ = ["arrange_banks", "evaluate", "launch", "train"]
