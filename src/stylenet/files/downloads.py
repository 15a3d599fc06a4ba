"""Fetching large files: resumed where they broke off, verified, whole or not at all."""

from __future__ import annotations

import http.client
import logging
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from rich.filesize import decimal

import stylenet
from stylenet.errors import StylenetError
from stylenet.files.disk import disk_error, require_space
from stylenet.files.progress import ByteProgress
from stylenet.files.small_downloads import announced_length
from stylenet.files.validators import read_validator, validator_file, verify, write_validator
from stylenet.files.writing import part_of

_log = logging.getLogger(__name__)
_CHUNK = 2**18
_WORTH_ANOTHER_TRY = (408, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Patience:
    """How long a download is tried.

    Attributes:
        attempts: In a row that bring nothing more, after which it is given up.
        wait: Seconds before the second attempt; doubled each time, up to a minute.
        timeout: Seconds without a byte after which a connection is taken for dead.
    """

    attempts: int = 6
    wait: float = 1.0
    timeout: float = 30.0


class _BrokenOffError(Exception):
    """The connection failed; another attempt may help."""


def download_file(
    url: str,
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    setting: str,
    patience: Patience | None = None,
) -> Path:
    """Download ``url`` to ``target``, which appears when it is whole and verified.

    Until then it grows as ``target`` with ``.part`` appended: after a broken connection, and in
    a later call after an interruption, it resumes from there, if the server can
    (RFC 9110, 14.2 Range and 13.1.5 If-Range), else from the start. A ``target`` of the right
    size (of any, if ``size`` is None) is left as it is; a shorter one is taken for a beginning.

    Args:
        url: http or https.
        target: A file; its folder is made.
        size: Bytes it must have; None: as many as the server announces.
        sha256: 64 hexadecimal digits that it must have; None: not checked.
        setting: What the user sets to choose another folder, such as ``data.root``; for errors.
        patience: `Patience` by default.

    Raises:
        StylenetError: The server cannot be reached or has no such file, it is not what was
            expected, the disk is full or not writable.
    """
    if not url.startswith(("http://", "https://")):
        raise StylenetError(f"Got {url}, expected an http address.", "Correct the address.")
    part = part_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_file():
            if size is None or target.stat().st_size == size:
                return target
            _log.info("%s is not %d bytes long: its download is resumed.", target, size)
            validator_file(part).unlink(missing_ok=True)
            target.replace(part)
        _fetch(_Download(url, target, part, size, sha256, setting), patience or Patience())
        if sha256 is not None:
            verify(url, part, sha256)
        part.replace(target)
        validator_file(part).unlink(missing_ok=True)
    except KeyboardInterrupt:
        _log.info("interrupted; the same command resumes from what is kept in %s", part)
        raise
    except OSError as error:
        raise disk_error(error, target.parent, setting=setting) from error
    return target


@dataclass
class _Download:
    url: str
    target: Path
    part: Path
    size: int | None
    sha256: str | None
    setting: str

    @property
    def have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0


def _fetch(download: _Download, patience: Patience) -> None:
    # A size from an earlier call would prove nothing: only the caller's, or the server's now.
    if download.size is not None and download.have > download.size:
        download.part.unlink()
    if download.size is not None:
        rest = download.size - download.have
        purpose = f"Downloading {download.target.name}"
        require_space(download.part.parent, rest, purpose, setting=download.setting)
    failures = 0
    with ByteProgress(download.target.name, download.size, download.have) as progress:
        while download.size is None or download.have < download.size:
            before = download.have
            try:
                _receive(download, patience.timeout, progress)
                if download.size is None:
                    return  # the server did not say how much there is
            except _BrokenOffError as error:
                failures = 1 if download.have > before else failures + 1
                if failures >= patience.attempts:
                    raise _given_up(download, failures, error) from None
                pause = min(60.0, patience.wait * 2 ** (failures - 1))
                _log.info(
                    "%s: %s after %s; again in %.3g s.",
                    *(download.target.name, error, decimal(download.have), pause),
                )
                time.sleep(pause)
    _check_total(download, download.have)


def _receive(download: _Download, timeout: float, progress: ByteProgress) -> None:
    """Append what one connection brings."""
    headers = {"User-Agent": f"stylenet/{stylenet.__version__}", "Accept-Encoding": "identity"}
    have = download.have
    validator = read_validator(download.part)
    # without one of the two nothing would tell that the rest belongs to the same file
    if have and (validator or download.sha256):
        headers["Range"] = f"bytes={have}-"
        if validator:
            headers["If-Range"] = validator
    request = urllib.request.Request(download.url, headers=headers)  # noqa: S310 -- checked above
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:  # there is nothing after what we have
            if error.headers.get("Content-Range") == f"bytes */{have}":
                _check_total(download, have)
                download.size = have
                return
            download.part.unlink()
            raise _BrokenOffError("the server's file is shorter than what came before") from None
        if error.code in _WORTH_ANOTHER_TRY:
            raise _BrokenOffError(f"the server answered {error.code} {error.reason}") from None
        raise StylenetError(
            f"{download.url} could not be obtained: the server answered {error.code} "
            f"{error.reason}.",
            "Check the address; it may have moved.",
        ) from None
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise _BrokenOffError(f"the server cannot be reached ({reason})") from None
    with answer:
        start, total = _offered(answer, have)
        if start != have:
            _log.info("%s: the server cannot resume from %d, it starts over.", download.url, have)
        _check_total(download, total)
        download.size = progress.total = download.size if total is None else total
        if start == 0:
            write_validator(download.part, answer.headers)
        with download.part.open("ab" if start else "wb") as stream:
            while chunk := _next_chunk(answer):
                # one byte more is enough to tell that it is another file
                chunk = chunk if download.size is None else chunk[: download.size + 1 - start]
                stream.write(chunk)
                start += len(chunk)
                progress.at(start)
                _check_most(download, start)
    if download.size is not None and start < download.size:
        raise _BrokenOffError("the connection broke off")


def _next_chunk(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read1(_CHUNK)  # what is there: read() would lose it where the rest fails
    except (http.client.HTTPException, OSError) as error:
        raise _BrokenOffError(f"the connection broke off ({error})") from None


def _offered(answer: http.client.HTTPResponse, have: int) -> tuple[int, int | None]:
    """(first byte, bytes of the whole file) that an answer is about to bring."""
    if answer.status != 206:
        return 0, announced_length(answer.headers)
    spans = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
    if spans is None or int(spans[1]) != have:
        raise _BrokenOffError("the server sent another part than was asked for")
    return have, None if spans[2] == "*" else int(spans[2])


def _check_most(download: _Download, have: int) -> None:
    """Refuse what goes on behind the size that is known: a server may never come to an end."""
    if download.size is not None and have > download.size:
        download.part.unlink()
        validator_file(download.part).unlink(missing_ok=True)
        raise StylenetError(
            f"{download.url} goes on after {download.size} bytes, which is all that was expected: "
            "it is another file.",
            "Open the address in a browser; if the file was replaced, the expected size and"
            " SHA-256 have to change with it.",
        )


def _check_total(download: _Download, total: int | None) -> None:
    if download.size is not None and total is not None and total != download.size:
        raise StylenetError(
            f"{download.url} has {total} bytes, expected {download.size}: it is another file, or"
            " a page of something between you and the server.",
            "Open the address in a browser; if the file was replaced, the expected size and"
            " SHA-256 have to change with it.",
        )


def _given_up(download: _Download, failures: int, error: Exception) -> StylenetError:
    of = "" if download.size is None else f" of {decimal(download.size)}"
    return StylenetError(
        f"Downloading {download.url} was given up after {failures} attempts that brought"
        f" nothing more: {error}. {decimal(download.have)}{of} came and are kept in"
        f" {download.part}.",
        "Check the connection (proxy, firewall), and run the same command again: it resumes from"
        f" there. Or fetch the file in another way and lay it down as {download.target}.",
    )
