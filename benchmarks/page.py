"""How long the page takes to answer: ``python benchmarks/page.py``.

A photograph is painted in Chromium; then each control is changed again and again, and the time
until the new painting has been loaded is taken in the browser, medians. The server is in this
process, on the same cores; its processor time a change, which other work on the machine does not
lengthen, stands beside. ``--stop`` measures an optimisation instead: from its start to its first
steps, and from *Stop* to the picture and its download. Needs gradio, playwright and a chromium.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from side_by_side import report

from stylenet.app.limits import Limits
from stylenet.app.page import served
from stylenet.app.studio import Studio
from stylenet.images import Exactly, read_image, sample_photographs, write_image

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
# control -> the values that it is given by turns; of the last two so many that the net paints anew
CONTROLS: dict[str, tuple[float, ...]] = {
    "strength": (0.5, 1.0),
    "hue": (30, 0),
    "saturation": (0.5, 1.0),
    "brightness": (0.8, 1.0),
    "strokes": (0.5, 0.75, 1.25, 1.5, 1.75, 2.0),
    "weight_second": (0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9),
}
SLOW = 120_000
STEPS = re.compile(r"^\s*[1-9]\d* of \d+ steps")  # neither the photo nor what was stopped
# milliseconds from giving a number to the painting's being there
CHANGE = """([control, value, patience]) => new Promise((resolve, reject) => {
    const number = document.querySelector(`#${control} input[type=number]`);
    const shown = () => [...document.querySelectorAll('#result img')].at(-1);
    const before = shown().src, begun = performance.now();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(number, value);
    number.dispatchEvent(new Event('input', {bubbles: true}));
    number.dispatchEvent(new Event('change', {bubbles: true}));
    const look = () => {
        const image = shown();
        if (image.src !== before && image.complete && image.naturalWidth > 0)
            resolve(performance.now() - begun);
        else if (performance.now() - begun > patience)
            reject(new Error(`no new painting for ${control}=${value}`));
        else setTimeout(look, 2);
    };
    look();
})"""


def measure(tab: Any, rounds: int) -> list[dict[str, str]]:
    """A row a control; the first two changes are left out."""
    rows = []
    for control, values in CONTROLS.items():
        if control == "weight_second":
            tab.get_by_text("Mix several styles", exact=True).click()
            tab.click("#style_second input")
            tab.get_by_role("option").nth(2).click()
            tab.locator("#said", has_text="%").wait_for()
        given = [values[n % len(values)] for n in range(rounds + 2)]
        for value in given[:2]:
            tab.evaluate(CHANGE, [control, value, SLOW])
        begun = time.process_time()
        took = [tab.evaluate(CHANGE, [control, value, SLOW]) for value in given[2:]]
        busy = 1000 * (time.process_time() - begun) / rounds
        rows.append(
            {
                "control": control,
                "median_ms": f"{statistics.median(took):.0f}",
                "slowest_ms": f"{max(took):.0f}",
                "processor_ms": f"{busy:.0f}",
            }
        )
    return rows


def stopped(tab: Any, rounds: int) -> list[dict[str, str]]:
    """A row each for what starts and what ends an optimisation, in seconds."""
    tab.get_by_role("tab", name="Optimise").click()
    took: dict[str, list[float]] = {"start to first steps": [], "stop to download": []}
    for _ in range(rounds):
        begun = time.perf_counter()
        tab.click("#o_go")
        tab.locator("#o_said", has_text=STEPS).wait_for()
        took["start to first steps"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        tab.click("#o_stop")
        tab.locator("#o_said", has_text="Stopped after").wait_for()
        tab.locator("#o_save:not([disabled])").wait_for()
        tab.wait_for_function("document.querySelector('#o_result img').naturalWidth > 0")
        took["stop to download"].append(time.perf_counter() - begun)
    load = f"{os.getloadavg()[0]:.0f}"
    return [
        {
            "from": name,
            "median_s": f"{statistics.median(seconds):.1f}",
            "slowest_s": f"{max(seconds):.1f}",
            "load": load,
        }
        for name, seconds in took.items()
    ]


def main() -> None:
    """Open the page and change what it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/page.csv")
    parser.add_argument("--stop", action="store_true", help="an optimisation's start and end")
    parser.add_argument("--patience", type=float, default=SLOW / 1000, help="seconds for a change")
    arguments = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Studio("cpu", Limits(side=arguments.size)), port=0) as page,
        sync_playwright() as playwright,
    ):
        photo = Path(folder) / "photo.png"
        write_image(
            photo,
            Exactly(arguments.size, arguments.size)(
                read_image(next(iter(sample_photographs().values())))
            ),
        )
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        tab = browser.new_page()
        tab.set_default_timeout(1000 * arguments.patience)
        tab.goto(page.address)
        tab.set_input_files("#photo input[type=file]", photo)
        tab.locator("#said", has_text="pixels").wait_for()
        if arguments.stop:
            rows = stopped(tab, arguments.rounds)
        else:
            tab.get_by_text("Colours", exact=True).click()
            rows = measure(tab, arguments.rounds)
        browser.close()
    out: Path = arguments.out
    report(rows, out.with_name(f"{out.stem}_stop.csv") if arguments.stop else out)


if __name__ == "__main__":
    main()
