"""What ``evaluate.py`` measures."""

from stylenet.metrics.quality import Quality, measure, ssim

__all__ = ["Quality", "measure", "ssim"]
