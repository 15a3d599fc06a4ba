"""Servers that hang, cut off, lie about length or send a page: the right file comes, or words."""

from __future__ import annotations

import gzip
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from outcomes import expect

from stylenet.errors import StylenetError
from stylenet.files import Patience, UnavailableError, download_bytes, download_file

CONTENT = random.Random(1).randbytes(400_000)
PAGE = b"<!doctype html><title>Sign in</title>" * 40
PATIENCE = Patience(attempts=3, wait=0.01, timeout=0.3)
TOO_MUCH = len(CONTENT) + 2**21
WAYS = [
    *("honest", "hangs", "closes", "cuts", "short", "long", "no length", "junk length"),
    *("negative length", "huge length", "page", "busy", "gone", "loop", "garbage", "endless"),
    *("other part", "wrong part", "compressed", "two lengths", "empty", "long headers", "odd etag"),
]


class Server:
    """Answers each connection in the next of ``ways``, and in the last one ever after."""

    def __init__(self, ways: list[str]) -> None:
        self.ways = ways
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}/file.bin"
        self.over = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            way = self.ways.pop(0) if len(self.ways) > 1 else self.ways[0]
            threading.Thread(target=self._answer, args=(connection, way), daemon=True).start()

    def _answer(self, connection: socket.socket, way: str) -> None:
        with connection, suppress(OSError):
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += connection.recv(4096)
            start = 0
            for line in asked.split(b"\r\n"):
                if line.lower().startswith(b"range: bytes="):
                    start = int(line[13:].rstrip(b"-"))
            if way == "endless":
                self._endless(connection)
                return
            if way == "hangs":
                connection.sendall(_head(200, len(CONTENT))[: random.Random(start).randrange(60)])
                self.over.wait(20)
                return
            connection.sendall(_answer(way, start))

    def _endless(self, connection: socket.socket) -> None:
        connection.sendall(_head(200, None))
        while not self.over.is_set():
            connection.sendall(bytes(2**16))

    def close(self) -> None:
        self.over.set()
        self.listening.close()


def _answer(way: str, start: int) -> bytes:
    rest, size = CONTENT[start:], len(CONTENT)
    part = _head(206, size - start, f"Content-Range: bytes {start}-{size - 1}/{size}")
    whole = part if start else _head(200, size)
    lengths = {"junk length": "x", "negative length": "-5", "huge length": str(10**30)}
    answers = {
        "closes": b"",
        "cuts": whole + rest[: len(rest) // 2],
        "short": _head(200, size // 2) + CONTENT,
        "long": _head(200, 2 * size) + CONTENT,
        "no length": _head(200, None) + CONTENT,
        "page": _head(200, len(PAGE)) + PAGE,
        "busy": _head(503, 0),
        "gone": _head(404, 0),
        "loop": _head(302, 0, "Location: /file.bin"),
        "garbage": b"\x00\xff nonsense\r\n\r\n" + PAGE,
        "other part": _head(206, 10, f"Content-Range: bytes 7-16/{size}") + CONTENT[7:17],
        "wrong part": _head(206, 10, "Content-Range: a-b/c") + CONTENT[:10],
        "compressed": _head(200, None, "Content-Encoding: gzip") + gzip.compress(CONTENT),
        "two lengths": _head(200, size, "Content-Length: 7") + CONTENT,
        "empty": _head(200, 0),
        "long headers": _head(200, size, "X: " + "y" * 100_000) + CONTENT,
        "odd etag": _head(200, size // 2, 'ETag: "\xff\n\x00"') + CONTENT[: size // 2],
    }
    if way in lengths:
        return _head(200, None, f"Content-Length: {lengths[way]}") + CONTENT
    return answers.get(way, whole + rest)


def _head(status: int, length: int | None, *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status} So", "Connection: close", *more]
    if not any(line.startswith("ETag") for line in more):
        lines.append('ETag: "one"')
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@contextmanager
def _serving(ways: list[str]) -> Iterator[str]:
    server = Server(ways)
    try:
        yield server.address
    finally:
        server.close()


def server(chance: random.Random, scratch: Path) -> Iterator[str]:
    """A few odd answers, after which the server may be honest; a large or a small download."""
    ways = chance.choices(WAYS, k=chance.randint(1, 4))
    if chance.random() < 0.5:
        ways.append("honest")
    large = chance.random() < 0.7
    known = chance.choice(["size and SHA-256", "size", "SHA-256"])
    if known == "SHA-256":  # where nobody says how large it is, what never ends fills the disk
        ways = ["cuts" if way == "endless" else way for way in ways]
    yield f"{', '.join(ways)}; " + (f"{known} known" if large else "a small file")
    began = time.monotonic()
    with _serving(ways) as address:
        try:
            if large:
                _large(address, scratch / "file.bin", known)
            else:
                content = download_bytes(address, patience=0.5, silence=0.5)
                expect(content is not None, "nothing")
        except UnavailableError as error:
            raise StylenetError(f"It is not to be had: {error}.", "Try again.") from error
        finally:
            seconds = time.monotonic() - began
            expect(seconds < 15, f"it took {seconds:.0f} s")
            bytes_there = sum(file.stat().st_size for file in scratch.iterdir())
            expect(bytes_there <= TOO_MUCH, f"{bytes_there} bytes were kept")


def _large(address: str, target: Path, known: str) -> None:
    size = len(CONTENT) if "size" in known else None
    digest = sha256(CONTENT).hexdigest() if "SHA" in known else None
    try:
        download_file(
            address, target, size=size, sha256=digest, setting="data.root", patience=PATIENCE
        )
    except StylenetError:
        expect(not target.exists(), "it failed, and the file is there")
        raise
    right = target.read_bytes() == CONTENT
    # where the size alone is known, other bytes of that size cannot be told apart
    expect(right or digest is None, "another file came")
    expect(target.stat().st_size == len(CONTENT), "another size came")
