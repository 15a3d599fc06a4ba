"""Hostile cases whose files try to run code, or to be written outside."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import bombs
import yaml
from hostile import Hostile, Make, Work
from lives import command
from outcomes import expect

from stylenet.errors import StylenetError
from stylenet.files import unpack

Write = Callable[[Path, Path], Path]
TARGETS = ("os.system", "subprocess.check_output", "builtins.eval", "torch.nn.init.eval")


def pickles(of: Hostile) -> dict[str, Make]:
    """A pickle that runs a command, wherever a file of tensors is read."""
    found: dict[str, Make] = {}
    for way, write in (("bare", bombs.bare_pickle), ("zipped", bombs.zipped_pickle)):
        for place, make in _PLACES.items():
            found[f"a {way} pickle for {place}"] = _pickled(of, make, write)
    return found


def _pickled(of: Hostile, make: Callable[[Hostile, Path, Callable[[Path], Path]], Work],
             write: Write) -> Make:  # fmt: skip
    return lambda folder, mark: make(of, folder, lambda file: write(file, mark))


def _old(_: Hostile, folder: Path, write: Callable[[Path], Path]) -> Work:
    return command("import", write(folder / "old.pth"), "--as", "old")


def _model(of: Hostile, folder: Path, write: Callable[[Path], Path]) -> Work:
    model = of.described(folder)
    write(model / "model.safetensors")
    return of.uses(model)


def _weights(of: Hostile, folder: Path, write: Callable[[Path], Path]) -> Work:
    path = f"loss_network.weights.path={write(folder / 'w.pth')}"
    return of.trains(folder, "loss_network/weights=file", path)


_PLACES: dict[str, Callable[[Hostile, Path, Callable[[Path], Path]], Work]] = {
    "model.safetensors": _model,
    "a model": lambda of, f, write: of.uses(write(f / "model.pth")),
    "an old checkpoint": _old,
    "a loss network": _weights,
    "last.ckpt": lambda of, f, write: of.resumes(f, lambda r: write(r / "checkpoints/last.ckpt")),
    "init": lambda of, f, write: of.trains(f, f"init={write(f / 'init.safetensors')}"),
}


def targets(of: Hostile) -> dict[str, Make]:
    """A ``_target_`` that runs code, wherever a file says what is built."""
    found: dict[str, Make] = {}
    for target in TARGETS:
        found[f"{target} in model.json"] = _in_model(of, target)
        for place in ("net", "runner", "callbacks.more"):
            found[f"{target} as {place} of a run's config.yaml"] = _in_run(of, target, place)
    return found


def _evil(target: str, mark: Path) -> dict[str, object]:
    touch = f"touch '{mark}'"
    if "check_output" in target:
        return {"_target_": target, "_args_": [["touch", str(mark)]]}
    words = f"__import__('os').system({touch!r})" if "eval" in target else touch
    return {"_target_": target, "_args_": [words]}


def _in_model(of: Hostile, target: str) -> Make:
    return lambda folder, mark: of.uses(of.described(folder, norm=_evil(target, mark)))


def _in_run(of: Hostile, target: str, place: str) -> Make:
    def make(folder: Path, mark: Path) -> Work:
        def change(run: Path) -> None:
            config = yaml.safe_load((run / "config.yaml").read_text())
            group, _, key = place.partition(".")
            if key:
                config[group][key] = _evil(target, mark)
            else:
                config[group] = _evil(target, mark)
            (run / "config.yaml").write_text(yaml.safe_dump(config))

        return of.resumes(folder, change)

    return make


def archives() -> dict[str, Make]:
    """Archives whose members lead outside, or are more than they say; unpacked."""
    names = ["../outside", "a/../../outside", "/tmp/outside", "C:\\outside"]
    return {
        **{f"zip: {name}": _refused(lambda f, n=name: bombs.zip_of(f, n)) for name in names},
        "zip: a link": _refused(lambda f: bombs.zip_of(f, "link", link=True)),
        "zip: a member larger than it says": _refused(bombs.lying_zip),
        "zip: two thousand folders deep": _refused(lambda f: bombs.zip_of(f, "a/" * 2000 + "b")),
    }


def _refused(write: Callable[[Path], Path]) -> Make:
    def make(folder: Path, _: Path) -> Work:
        archive = write(folder / "a.zip")

        def work() -> None:
            with contextlib.suppress(StylenetError):
                unpack(archive, folder / "in" / "side", setting="data.root")
                raise AssertionError("it was unpacked")
            there = {file.name for file in folder.rglob("*")} - {"a.zip", "said", "in", "side"}
            expect(not there, f"left: {there}")

        return work

    return make
