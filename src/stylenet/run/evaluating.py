"""``evaluate.py``: paint pictures with trained nets, measure them, show them side by side."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from datetime import datetime

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict
from rich.console import Console
from torch import Tensor

from stylenet.apply import Stylizer, load_model
from stylenet.apply.contents import find_content, find_contents
from stylenet.apply.devices import device_of
from stylenet.config import as_list
from stylenet.errors import StylenetError
from stylenet.evaluation.columns import loss_of, named_apart, requests_of, styled_models
from stylenet.evaluation.flicker import report_flicker, write_frames
from stylenet.evaluation.labels import labels_of, renamed
from stylenet.evaluation.painting import Column, Measure, paint_all
from stylenet.files import expanded
from stylenet.metrics import Row, table_of_means
from stylenet.run.building import instantiate
from stylenet.runners.building import build_network
from stylenet.runners.speed import tune_allocator
from stylenet.settings.arguments import keys_of
from stylenet.settings.values import check_built, check_kinds

log = logging.getLogger(__name__)
BUILT = ("loss.terms.*", "loss_network.network")
KINDS = {
    "loss_network": Mapping,
    "style_weights": Mapping[str, float],
    "region_styles": Mapping[str, str],
}


def evaluate(config: DictConfig) -> list[Row]:
    """Paint every content picture with every model, at the picture's own size.

    A net of several styles paints in each of them, as a model of its own; or as ``style_weights``,
    ``strength``, ``reconstruct`` or ``region_map`` with ``region_styles`` say.

    Writes ``<out>/<model>/<path below the content folder>.png``, ``<out>/sheet.png`` (the first
    pictures) and ``<out>/metrics.csv``, all as they come, and prints a table. The terms of ``loss``
    are unweighted, whatever weights its file gives them, and under ``loss_network``. With
    ``frames`` the content is a clip or a folder of frames, of which so many are painted one by one,
    and how much they flicker is written to ``<out>/flicker.csv``.

    Raises:
        StylenetError: a model or picture that cannot be used; a picture in a folder that is broken,
            too small, or too large for the memory, is skipped with a warning.
    """
    check_kinds(config, KINDS)
    check_built(config, BUILT)
    out = expanded(config.out or f"evaluations/{datetime.now():%Y-%m-%d_%H-%M-%S}")
    settings = _unweighted(config)
    device = device_of(config.device)
    if device.type == "cpu":
        tune_allocator()
    own = expanded(config.paths.contents) if config.paths.contents else None
    given = as_list(config.content)
    frames = None if config.frames is None else write_frames(given, config.frames, out)
    contents = find_contents(
        given if frames is None else [str(frames)],
        look_up=lambda content: find_content(content, own),
    )
    names = as_list(config.names)
    loaded = [load_model(path, config.net_packages) for path in as_list(config.model)]
    loaded = renamed(loaded, names)
    models = named_apart(
        [one for model in loaded for one in styled_models(config, model, instantiate)]
    )
    wanted = {
        name: (Stylizer(model, device), request)
        for own, model in models.items()
        for name, request in requests_of(config, own, model)
    }
    for stylizer, request in wanted.values():
        request.weights(stylizer.model)  # what cannot be is no fault of the first picture
    labels = labels_of({name: (s.model, request) for name, (s, request) in wanted.items()}, names)
    columns = {name: Column(*asked, labels[name]) for name, asked in wanted.items()}
    measure = _measure(settings, columns, device) if config.metrics else None
    rows = paint_all(contents, columns, measure, out, config.max_pixels)
    if not rows:
        raise StylenetError(
            f"Got model={config.model} and content={config.content}: {len(models)} models, and "
            f"{len(contents)} pictures of which none could be used.",
            "Name at least one model, and a picture or a folder of pictures.",
        )
    OmegaConf.save(config, out / "config.yaml", resolve=True)
    width = shutil.get_terminal_size().columns
    table = instantiate(config.format)(table_of_means(rows), width)
    Console(soft_wrap=True, highlight=False).print(table, markup=False)
    if frames is not None:
        report_flicker(frames, rows, out)
    log.info("pictures  %s", out / "sheet.png")
    log.info("figures   %s", out / "metrics.csv")
    return rows


def _measure(settings: DictConfig, columns: Mapping[str, Column], device: torch.device) -> Measure:
    measure = instantiate(settings.metrics)
    network = build_network(settings, instantiate)
    losses = {
        name: loss_of(settings, one.stylizer.model, one.request, network, instantiate).to(device)
        for name, one in columns.items()
    }

    def figures(name: str, result: Tensor, picture: Tensor) -> dict[str, float | None]:
        found: dict[str, float | None] = dict.fromkeys(map(str, settings.loss.terms))
        found.update(measure(result, picture, losses[name], device))
        return found

    return Measure(figures, settings.loss_network.name)


def _unweighted(config: DictConfig) -> DictConfig:
    """``config`` with a weight of 1 for every loss; its layers keep theirs.

    Raises:
        StylenetError: the command line asks for another weight.
    """
    settings = config.copy()
    command = HydraConfig.get().overrides.task if HydraConfig.initialized() else []
    for name, term in list(settings.loss.terms.items()):
        if term is None:  # left out
            with open_dict(settings):
                del settings.loss.terms[name]
            continue
        asked = {f"loss.{name}_weight", f"loss.terms.{name}.weight"} & keys_of(command)
        if asked and term.get("weight") not in (None, 1):
            raise StylenetError(
                f"Got the weight {term.weight} for the {name} loss, but what evaluate.py measures "
                "is unweighted.",
                f"Leave out {' and '.join(sorted(asked))}, and multiply the figures in "
                "metrics.csv.",
            )
        if "weight" in term:
            term.weight = 1.0
    return settings
