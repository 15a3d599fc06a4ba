"""What tells whether a download is the file that it should be: a validator beside it, its SHA-256.

The validator is the server's (RFC 9110, 8.8): with it a download goes on with the same file only.
"""

from __future__ import annotations

import http.client
import logging
from pathlib import Path

from stylenet.errors import StylenetError
from stylenet.files.checksums import sha256_of

_log = logging.getLogger(__name__)


def validator_file(part: Path) -> Path:
    """Where the validator of ``part`` is kept."""
    return part.with_name(part.name + ".etag")


def read_validator(part: Path) -> str | None:
    """What tells the server whether it still has the file that ``part`` began with."""
    file = validator_file(part)
    return (file.read_text().strip() or None) if file.is_file() else None


def write_validator(part: Path, headers: http.client.HTTPMessage) -> None:
    """Keep what the server sent as validator with the first byte of ``part``; perhaps nothing."""
    etag = headers.get("ETag", "")
    # a weak ETag is no validator for If-Range (RFC 9110, 13.1.5)
    strong = etag if etag.startswith('"') else headers.get("Last-Modified", "")
    validator_file(part).write_text(strong)


def verify(url: str, part: Path, sha256: str) -> None:
    """Compare the SHA-256 of ``part``, of which all has come, with ``sha256``.

    Raises:
        StylenetError: it is another; ``part`` is removed.
    """
    _log.info("%s: verifying its SHA-256.", part.name.removesuffix(".part"))
    digest = sha256_of(part)
    if digest != sha256.lower():
        size = part.stat().st_size
        part.unlink()
        validator_file(part).unlink(missing_ok=True)
        raise StylenetError(
            f"The {size} bytes from {url} have the SHA-256 {digest}, expected {sha256}: they are"
            " damaged or another file, and were removed.",
            "Run the same command again; if it happens again, the file on the server has changed.",
        )
