"""What nets are called where they stand side by side: what differs between their runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stylenet.apply import Model, Request, StyledModel
from stylenet.errors import StylenetError
from stylenet.settings.differences import label, named_values, settings_of, what_differs


def renamed(models: Sequence[Model], names: Sequence[str]) -> list[Model]:
    """``models`` called ``names``; as they are where there are no names.

    Raises:
        StylenetError: another number of names, or one that is no name of a folder.
    """
    if not names:
        return list(models)
    wrong = [name for name in names if not re.fullmatch(r"[^\W_.][\w .+=-]*", name)]
    if wrong or len(names) != len(models) or len(set(names)) < len(names):
        raise StylenetError(
            f"Got names={list(names)} for {len(models)} models.",
            "Give each its own name, of letters, digits, spaces and - _ . + =: 'names=[a,b]'.",
        )
    pairs = zip(models, names, strict=True)
    return [replace(model, path=model.path.with_name(f"{n}.safetensors")) for model, n in pairs]


def trained_with(model: Model) -> dict[str, str]:
    """The settings that a net's run was started with; empty where its file does not say."""
    training = model.description.get("training")
    overrides = training.get("overrides") if isinstance(training, Mapping) else None
    return settings_of(map(str, overrides)) if isinstance(overrides, list) else {}


def labels_of(columns: Mapping[str, tuple[Model, Request]], names: Sequence[str]) -> dict[str, str]:
    """Labels of ``columns``, by their names.

    Given ``names``, or what differs between the runs; the style where a net has several, or where
    nothing differs; the column's own name where that says nothing, or the same of two.
    """
    settings = {name: trained_with(model) for name, (model, _) in columns.items()}
    keys = what_differs([own for own in settings.values() if own])
    found: dict[str, str] = {}
    for name, (model, request) in columns.items():
        base = label(named_values(settings[name], keys)) if settings[name] else model.name
        if len(columns) == 1 and not names:
            base = ""
        style = request.title(model)
        if isinstance(model, StyledModel):  # its name is that of its net and of its styles
            base, style = ("" if base == model.name else base), model.name
        elif names:
            base = model.name
        if not base and style is None:
            style = _style_of(model)
        found[name] = ", ".join(filter(None, (base, style))) or name
    several = [one for one in found.values() if list(found.values()).count(one) > 1]
    return {name: name if one in several else one for name, one in found.items()}


def _style_of(model: Model) -> str | None:
    style = model.description.get("style")
    name = style.get("name") if isinstance(style, Mapping) else None
    return None if name is None else str(name)
