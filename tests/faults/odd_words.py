"""Odd words, files and requests for the command line, clips, old checkpoints and the page."""

from __future__ import annotations

import random
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from inputs import Bench
from lives import End, command, live
from mutations import mutated_bytes, odd_values
from outcomes import SkippedError, expect, expect_end

from stylenet.errors import StylenetError

Case = Callable[[random.Random, Path], Iterator[str]]
OPTIONS = {
    "stylize": [
        *("--style", "--model", "--strength", "--hue", "--saturation", "--brightness", "--size"),
        *("--regions", "-o", "--device", "--backend", "--net-package"),
    ],
    "video": [
        *("--style", "--model", "--strength", "--size", "--start", "--end", "--fps", "--crf"),
        *("--blend", "--hue", "--device", "--backend"),
    ],
    "export": ["--to", "-o", "--style", "--net-package"],
    "import": ["--as", "-o"],
    "styles": ["--sheet"],
    "sweep": [],
    "bank": [],
    "site": ["-o", "--runtime"],
    "completion": [],
}


def odd_command(bench: Bench) -> Case:
    """A subcommand with an odd value for an option, or an odd word."""

    def case(chance: random.Random, scratch: Path) -> Iterator[str]:
        name = chance.choice(list(OPTIONS))
        given: dict[str, list[object]] = {
            "stylize": [bench.photo, "--model", bench.model, "-o", "painted.png"],
            "video": [bench.clip(), "painted.mp4", "--model", bench.model, "--backend", "eager"],
            "export": [bench.model, "-o", "net.onnx"],
            "import": [bench.old_checkpoint(), "--as", "old"],
        }
        value = chance.choice([*odd_values(), "", "-", "--", "~nobody/x", "/dev/null", "a\nb"])
        option = chance.choice([*OPTIONS[name], ""])
        words = [name, *given.get(name, []), *([option] if option else []), value]
        yield f"{name} {option} {value!r}"
        end = live(command(*words), scratch)
        expect_end(end, 0, 1, 2, 130)
        _raise_words(end)

    return case


def odd_clip(bench: Bench) -> Case:
    """A damaged clip."""

    def case(chance: random.Random, scratch: Path) -> Iterator[str]:
        content, how = mutated_bytes(bench.clip().read_bytes(), chance)
        clip = scratch / "odd.mp4"
        clip.write_bytes(content)
        yield how
        place = [scratch / "painted.mp4", "--model", bench.model, "--backend", "eager"]
        end = live(command("video", clip, *place), scratch)
        expect_end(end, 0, 2)
        expect(end.status == 0 or not (scratch / "painted.mp4").exists(), "half a clip", end.said)
        _raise_words(end)

    return case


def odd_checkpoint(bench: Bench) -> Case:
    """A damaged checkpoint of another repository."""

    def case(chance: random.Random, scratch: Path) -> Iterator[str]:
        content, how = mutated_bytes(bench.old_checkpoint().read_bytes(), chance)
        file = scratch / "old.pth"
        file.write_bytes(content)
        yield how
        end = live(command("import", file, "--as", "old", "-o", scratch / "old"), scratch)
        expect_end(end, 0, 2)
        _raise_words(end)

    return case


def _raise_words(end: End) -> None:
    if end.status == 2:
        raise StylenetError(end.said, "")


PLACES = [
    *("/", "/config", "/gradio_api/info", "/gradio_api/upload", "/gradio_api/queue/join"),
    *("/gradio_api/file=/etc/passwd", "/gradio_api/file=../../etc/passwd", "/file=/etc/hostname"),
    *("/gradio_api/file=%2Fetc%2Fpasswd", "/static/../../../../etc/passwd", "/assets/%2e%2e/x"),
    *("/gradio_api/proxy=http://127.0.0.1:1/", "/gradio_api/call/nothing", "/" + "a" * 9000),
]
BODIES = [
    *(b"", b"{", b"[" * 100_000, b'{"data": [null]}', b'{"fn_index": 0, "data": [{}]}'),
    *(b'{"fn_index": 1e99, "data": 7}', b'{"data": [{"path": "/etc/passwd"}], "fn_index": 0}'),
    b'{"data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}], "fn_index": 1, '
    b'"session_hash": "x"}',
]


def odd_requests(chance: random.Random, scratch: Path) -> Iterator[str]:
    """Thirty odd requests to the page: it gives no file away, and answers the next one."""
    asked = [
        (chance.choice(["GET", "POST", "PUT", "HEAD", "\x00"]), chance.choice(PLACES),
         chance.choice(BODIES))
        for _ in range(30)
    ]  # fmt: skip
    yield ", ".join(sorted({place[:30] for _, place, _ in asked}))

    def work() -> None:
        try:
            from stylenet.app.page import served
            from stylenet.app.studio import Studio
        except ImportError as error:
            raise SystemExit(77) from error
        with served(Studio("cpu"), port=0) as page:
            port = int(page.address.rstrip("/").rpartition(":")[2])
            for method, place, body in asked:
                answer = _ask(port, method, place, body)
                expect(b"root:x:" not in answer, f"{place} gives a file away")
            expect(b" 200 " in _ask(port, "GET", "/", b"")[:20], "the page is no longer there")

    end = live(work, scratch)
    if end.status == 77:
        raise SkippedError("the extra app is not installed")
    expect(end.status == 0 and not end.hung, f"ended with {end.status}", end.said)
    shutil.rmtree(scratch / "nothing", ignore_errors=True)


def _ask(port: int, method: str, place: str, body: bytes) -> bytes:
    head = (
        f"{method} {place} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        try:
            while part := connection.recv(2**16):
                answer += part
        except ConnectionError:
            pass
    return answer
