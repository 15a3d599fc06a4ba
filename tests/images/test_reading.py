"""Files whose headers and bodies disagree."""

from __future__ import annotations

import io
import resource
from pathlib import Path

import pytest
from PIL import Image

from stylenet.errors import OutOfMemoryError
from stylenet.images import read_image


def test_a_part_that_claims_gigabytes_is_answered_in_words(tmp_path: Path) -> None:
    """Pillow reads as many bytes as the part's length says; found by the campaign (seed 5)."""
    held = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(held, "PNG")
    damaged = bytearray(held.getvalue())
    length = damaged.index(b"IDAT") - 4
    damaged[length : length + 4] = (0xF0000000).to_bytes(4, "big")
    file = tmp_path / "claims.png"
    file.write_bytes(damaged)

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**30, hard))
    try:
        with pytest.raises(OutOfMemoryError, match=r"\(60 x 40 pixels\).*fetch it again"):
            read_image(file)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
