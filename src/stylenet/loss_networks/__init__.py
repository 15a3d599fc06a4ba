"""Frozen classifiers -> {layer name: features}; their weights, and how one learns from another."""

from stylenet.loss_networks.checkpointed import CheckpointedNetwork
from stylenet.loss_networks.distillation import Distillation
from stylenet.loss_networks.errors import LossNetworkError
from stylenet.loss_networks.network import LossNetwork
from stylenet.loss_networks.student import Student

__all__ = ["CheckpointedNetwork", "Distillation", "LossNetwork", "LossNetworkError", "Student"]
