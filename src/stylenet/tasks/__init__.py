"""Tasks: LightningModules that optimise and log, nothing else."""

from stylenet.tasks.feedforward import FeedForward, NonFiniteLossError

__all__ = ["FeedForward", "NonFiniteLossError"]
