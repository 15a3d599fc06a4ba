"""Loggers: Weights & Biases without prompts or hangs; CSV and TensorBoard are Lightning's own."""

from stylenet.loggers.keeping import keep_artifact, keep_summary, keep_table
from stylenet.loggers.weights_and_biases import choose_mode, wandb_logger

__all__ = ["choose_mode", "keep_artifact", "keep_summary", "keep_table", "wandb_logger"]
