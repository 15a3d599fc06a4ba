"""``evaluate.py``: paint pictures with trained nets, measure them, show them side by side."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import torch
from omegaconf import DictConfig, ListConfig, OmegaConf
from rich.console import Console
from torch import Tensor

from stylenet.apply import Model, Stylizer, load_model
from stylenet.errors import StylenetError
from stylenet.images import LongerSide, contact_sheet, write_image
from stylenet.loss_networks import LossNetwork
from stylenet.loss_networks.network import LossNetworkError
from stylenet.losses import PerceptualLoss
from stylenet.losses.features import check_names
from stylenet.metrics import measure
from stylenet.nets import PictureTooSmallError
from stylenet.run.building import build_loss, build_network, instantiate
from stylenet.run.contents import UnreadableError, find_contents
from stylenet.run.painting.figures import Row, table_of_means, write_rows
from stylenet.run.painting.paintings import Painting, paintings
from stylenet.run.painting.style_of import style_of
from stylenet.run.speed import tune_allocator

log = logging.getLogger(__name__)
SHEET_ROWS = 12
SHEET_CELL = LongerSide(256)


def evaluate(config: DictConfig) -> list[Row]:
    """Paint every content picture with every model, at the picture's own size.

    A net of several styles paints in each of them, as a model of its own; or as ``style_weights``,
    ``strength``, ``reconstruct`` or ``region_map`` with ``region_styles`` say.

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
    wanted = {p.name: p for name, model in models.items() for p in paintings(config, name, model)}
    network = build_network(settings)
    losses = {name: _loss(settings, one, network).to(device) for name, one in wanted.items()}
    stylizers = {name: Stylizer(p.model, device, p.weights) for name, p in wanted.items()}
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
                painted.append(Row(*about, **figures, style_bytes=wanted[name].bytes))
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
    write_rows(out / "metrics.csv", rows)
    OmegaConf.save(config, out / "config.yaml", resolve=True)
    Console(soft_wrap=True).print(table_of_means(rows))
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
    """``config`` with a weight of 1 for every loss; its layers keep theirs.

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


def _loss(config: DictConfig, painting: Painting, network: LossNetwork) -> PerceptualLoss:
    """The loss against the style that the net was trained on, or the one named."""
    style = style_of(config, painting)
    if style is not None:
        loss = build_loss(config, style, network)
    else:
        terms = {k: instantiate(v) for k, v in config.loss.terms.items() if k != "style"}
        loss = PerceptualLoss(terms, network)
    # an unknown layer is no fault of the first picture
    check_names(loss.network, (*loss.stylised_layers, *loss.content_layers))
    return loss
