"""How much a visitor of the page may ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a server gives each visitor.

    Attributes:
        upload_mb: megabytes of an uploaded file.
        pixels: of an uploaded picture, by its header.
        side: pixels of the longer side of a painting.
        paintings: how many a visitor's memory holds, so that going back to one is quick.
        visitors: whose pictures are held at the same time; the one who was away longest goes first.
        waiting: how many may wait for their turn; who comes then is asked to come again.
        minutes: of one optimisation or one clip.
        clip_seconds: of a clip that are painted.
        training: minutes of a training, without what surrounds its steps.
    """

    upload_mb: int = 40
    pixels: int = 64_000_000
    side: int = 2048
    paintings: int = 4
    visitors: int = 32
    waiting: int = 64
    minutes: float = 10.0
    clip_seconds: int = 20
    training: float = 5.0

    @property
    def in_words(self) -> str:
        """For the page."""
        return (
            f"Photos up to {self.upload_mb} MB and {self.pixels // 1_000_000} megapixels; "
            f"paintings up to {self.side} pixels. Your pictures stay on the computer that this "
            "page comes from, nobody else sees them, and they are deleted when you close the page."
        )
