"""Downloading a small file, or soon the reason why that fails."""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from email.message import Message

import stylenet

LARGEST = 64 * 2**20
# Until a server begins to answer: the name's look-up, the connection and the first bytes. Short,
# because something else may stand in, and a machine without network should not wait in vain.
SECONDS_TO_ANSWER = 5.0
# Without a byte, once it has begun.
SECONDS_OF_SILENCE = 20.0


class UnavailableError(OSError):
    """Nothing could be downloaded from an address; the text says why."""


def download_bytes(
    address: str,
    *,
    patience: float = SECONDS_TO_ANSWER,
    silence: float = SECONDS_OF_SILENCE,
) -> bytes:
    """The content at ``address``, at most 64 MiB.

    Args:
        address: http or https.
        patience: seconds within which the server must begin to answer.
        silence: seconds without a byte after which a download that has begun is given up.

    Raises:
        UnavailableError: it does not come; the text says why.
    """
    if not address.startswith(("http://", "https://")):
        raise UnavailableError("not an http address")
    begun = threading.Event()
    content: Future[bytes] = Future()

    def fetch() -> None:
        try:
            content.set_result(_fetch(address, silence, begun.set))
        except Exception as error:
            content.set_exception(error)
        finally:
            begun.set()

    # in a thread, which may be left behind: looking a name up knows no time limit
    threading.Thread(target=fetch, daemon=True).start()
    if not begun.wait(patience):
        raise UnavailableError(f"no answer came within {patience:g} seconds")
    return content.result()


def announced_length(headers: Message) -> int | None:
    """How many bytes a server says are coming; None where it says none, or nonsense."""
    length = headers.get("Content-Length", "").strip()
    return int(length) if length.isascii() and length.isdecimal() and len(length) < 20 else None


def _fetch(address: str, silence: float, begun: Callable[[], None]) -> bytes:
    agent = f"stylenet/{stylenet.__version__}"
    request = urllib.request.Request(address, headers={"User-Agent": agent})  # noqa: S310 -- checked
    try:
        with urllib.request.urlopen(request, timeout=silence) as answer:  # noqa: S310
            begun()
            content: bytes = answer.read(LARGEST + 1)
            announced = announced_length(answer.headers)
    except urllib.error.HTTPError as error:
        error.close()
        raise UnavailableError(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise UnavailableError(f"the server cannot be reached ({error.reason})") from error
    except TimeoutError as error:
        raise UnavailableError(f"the server sent nothing for {silence:g} seconds") from error
    except (http.client.HTTPException, OSError) as error:
        raise UnavailableError(f"the download broke off ({error})") from error
    if len(content) > LARGEST:
        raise UnavailableError(f"more than {LARGEST} bytes came")
    if announced is not None and len(content) < announced:
        raise UnavailableError(f"the download broke off after {len(content)} of {announced} bytes")
    return content
