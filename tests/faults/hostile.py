"""Hostile cases by name: an error in words or a correct result, soon, in 2 GiB, and no code run."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import bombs
from kills import Kills
from lives import command, live
from outcomes import expect, expect_end

from stylenet.images import read_image

MEMORY = 2 * 2**30
SECONDS = 120.0  # far more than any needs, on a machine that is busy with other work
DEEP = "[" * 200_000
LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)
)
Work = Callable[[], object]
Make = Callable[[Path, Path], Work]


@dataclass
class Hostile:
    """The cases, each a function of a folder of its own and of the mark that its code makes."""

    kills: Kills
    cases: list[tuple[str, Make, Sequence[int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.add(self._pictures() | self._pipes() | self._texts(), 2)
        self.add(self._folders(), 0, 1, 2)

    def add(self, cases: Mapping[str, Make], *statuses: int) -> None:
        """Cases by name, and with what status they may end."""
        self.cases += [(name, make, statuses) for name, make in cases.items()]

    def case(self, chance: random.Random, scratch: Path, number: int) -> Iterator[str]:
        """The case of that number."""
        name, make, statuses = self.cases[number % len(self.cases)]
        yield name
        mark = scratch / "mark"
        end = live(make(scratch, mark), scratch, seconds=SECONDS)
        expect(not mark.exists(), "code was run from the file", end.said)
        expect_end(end, *statuses)
        expect(end.grown < MEMORY, f"{end.grown / 2**30:.1f} GiB were needed", end.said)

    def _paints(self, photo: Path, *more: object) -> Work:
        bench = self.kills.bench
        place = ["--model", bench.model, "-o", photo.parent / "painted.png", "--backend", "eager"]
        return command("stylize", photo, *place, *more)

    def trains(self, folder: Path, *more: object, task: str = "feedforward") -> Work:
        words = self.kills.trainings[task].words(folder)
        return command(*[w for w in words if "probe" not in w], "trainer.max_steps=1", *more)

    def _run(self, folder: Path) -> Path:
        whole, _ = self.kills.uninterrupted("feedforward")
        shutil.copytree(whole / "run", folder / "run")
        return folder / "run"

    def resumes(self, folder: Path, change: Callable[[Path], object]) -> Work:
        run = self._run(folder)
        change(run)
        return command("train", f"resume={run}", "trainer.max_steps=40")

    def _model(self, folder: Path, description: str) -> Path:
        model = folder / "model"
        shutil.copytree(self.kills.bench.model, model)
        (model / "model.json").write_text(description)
        return model

    def described(self, folder: Path, **changed: object) -> Path:
        description = json.loads((self.kills.bench.model / "model.json").read_text())
        description["architecture"] |= changed
        return self._model(folder, json.dumps(description))

    def uses(self, model: Path) -> Work:
        bench = self.kills.bench
        return command("stylize", bench.photo, "--model", model, "-o", model.parent / "out.png")

    def _pictures(self) -> dict[str, Make]:
        def text(folder: Path, _: Path) -> Work:
            chunk = b"zTXt", b"Comment\0\0" + bombs.squeezed()
            return self._paints(bombs.png(folder / "a.png", 8, 8, chunk))

        def profile(folder: Path, _: Path) -> Work:
            chunk = b"iCCP", b"name\0\0" + bombs.squeezed()
            picture = bombs.png(folder / "a.png", 8, 8, chunk)
            return lambda: (read_image(picture), command("stylize", folder / "none.png")())

        return {
            "PNG of 60 000 x 60 000": lambda f, _: self._paints(
                bombs.png(f / "a.png", 60000, 60000)
            ),
            "PNG, fewer pixels than it says": lambda f, _: self._paints(
                bombs.png(f / "a.png", 9000, 9000)
            ),
            "GIF of 65 535 x 65 535": lambda f, _: self._paints(bombs.gif(f / "a.gif")),
            "TIFF of 50 000 x 50 000": lambda f, _: self._paints(bombs.tiff(f / "a.tif")),
            "PNG with 300 MB of text": text,
            "PNG with a profile of 300 MB": profile,
            "style of 60 000 x 60 000": lambda f, _: self.trains(
                f, f"style={bombs.png(f / 's.png', 60000, 60000)}"
            ),
            "a size of 10 million": lambda f, _: self._paints(
                shutil.copy(self.kills.bench.photo, f / "a.jpg"), "--size", 10_000_000
            ),
        }

    def _pipes(self) -> dict[str, Make]:
        def pipe(folder: Path, name: str = "pipe") -> Path:
            os.mkfifo(folder / name)
            return folder / name

        def model(folder: Path, name: str) -> Work:
            shutil.copytree(self.kills.bench.model, folder / "model")
            (folder / "model" / name).unlink()
            return self.uses(pipe(folder / "model", name).parent)

        bench = self.kills.bench
        weights = "loss_network/weights=file"
        return {
            "a pipe for a photograph": lambda f, _: self._paints(pipe(f, "a.jpg")),
            "/dev/zero for a photograph": lambda f, _: self._paints(
                (f / "a.png").symlink_to("/dev/zero") or f / "a.png"
            ),
            "a pipe for a style": lambda f, _: self.trains(f, f"style={pipe(f, 's.png')}"),
            "a pipe for a region map": lambda f, _: command(
                *("evaluate", f"model={bench.model}", f"content={bench.photo}", "metrics=none"),
                *(f"region_map={pipe(f, 'map.png')}", "region_styles={ff0000: a}", f"out={f}"),
            ),
            "a pipe for model.json": lambda f, _: model(f, "model.json"),
            "a pipe for model.safetensors": lambda f, _: model(f, "model.safetensors"),
            "a pipe for weights": lambda f, _: self.trains(
                f, weights, f"loss_network.weights.path={pipe(f, 'w.pth')}"
            ),
            "a pipe for an old checkpoint": lambda f, _: command(
                "import", pipe(f, "old.pth"), "--as", "old"
            ),
            "/dev/zero for an old checkpoint": lambda f, _: command(
                "import", "/dev/zero", "--as", "old"
            ),
            "a pipe for a clip": lambda f, _: command(
                "video", pipe(f, "a.mp4"), f / "b.mp4", "--model", bench.model
            ),
            "/dev/zero for a clip": lambda f, _: command(
                "video", "/dev/zero", f / "b.mp4", "--model", bench.model
            ),
            "/dev/full for a painting": lambda f, _: command(
                *("stylize", bench.photo, "--model", bench.model),
                *("-o", (f / "full.png").symlink_to("/dev/full") or "/dev/full/a.png"),
            ),
            "a pipe for last.ckpt": lambda f, _: self.resumes(
                f,
                lambda run: (
                    (run / "checkpoints/last.ckpt").unlink(),
                    pipe(run, "checkpoints/last.ckpt"),
                ),
            ),
            "a pipe for run.json": lambda f, _: self.resumes(
                f,
                lambda run: (
                    (run / "model.json").unlink(),
                    pipe(run, "model.json"),
                    (run / "config.yaml").unlink(),
                ),
            ),
        }

    def _texts(self) -> dict[str, Make]:
        def coco(folder: Path, content: str) -> Work:
            root = folder / "coco"
            shutil.copytree(self.kills.bench.photos, root / "train2017")
            (root / "annotations").mkdir()
            (root / "annotations/instances_train2017.json").write_text(content)
            more = ["data=coco", f"data.root={root}", "data.val_count=0", "data.categories=[cat]"]
            return self.trains(folder, *more)

        return {
            "model.json 200 000 lists deep": lambda f, _: self.uses(self._model(f, DEEP)),
            "instances.json 200 000 lists deep": lambda f, _: coco(f, DEEP),
            "run.json 200 000 lists deep": self._changed("run.json", DEEP),
            "a resumed run's model.json 200 000 lists deep": self._changed("model.json", DEEP),
            "config.yaml 200 000 lists deep": self._changed("config.yaml", DEEP),
            "config.yaml of a billion laughs": self._changed("config.yaml", LAUGHS),
            "a net of a billion channels": lambda f, _: self.uses(self.described(f, width=1e8)),
            "a net of a million blocks": lambda f, _: self.uses(self.described(f, blocks=10**6)),
            "a net of infinite width": lambda f, _: self.uses(
                self.described(f, width=float("inf"))
            ),
            "instances.json, a billion laughs of numbers": lambda f, _: coco(
                f, '{"images": [' + "9" * 10_000 + "]}"
            ),
        }

    def _changed(self, name: str, content: str) -> Make:
        return lambda f, _: self.resumes(f, lambda run: (run / name).write_text(content))

    def _folders(self) -> dict[str, Make]:
        bench = self.kills.bench
        return {
            "a folder of pipes, devices and links, painted": lambda f, _: command(
                *("stylize", bombs.zoo(f / "zoo", bench.photo), "--model", bench.model),
                *("-o", f / "painted", "--backend", "eager"),
            ),
            "a resumed run's model.json without its training": self._changed("model.json", "{}"),
            "the same, trained on": lambda f, _: self.trains(
                f, f"data.root={bombs.zoo(f / 'zoo', bench.photo)}", "data.max_unreadable=0.9"
            ),
        }
