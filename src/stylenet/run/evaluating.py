"""``evaluate.py``: paint pictures with trained nets, measure them, show them side by side."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from torch import Tensor

from stylenet.apply import (
    Model,
    Request,
    StyledModel,
    Stylizer,
    in_styles,
    load_model,
    style_bytes,
    style_of,
    takes_styles,
)
from stylenet.apply.contents import UnreadableError, find_content, find_contents
from stylenet.apply.devices import device_of
from stylenet.config import as_list
from stylenet.errors import OutOfMemoryError, StylenetError, lacks_memory
from stylenet.files import expanded
from stylenet.images import LongerSide, contact_sheet, write_image
from stylenet.loss_networks import LossNetwork
from stylenet.loss_networks.network import LossNetworkError
from stylenet.losses import PerceptualLoss
from stylenet.losses.features import check_names
from stylenet.metrics import Row, table_of_means, write_rows
from stylenet.nets import PictureTooSmallError
from stylenet.run.building import instantiate
from stylenet.run.flicker import report_flicker, write_frames
from stylenet.run.labels import labels_of, renamed, trained_with
from stylenet.runners.building import build_loss, build_network, locate_styles
from stylenet.runners.speed import tune_allocator
from stylenet.settings.arguments import keys_of
from stylenet.styles import FoundStyle, read_style

log = logging.getLogger(__name__)
SHEET_ROWS = 12
SHEET_CELL = LongerSide(256)


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
    models = _named([styled for model in loaded for styled in _styled(config, model)])
    wanted = {
        name: (Stylizer(model, device), request)
        for own, model in models.items()
        for name, request in _requests(config, own, model)
    }
    for stylizer, request in wanted.values():
        request.weights(stylizer.model)  # what cannot be is no fault of the first picture
    columns = {name: (stylizer.model, request) for name, (stylizer, request) in wanted.items()}
    labels = labels_of(columns, names)
    titles = ["content", *(label.replace(", ", "\n") for label in labels.values())]
    measure = instantiate(config.metrics) if config.metrics else None
    losses: dict[str, PerceptualLoss] = {}
    if measure is not None:
        network = build_network(settings, instantiate)
        losses = {
            name: _loss(settings, stylizer.model, request, network).to(device)
            for name, (stylizer, request) in wanted.items()
        }
    warm: set[str] = set()
    rows: list[Row] = []
    sheet: list[list[Tensor]] = []
    left_out: StylenetError
    for content in contents:
        painted: list[Row] = []
        picture: Tensor | None = None
        try:
            picture = content.read(config.max_pixels)
            height, width = picture.shape[-2:]
            cells = [SHEET_CELL(picture)]
            for name, (stylizer, request) in wanted.items():
                if name not in warm:
                    stylizer(picture, request)  # sets kernels up: not to be timed
                    warm.add(name)
                result = stylizer(picture, request)
                figures: dict[str, float | None] = {}
                if measure is not None:
                    figures = dict.fromkeys(map(str, settings.loss.terms))
                    figures |= measure(result, picture, losses[name], device)
                figures["milliseconds"] = round(1000 * stylizer.seconds, 2)
                used = request.styles(stylizer.model)
                figures["style_bytes"] = style_bytes(stylizer.model, used)
                under = config.loss_network.name if losses else None
                about = (name, content.name.as_posix(), width, height, under)
                trained = trained_with(stylizer.model)
                painted.append(Row(*about, figures, labels[name], trained))
                write_image(out / name / content.target, result)
                cells.append(SHEET_CELL(result))
        except (UnreadableError, PictureTooSmallError, LossNetworkError) as error:
            left_out = error
        except (RuntimeError, MemoryError) as error:
            if not lacks_memory(error):
                raise
            left_out = _too_large(picture, error)
        else:
            if painted:  # or there is no model
                write_rows(out / "metrics.csv", painted, more=bool(rows))
            rows += painted
            if len(sheet) < SHEET_ROWS:
                sheet.append(cells)
                write_image(out / "sheet.png", contact_sheet(sheet, column_titles=titles))
            continue
        for row in painted:  # all models or none: means are over the same pictures
            (out / row.model / content.target).unlink()
        content.skip(left_out)
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


def _too_large(picture: Tensor | None, error: BaseException) -> StylenetError:
    size = "" if picture is None else f" {picture.shape[-1]} x {picture.shape[-2]} pixels"
    return OutOfMemoryError(
        f"while painting{size}" if size else "while reading it",
        "Scale it down, paint without measuring (metrics=none), or use a narrower net or a machine "
        "with more memory.",
        error,
    )


def _styled(config: DictConfig, model: Model) -> list[Model]:
    """A net for any style as one net for each of ``style``, or for the mixture ``style_weights``.

    Raises:
        StylenetError: neither is given.
    """
    if not takes_styles(model):
        return [model]
    mixture = {str(k): float(v) for k, v in (config.style_weights or {}).items()}
    wanted = [mixture] if mixture else [{style: 1.0} for style in as_list(config.style)]
    if not wanted:
        raise StylenetError(
            f"The net of {model.path} paints in any style, and none was named.",
            "Use style=<picture or name>, or 'style_weights={udnie: 0.6, wave: 0.4}'.",
        )
    size = instantiate(config.style_size)
    styled: list[Model] = []
    for weights in wanted:
        found = locate_styles(config, list(weights), log.info)
        images = {style.name: read_style(style, size) for style in found}
        named = dict(zip(images, weights.values(), strict=True))
        title = "+".join(f"{name}{weight:g}" if mixture else name for name, weight in named.items())
        one = in_styles(model, images, named)
        styled.append(replace(one, path=one.path.with_name(f"{model.name}_{title}.safetensors")))
    return styled


def _named(models: list[Model]) -> Mapping[str, Model]:
    """Models by name; equal names get a number, so that none overwrites another's pictures."""
    named: dict[str, Model] = {}
    for model in models:
        name, count = model.name, 2
        while name in named:
            name, count = f"{model.name}_{count}", count + 1
        named[name] = model
    return named


def _requests(config: DictConfig, name: str, model: Model) -> Iterator[tuple[str, Request]]:
    """What the configuration asks of a net, by the names of columns and folders.

    Where it chooses no style, a net of several paints in each.
    """
    # a net for any style has become one for the mixture: see _styled
    mixture = None if isinstance(model, StyledModel) else config.style_weights
    weights = None if mixture is None else {str(k): float(v) for k, v in mixture.items()}
    region_styles = {str(k): str(v) for k, v in (config.region_styles or {}).items()}
    chosen = weights is not None or config.reconstruct or config.region_map is not None
    if model.styles and not chosen and not region_styles:
        for style in model.styles:
            yield f"{name}_{style}", Request({style: 1.0}, config.strength)
        return
    request = Request(
        weights, config.strength, config.reconstruct, config.region_map, region_styles
    )
    title = request.title(model)
    yield name if title is None else f"{name}_{title}", request


def _unweighted(config: DictConfig) -> DictConfig:
    """``config`` with a weight of 1 for every loss; its layers keep theirs.

    Raises:
        StylenetError: the command line asks for another weight.
    """
    settings = config.copy()
    command = HydraConfig.get().overrides.task if HydraConfig.initialized() else []
    for name, term in settings.loss.terms.items():
        asked = {f"loss.{name}_weight", f"loss.terms.{name}.weight"} & keys_of(command)
        if asked and term.get("weight") not in (None, 1):
            raise StylenetError(
                f"Got the weight {term.weight} for the {name} loss, but what evaluate.py measures "
                "is unweighted.",
                f"Leave out loss.{name}_weight, and multiply the figures in metrics.csv.",
            )
        if "weight" in term:
            term.weight = 1.0
    return settings


def _loss(
    config: DictConfig, model: Model, request: Request, network: LossNetwork
) -> PerceptualLoss:
    """The loss against the style that the net was trained on, or the one named."""
    loss = build_loss(config, instantiate, network, style=_style(config, model, request))
    # an unknown layer is no fault of the first picture
    check_names(loss.network, (*loss.stylised_layers, *loss.content_layers))
    return loss


def _style(config: DictConfig, model: Model, request: Request) -> Tensor | None:
    """The style to measure against; None where the painting has no single one."""

    def find(style: str) -> FoundStyle:
        (found,) = locate_styles(config, [style], log.info)
        return found

    if isinstance(model, StyledModel):
        return model.image
    size = instantiate(config.style_size)
    if config.style is not None:
        return read_style(find(str(config.style)), size)
    styles = request.styles(model)
    single = len(styles) == 1 and request.region_map is None
    if model.styles and not single:
        return None
    return style_of(model, styles[0] if model.styles else None, find, size)
