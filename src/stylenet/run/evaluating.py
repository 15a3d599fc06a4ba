"""``evaluate.py``: paint pictures with trained nets, measure them, show them side by side."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean

import torch
from omegaconf import DictConfig, ListConfig, OmegaConf
from rich.console import Console
from rich.table import Table
from torch import Tensor

from stylenet.apply import Model, Stylizer, load_model
from stylenet.data.folder import picture_files
from stylenet.errors import StylenetError
from stylenet.images import PictureError, contact_sheet, read_image, write_image
from stylenet.losses import PerceptualLoss
from stylenet.metrics import measure
from stylenet.run.building import build_loss, build_network, instantiate, locate_style
from stylenet.styles import StyleNotFoundError, read_style

log = logging.getLogger(__name__)
FIGURES = ("content", "style", "tv", "ssim", "milliseconds")
SHEET_ROWS = 12


@dataclass(frozen=True)
class Row:
    """One painted picture's figures: a line of ``metrics.csv``."""

    model: str
    picture: str
    width: int
    height: int
    loss_network: str
    content: float | None
    style: float | None
    tv: float | None
    ssim: float | None
    milliseconds: float


def evaluate(config: DictConfig) -> list[Row]:
    """Paint every content picture with every model, at the picture's own size.

    Writes ``<out>/<model>/<picture>.png``, ``<out>/sheet.png`` and ``<out>/metrics.csv`` and
    prints a table. Losses are unweighted: content, style and total variation as the project
    defines them, under ``loss_network``.

    Raises:
        StylenetError: a model or picture that cannot be used; a broken picture in a folder is
            skipped with a warning.
    """
    out = Path(config.out or f"evaluations/{datetime.now():%Y-%m-%d_%H-%M-%S}")
    device = _device(config.device)
    models = [load_model(path) for path in _as_list(config.model)]
    losses = {name: _loss(config, model) for name, model in _named(models).items()}
    stylizers = {name: Stylizer(model, device) for name, model in _named(models).items()}
    rows: list[Row] = []
    sheet: list[list[Tensor]] = []
    for file in _contents(config):
        painted = []
        picture = _read(file, config)
        if picture is None:
            continue
        for name, stylizer in stylizers.items():
            if name not in {row.model for row in rows}:
                stylizer(picture)  # the first pass of a process sets kernels up: not to be timed
            result = stylizer(picture)
            write_image(out / name / f"{file.stem}.png", result)
            rows.append(_row(name, file, picture, result, losses[name], config, stylizer.seconds))
            painted.append(result)
        if len(sheet) < SHEET_ROWS:
            sheet.append([picture, *painted])
    if not rows:
        raise StylenetError(
            f"Got content={config.content}, in which no picture could be read.",
            "Name a picture or a folder of pictures.",
        )
    write_image(out / "sheet.png", contact_sheet(sheet, column_titles=["content", *stylizers]))
    _write_table(out / "metrics.csv", rows)
    OmegaConf.save(config, out / "config.yaml", resolve=True)
    Console(soft_wrap=True).print(_table(rows))
    log.info("pictures  %s", out / "sheet.png")
    log.info("figures   %s", out / "metrics.csv")
    return rows


def _as_list(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, (list, ListConfig)) else [str(value)]


def _named(models: list[Model]) -> Mapping[str, Model]:
    """Models by name; equal names get a number, so that none overwrites another's pictures."""
    named: dict[str, Model] = {}
    for model in models:
        name, count = model.name, 2
        while name in named:
            name, count = f"{model.name}_{count}", count + 1
        named[name] = model
    return named


def _device(wish: str) -> torch.device:
    if wish == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wish.startswith("cuda") and not torch.cuda.is_available():
        raise StylenetError(f"Got device={wish}, but torch sees no GPU.", "Use device=cpu.")
    return torch.device(wish)


def _contents(config: DictConfig) -> Iterator[Path]:
    for given in _as_list(config.content):
        path = Path(given).expanduser()
        yield from picture_files(path, "content") if path.is_dir() else [path]


def _read(file: Path, config: DictConfig) -> Tensor | None:
    """A picture, or None with a warning for a broken one out of a folder."""
    try:
        return read_image(file, max_pixels=config.max_pixels)
    except PictureError as error:
        if str(file) in _as_list(config.content):
            raise
        log.warning("skipped: %s", error)
        return None


def _loss(config: DictConfig, model: Model) -> PerceptualLoss:
    """The unweighted loss against the style that ``model`` was trained on, or the one named."""
    settings = config.copy()
    for weight in ("content_weight", "style_weight", "tv_weight"):
        settings.loss[weight] = 1.0
    style = _style(config, model)
    if style is None:
        network = build_network(settings)
        terms = {k: instantiate(v) for k, v in settings.loss.terms.items() if k != "style"}
        return PerceptualLoss(terms, network)
    return build_loss(settings, style)


def _style(config: DictConfig, model: Model) -> Tensor | None:
    if config.style is not None:
        return read_style(locate_style(config, str(config.style)), instantiate(config.style_size))
    kept = model.path.parent / "style.png"
    if kept.is_file():
        return read_image(kept)[None]
    name = model.description["style"]["name"]
    try:
        return read_style(locate_style(config, name), instantiate(config.style_size))
    except StyleNotFoundError:
        log.warning(
            "%s: its style %s is not at hand: no style loss (give style=...)", model.name, name
        )
        return None


def _row(
    name: str,
    file: Path,
    picture: Tensor,
    result: Tensor,
    loss: PerceptualLoss,
    config: DictConfig,
    seconds: float,
) -> Row:
    height, width = picture.shape[-2:]
    figures = asdict(measure(result, picture, loss))
    network = config.loss_network.name
    return Row(
        name, file.name, width, height, network, **figures, milliseconds=round(1000 * seconds, 2)
    )


def _write_table(file: Path, rows: list[Row]) -> None:
    with file.open("w", newline="") as target:
        writer = csv.DictWriter(target, fieldnames=list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def _table(rows: list[Row]) -> Table:
    """Means over the pictures, one line a model."""
    table = Table(title=f"means under {rows[0].loss_network}, losses unweighted")
    for title in ("model", "pictures", *FIGURES):
        table.add_column(title, justify="left" if title == "model" else "right", overflow="fold")
    for model in dict.fromkeys(row.model for row in rows):
        own = [row for row in rows if row.model == model]
        cells = []
        for figure in FIGURES:
            values = [getattr(row, figure) for row in own if getattr(row, figure) is not None]
            cells.append(f"{fmean(values):.4g}" if values else "-")
        table.add_row(model, str(len(own)), *cells)
    return table
