"""``evaluate.py``: paint pictures with trained nets, measure them, show them side by side."""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from omegaconf import DictConfig, ListConfig, OmegaConf
from rich.console import Console
from rich.table import Table
from torch import Tensor

from stylenet import images
from stylenet.apply import Model, Stylizer, load_model
from stylenet.errors import StylenetError
from stylenet.images import LongerSide, contact_sheet, read_image, write_image
from stylenet.losses import PerceptualLoss
from stylenet.losses.network import LossNetworkError
from stylenet.metrics import measure
from stylenet.nets import PictureTooSmallError
from stylenet.run.building import build_loss, build_network, instantiate, locate_style
from stylenet.run.contents import UnreadableError, find_contents
from stylenet.run.speed import tune_allocator
from stylenet.styles import StyleNotFoundError, read_style

log = logging.getLogger(__name__)
FIGURES = ("content", "style", "tv", "ssim", "milliseconds")
SHEET_ROWS = 12
SHEET_CELL = LongerSide(256)
# what a model file may give as its style's size: it may come from a stranger
SIZES = ("AsIs", "CentreCrop", "CentreSquare", "Height", "LongerSide", "ShorterSide")


@dataclass(frozen=True)
class Row:
    """One painted picture's figures: a line of ``metrics.csv``.

    ``picture`` is the path below the content folder; ``milliseconds`` is the net alone, without
    reading, measuring and writing, after one untimed pass that warms each model up.
    """

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

    Writes ``<out>/<model>/<path below the content folder>.png``, ``<out>/sheet.png`` (the first
    pictures) and ``<out>/metrics.csv`` and prints a table. Losses are unweighted: content, style
    and total variation as the project defines them, under ``loss_network``.

    Raises:
        StylenetError: a model or picture that cannot be used; a picture in a folder that is broken
            or too small is skipped with a warning.
    """
    out = Path(config.out or f"evaluations/{datetime.now():%Y-%m-%d_%H-%M-%S}")
    settings = _unweighted(config)
    device = _device(config.device)
    if device.type == "cpu":
        tune_allocator()
    contents = find_contents(_as_list(config.content))
    models = _named([load_model(path) for path in _as_list(config.model)])
    losses = {name: _loss(settings, model).to(device) for name, model in models.items()}
    stylizers = {name: Stylizer(model, device) for name, model in models.items()}
    warm: set[str] = set()
    rows: list[Row] = []
    sheet: list[list[Tensor]] = []
    for content in contents:
        painted: list[Row] = []
        try:
            picture = content.read(config.max_pixels)
            height, width = picture.shape[-2:]
            cells = [SHEET_CELL(picture)]
            for name, stylizer in stylizers.items():
                if name not in warm:
                    stylizer(picture)  # sets kernels up: not to be timed
                    warm.add(name)
                result = stylizer(picture)
                figures = asdict(measure(result, picture, losses[name], device))
                figures["milliseconds"] = round(1000 * stylizer.seconds, 2)
                about = (name, content.name.as_posix(), width, height, config.loss_network.name)
                painted.append(Row(*about, **figures))
                write_image(out / name / content.target, result)
                cells.append(SHEET_CELL(result))
        except (UnreadableError, PictureTooSmallError, LossNetworkError) as error:
            for row in painted:  # all models or none: means are over the same pictures
                (out / row.model / content.target).unlink()
            content.skip(error)
            continue
        rows += painted
        if len(sheet) < SHEET_ROWS:
            sheet.append(cells)
    if not rows:
        raise StylenetError(
            f"Got model={config.model} and content={config.content}: {len(models)} models, and "
            f"{len(contents)} pictures of which none could be used.",
            "Name at least one model, and a picture or a folder of pictures.",
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
    try:
        device = torch.device(wish)
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise StylenetError(
            f"Got device={wish}, which torch cannot use here ({reason}).", "Use device=cpu."
        ) from error
    return device


def _unweighted(config: DictConfig) -> DictConfig:
    """``config`` with a weight of 1 for every loss.

    Raises:
        StylenetError: another weight was asked for.
    """
    settings = config.copy()
    for name, term in settings.loss.terms.items():
        if term.get("weight") not in (None, 1):
            raise StylenetError(
                f"Got the weight {term.weight} for the {name} loss, but what evaluate.py measures "
                "is unweighted.",
                f"Leave out loss.{name}_weight, and multiply the figures in metrics.csv.",
            )
        if "weight" in term:
            term.weight = 1.0
    return settings


def _loss(config: DictConfig, model: Model) -> PerceptualLoss:
    """The loss against the style that ``model`` was trained on, or the one named."""
    style = _style(config, model)
    if style is not None:
        loss = build_loss(config, style)
    else:
        terms = {k: instantiate(v) for k, v in config.loss.terms.items() if k != "style"}
        loss = PerceptualLoss(terms, build_network(config))
    for layer in (*loss.stylised_layers, *loss.content_layers):
        loss.network.resolve(layer)  # an unknown one is no fault of the first picture
    return loss


def _style(config: DictConfig, model: Model) -> Tensor | None:
    """The style to measure against, at the size it was trained at."""
    if config.style is not None:
        return read_style(locate_style(config, str(config.style)), instantiate(config.style_size))
    kept = model.path.parent / "style.png"
    if kept.is_file():
        return read_image(kept)[None]
    facts = model.description.get("style")
    facts = facts if isinstance(facts, Mapping) else {}
    name, digest = facts.get("name"), facts.get("sha256")
    if not name:
        log.warning("%s: its file names no style: no style loss (give style=...)", model.name)
        return None
    try:
        found = locate_style(config, str(name))
    except StyleNotFoundError:
        log.warning(
            "%s: its style %s is not at hand: no style loss (give style=...)", model.name, name
        )
        return None
    if digest and found.sha256 != digest:
        log.warning(
            "%s: %s is taken for its style %s, but is another file than it was trained on (SHA-256 "
            "%s, there %s): the style loss may be off (give style=...)",
            *(model.name, found.path, name, found.sha256, digest),
        )
    return read_style(found, _size(model, facts) or instantiate(config.style_size))


def _size(model: Model, facts: Mapping[str, Any]) -> images.Sizing | None:
    """What ``model.json`` says of the style's size, built from ``stylenet.images`` only."""
    size = facts.get("size")
    if size is None:
        return None
    try:
        package, _, name = str(size["_target_"]).rpartition(".")
        if package != images.__name__ or name not in SIZES:
            raise KeyError(name)
        arguments = {k: v for k, v in size.items() if not k.startswith("_")}
        built: images.Sizing = getattr(images, name)(**arguments)
    except (KeyError, TypeError) as error:
        raise StylenetError(
            f"{model.path.with_suffix('.json')} gives {size} as the size of its style, expected "
            f"one of {', '.join(SIZES)} of {images.__name__}.",
            "Name the style's picture and size: style=... style_size=...",
        ) from error
    return built


def _write_table(file: Path, rows: list[Row]) -> None:
    with file.open("w", newline="", encoding="utf-8", errors="surrogateescape") as target:
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
