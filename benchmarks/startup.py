"""How long a command takes before it does anything: ``python benchmarks/startup.py``.

Processor seconds (user and system, one thread) of whole processes that take turns, medians, and
their ratio to those of ``import torch, pytorch_lightning``. Bytecode is in place, and nets that are
kept once they were written: a first round, which may write them, is left out.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from side_by_side import report

from stylenet.images import sample_photographs

ROOT = Path(__file__).parents[1]
IMPORTS = "import torch, pytorch_lightning"
TRAIN, EVALUATE = str(ROOT / "train.py"), str(ROOT / "evaluate.py")
PAGE, STUBS = "import stylenet.app.page", "import gradio, stylenet.app.page"
QUICK = "from stylenet.app.quick_import import without_stubs\nwith without_stubs(): import gradio\n"
STYLIZE = ["-m", "stylenet", "stylize", "photo.png", "--style", "udnie", "-o"]  # of 512 pixels
# what is run, and the status it ends with
COMMANDS = {
    IMPORTS: (["-c", IMPORTS], 0),
    "import torch": (["-c", "import torch"], 0),
    "train.py --help": ([TRAIN, "--help"], 0),
    "train.py norm=instanc": ([TRAIN, "norm=instanc"], 2),
    "stylenet --help": (["-m", "stylenet", "--help"], 0),
    STUBS: (["-c", STUBS], 0),
    "the same, without stubs": (["-c", QUICK + PAGE], 0),
    "stylenet stylize, one photo": ([*STYLIZE, "quick.png"], 0),
    "stylenet stylize --backend openvino": ([*STYLIZE, "openvino.png", "--backend", "openvino"], 0),
    "stylenet stylize --backend eager": ([*STYLIZE, "eager.png", "--backend", "eager"], 0),
    "evaluate.py, one picture": ([EVALUATE, "model=run", "content=me.png", "out=painted"], 0),
}
TINY = ["net.width=0.125", "data.size=64", "style_size.px=64", "trainer.max_steps=1"]
TINY += ["callbacks=none", "logger=none", "run.dir=run"]


def seconds(arguments: Sequence[str], status: int, folder: Path) -> float:
    """Processor seconds of Python with ``arguments``, run in ``folder``."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "STYLENET_CACHE": str(folder / "cache")}
    if sys.dont_write_bytecode:  # else it lies where it always does
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "code")
    for name in ("PYTHONDONTWRITEBYTECODE", "HYDRA_FULL_ERROR"):
        environment.pop(name, None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != status:
        raise RuntimeError(f"{arguments} ended with status {done.returncode}: {done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Measure the commands, one after the other, several times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", nargs="+", default=list(COMMANDS), choices=COMMANDS)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/startup.csv")
    arguments = parser.parse_args()
    chosen = list(dict.fromkeys([IMPORTS, *arguments.commands]))
    found: dict[str, list[float]] = {name: [] for name in chosen}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with Image.open(sample_photographs()["chelsea"]) as image:
            image.convert("RGB").resize((512, 512)).save(folder / "photo.png")
        if "evaluate.py, one picture" in chosen:
            Image.new("RGB", (256, 256), "red").save(folder / "me.png")
            seconds([TRAIN, *TINY], 0, folder)
        for number in range(arguments.rounds + 1):
            for name in chosen:
                spent = seconds(*COMMANDS[name], folder)
                if number > 0:
                    found[name].append(spent)
    medians = {name: statistics.median(spent) for name, spent in found.items()}
    rows = [
        {
            "command": name,
            "cpu_seconds": f"{median:.2f}",
            "times_imports": f"{median / medians[IMPORTS]:.2f}",
        }
        for name, median in medians.items()
    ]
    report(rows, arguments.out)


if __name__ == "__main__":
    main()
