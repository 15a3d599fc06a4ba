"""Work that ends in files: each is whole or not there, and the work can be done again."""

from __future__ import annotations

import random
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from inputs import Bench
from lives import End, Moment, command, live
from outcomes import BrokenPromiseError, expect, expect_end
from PIL import Image

from stylenet.data import FolderData, RandomCrop
from stylenet.files import Patience, download_file

CONTENT = random.Random(0).randbytes(8_000_000)
PATIENCE = Patience(attempts=3, wait=0.01, timeout=5)


@dataclass(frozen=True)
class Work:
    """What is done in a folder, and the files that come of it; all read-only inputs lie elsewhere.

    Attributes:
        do: given the folder, the work.
        files: given the folder, what is there of what it makes.
        grows: whether a file is added to, and an unfinished one may be there.
    """

    do: Callable[[Path], Callable[[], object]]
    files: Callable[[Path], Sequence[Path]]
    grows: bool = False


class Products:
    """Works and what comes of each if nothing disturbs it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._whole: dict[str, tuple[dict[str, bytes], End]] = {}
        self.works = {
            "cache": Work(self._cache, _below("cache/*"), grows=True),
            "download": Work(self._download, _below("big.zip")),
            "stylize": Work(self._stylize, _below("painted/*.*")),
            "video": Work(self._video, _below("painted.mp4")),
            "export": Work(self._export, _below("net.onnx")),
            "import": Work(self._import, _below("old/model.*")),
        }
        self.many = bench.folder / "many"
        self.many.mkdir()
        for number in range(40):
            picture = Image.fromarray(
                np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
            )
            picture.resize((320 + number, 240)).save(self.many / f"{number:02}.jpg")

    def whole(self, name: str) -> tuple[dict[str, bytes], End]:
        """The files that come of a work, by name, and how it ended."""
        if name not in self._whole:
            folder = self.bench.folder / f"whole_{name}"
            folder.mkdir()
            work = self.works[name]
            end = live(work.do(folder), folder)
            if end.status != 0:
                raise BrokenPromiseError(f"it fails undisturbed, too: {end.said}")
            files = {file.name: file.read_bytes() for file in work.files(folder)}
            assert files, name
            self._whole[name] = files, end
            shutil.rmtree(folder)
        return self._whole[name]

    def check(self, name: str, folder: Path, *, finished: bool, lost: int = 0) -> None:
        """What is in ``folder`` is whole; all of it, if the work is ``finished``.

        ``lost`` half-written files may be left, of processes that had no time to remove theirs.

        Raises:
            BrokenPromiseError: it is not.
        """
        work, (whole, _) = self.works[name], self.whole(name)
        if not work.grows:
            for file in work.files(folder):
                expect(file.name in whole, f"{file.name} is left")
                same = file.read_bytes() == whole[file.name]
                expect(same, f"{file.name} is another, {finished=}")
        if finished:
            there = [file.name for file in work.files(folder)]
            expect(len(there) == len(whole), f"{sorted(whole)} expected, {sorted(there)} there")
            left = [str(file) for file in folder.rglob("*.part")]
            expect(len(left) <= lost, f"left behind: {left}")

    def killed(self, name: str) -> Callable[[random.Random, Path], Iterator[str]]:
        """The case: killed up to three times, then let live."""

        def case(chance: random.Random, scratch: Path) -> Iterator[str]:
            from kills import LIVES, SIGNALS

            _, uninterrupted = self.whole(name)
            number = chance.choice(SIGNALS)
            spans = [
                chance.random() * uninterrupted.seconds for _ in range(chance.randint(1, LIVES))
            ]
            yield f"{name}, {number.name} after " + ", ".join(f"{span:.2f} s" for span in spans)
            for span in spans:
                end = live(self.works[name].do(scratch), scratch, Moment(number, span))
                expect(not end.hung, "it hangs", end.said)
                if end.status == 0:
                    break
                ended = end.status in (-number, 128 + number) and "Traceback" not in end.said
                expect(ended, f"it ended with {end.status}", end.said)
                self.check(name, scratch, finished=False)
            else:
                expect_end(live(self.works[name].do(scratch), scratch), 0)
            lost = len(spans) if number == signal.SIGKILL else 0
            self.check(name, scratch, finished=True, lost=lost)

        return case

    def _cache(self, folder: Path) -> Callable[[], object]:
        data = FolderData(
            root=str(self.many),
            augment=RandomCrop(),
            size=64,
            val_count=0,
            num_workers=0,
            cache=str(folder / "cache"),
        )

        def build() -> None:
            data.prepare_data()
            data.setup("fit")
            pictures = data.train_pictures()
            plain = FolderData(root=str(self.many), augment=RandomCrop(), size=64, val_count=0)
            sources = plain.train_pictures()
            for number in range(len(sources)):
                one = np.asarray(pictures.load(number).resize((16, 16)), float)
                other = np.asarray(sources.load(number).resize((16, 16)), float)
                expect(np.abs(one - other).mean() < 4, f"another picture {number}")

        return build

    def _download(self, folder: Path) -> Callable[[], object]:
        def work() -> None:
            with serving() as address:
                download_file(
                    address,
                    folder / "big.zip",
                    size=len(CONTENT),
                    sha256=sha256(CONTENT).hexdigest(),
                    setting="data.root",
                    patience=PATIENCE,
                )

        return work

    def _stylize(self, folder: Path) -> Callable[[], object]:
        place = ["--model", self.bench.model, "-o", folder / "painted"]
        return command("stylize", self.many, *place, "--backend", "eager")

    def _video(self, folder: Path) -> Callable[[], object]:
        clip = self.bench.clip()
        how = ["--model", self.bench.model, "--backend", "eager", "--overwrite"]
        return command("video", clip, folder / "painted.mp4", *how)

    def _export(self, folder: Path) -> Callable[[], object]:
        return command("export", self.bench.model, "-o", folder / "net.onnx")

    def _import(self, folder: Path) -> Callable[[], object]:
        return command("import", self.bench.old_checkpoint(), "--as", "old", "-o", folder / "old")


def _below(pattern: str) -> Callable[[Path], Sequence[Path]]:
    return lambda folder: sorted(f for f in folder.glob(pattern) if not f.name.endswith(".part"))


class _Slow(BaseHTTPRequestHandler):
    """Serves `CONTENT` in pieces, from where it is asked to."""

    def do_GET(self) -> None:
        given = self.headers["Range"]
        start = int(given[6:-1]) if given else 0
        self.send_response(206 if given else 200)
        if given:
            end = len(CONTENT)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.send_header("ETag", '"one"')
        self.end_headers()
        for first in range(start, len(CONTENT), 2**17):
            self.wfile.write(CONTENT[first : first + 2**17])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[str]:
    """The address of `CONTENT`, from a thread of this process."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Slow) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/big.zip"
