"""How long the static page takes to paint, beside `Stylizer`: ``python benchmarks/static_page.py``.

One photograph is painted again and again by turns: in Chromium, by onnxruntime-web on one thread,
and here by torch, on one thread and on all. Needs onnx, onnxruntime, playwright, a chromium and
npm (or ``--runtime``).
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import shutil
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import torch
from playwright.sync_api import sync_playwright
from side_by_side import report

from stylenet.app.site import write_site
from stylenet.apply import Stylizer
from stylenet.images import Exactly, read_image, sample_photographs, write_image

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
STYLE = "udnie"
SECONDS = re.compile(r", ([\d.]+) s$")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a web server with the files of ``folder``."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def main() -> None:
    """Write the page, open it and paint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--runtime", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/static_page.csv")
    arguments = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    stylizer = Stylizer.load(STYLE, "cpu")
    took: dict[str, list[float]] = {}
    own = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        write_site([STYLE], folder / "site", arguments.runtime, print)
        photos = [folder / "one.png", folder / "two.png"]  # the same again would be no change
        image = Exactly(arguments.size, arguments.size)(
            read_image(next(iter(sample_photographs().values())))
        )
        for photo in photos:
            write_image(photo, image)
        with serving(folder / "site") as address:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            tab = browser.new_page()
            tab.set_default_timeout(120_000)
            tab.goto(address)
            tab.locator("#said", has_text="Choose a photo").wait_for()
            for turn in range(arguments.rounds + 1):  # the first is left out
                tab.evaluate("document.getElementById('said').textContent = ''")
                tab.set_input_files("#photo", photos[turn % 2])
                tab.locator("#said", has_text=SECONDS).wait_for()
                said = SECONDS.search(tab.locator("#said").inner_text().strip())
                assert said is not None
                took.setdefault("browser, 1 thread", []).append(float(said[1]))
                for threads in sorted({1, os.cpu_count() or 1}):
                    torch.set_num_threads(threads)
                    stylizer.paint(image)
                    took.setdefault(f"torch, threads: {threads}", []).append(stylizer.seconds)
            browser.close()
    torch.set_num_threads(own)
    report(
        [
            {"painter": painter, "median_ms": f"{1000 * statistics.median(seconds[1:]):.0f}"}
            for painter, seconds in took.items()
        ],
        arguments.out,
    )


if __name__ == "__main__":
    main()
