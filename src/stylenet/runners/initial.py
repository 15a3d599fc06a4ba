"""What a net begins with: random weights, another net's, or what the base net predicts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor, nn

from stylenet.apply import (
    Model,
    in_styles,
    load_model,
    plain_architecture,
    shipped_models,
    takes_styles,
)
from stylenet.apply.zoo import ANY, shipped_model
from stylenet.config import Settings, as_list
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.nets import AnyStyleNet, styles_of
from stylenet.runners.base import Say
from stylenet.tasks.feedforward import CONTENT

BASE = "base"
WORDS = {"null": "random weights", BASE: "what any predicts", "auto": "base where it fits"}
FROM_RANDOM = 4.0  # experiments/defaults
CONDITIONAL = "stylenet.nets.ConditionalInstanceNorm"
OF_STYLE = re.compile(r"(.+)\.styles\.(\d+)\.(\w+)")  # a parameter of one style of a norm


def take_channels(config: Settings) -> None:
    """Keys of ``net`` that are null become those of the net that ``init`` names, if it has them.

    Raises:
        ModelFileError: that net cannot be loaded.
        StylenetError: it is another net otherwise.
    """
    unknown = [key for key, value in config.net.items() if value is None]
    if not unknown or config.init in (None, "auto", BASE):
        return
    own = _model_of(config).description["architecture"]
    known = [key for key in unknown if own.get(key) is not None]
    if not known:
        return
    for key in known:
        config.net[key] = own[key]
    differ = [key for key in config.net if not _equal(config.net[key], own.get(key))]
    if differ:
        raise StylenetError(
            f"Got init={config.init}, whose net has other settings than this one: "
            f"{', '.join(f'{key}={own.get(key)}' for key in differ)}.",
            "Give the same, such as net/upsample=nearest or norm=instance.",
        )


def settle_init(config: Settings, say: Say) -> None:
    """``init: auto`` becomes ``base`` where the net that ships for any style fits, else null.

    Raises:
        StylenetError: ``init=base`` with a net that it does not fit, or a misspelt word.
    """
    if config.init not in ("auto", BASE):
        if config.init is not None and config.resume is None:  # a run that goes on has its weights
            _check_there(config.init)
        return
    lacks = _why_not(config)
    if lacks is None:
        if config.init == "auto":
            say("begins with the base net's prediction (init=null: random weights)")
        config.init = BASE
    elif config.init == BASE:
        raise StylenetError(f"Got init=base, but {lacks}.", "Leave init out, or use init=null.")
    else:
        say(f"begins with random weights: {lacks}")
        config.init = None


def _check_there(init: str) -> None:
    if expanded(init).exists() or shipped_model(init) is not None:
        return
    near = get_close_matches(init, [*WORDS, *shipped_models()], 1, 0.5)
    words = ", ".join(f"{word} ({meaning})" for word, meaning in WORDS.items())
    raise StylenetError(
        f"Got init={init}, which is no path that exists and no net that ships.",
        f"{f'Did you mean {near[0]}? ' if near else ''}Use {words}, a run directory, a model file "
        f"or a net that ships: {', '.join(shipped_models())}.",
    )


def _model_of(config: Settings) -> Model:
    name = ANY if config.init == BASE else config.init
    _check_there(name)
    return load_model(name, config.net_packages)


def settle_content_start(config: Settings, say: Say) -> None:
    """``task.content_start: null`` becomes a number, once ``init`` is settled."""
    if config.task.get("content_start", 1.0) is not None:
        return
    trainer = config.trainer
    random = config.init is None and config.loss.terms.get(CONTENT) is not None
    # it has to be known when it is to have fallen: not by the clock
    ends = trainer.max_time is None and max(trainer.max_steps, trainer.max_epochs) > 0
    config.task.content_start = FROM_RANDOM if random and ends else 1.0
    if random and ends:
        say(f"begins with {FROM_RANDOM:g} times the content weight (task.content_start=1: once)")


def _why_not(config: Settings) -> str | None:
    if ANY not in shipped_models():
        return "no base net ships"
    plain = plain_architecture(load_model(ANY))
    for norm in ({}, {"_target_": CONDITIONAL, "styles": len(as_list(config.style))}):
        if _equal(config.net, {**plain, "norm": {**plain["norm"], **norm}}):
            return None
    return (
        "the base net is another net than this (it fits net=johnson_half with norm=instance or "
        "norm=conditional_instance)"
    )


def _equal(settings: Any, values: Any) -> bool:
    if isinstance(values, Mapping):
        same_keys = isinstance(settings, Mapping) and set(settings) == set(values)
        return same_keys and all(_equal(settings[key], values[key]) for key in values)
    return bool(settings == values)


def initialise(config: Settings, net: nn.Module, pictures: Mapping[str, Tensor]) -> None:
    """Give ``net`` the weights that ``init`` names; a resumed run has its own.

    Args:
        config: settled.
        net: as built, with random weights, which ``init: null`` leaves.
        pictures: of its styles, (1,3,H,W) in [0,1], by name.

    Raises:
        ModelFileError: a net that cannot be loaded.
        StylenetError: one of other shapes.
    """
    if config.init is None or config.resume is not None:
        return
    model: Any = _model_of(config)
    own = net.state_dict()
    if not takes_styles(model) or isinstance(net, AnyStyleNet):
        state = model.net.state_dict()
    elif styles_of(net) is None:
        state = in_styles(model, pictures).net.state_dict()
    else:
        state = _of_each(model, pictures, own)
    differ = [key for key in {**own, **state} if _shape(own, key) != _shape(state, key)]
    if differ:
        raise StylenetError(
            f"Got init={config.init}, whose net has other tensors than this one: "
            f"{_listed(differ, own, state)}.",
            "Use a run of the same net, width, norm and number of styles, or init=null.",
        )
    net.load_state_dict(state)


def _of_each(
    model: Model, pictures: Mapping[str, Tensor], own: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """What ``model``, a net for any style, predicts for each picture, in a conditional net's keys.

    The last convolution, into which a prediction's colours are folded, is the mean of theirs.
    """
    folded = [in_styles(model, {k: picture}).net.state_dict() for k, picture in pictures.items()]
    state = {key: torch.stack([one[key] for one in folded]).mean(0) for key in folded[0]}
    for key in own:
        if found := OF_STYLE.fullmatch(key):
            norm, style, parameter = found.groups()
            plain = f"{norm}.{parameter}"
            if plain in folded[int(style)]:
                state.pop(plain, None)
                state[key] = folded[int(style)][plain]
    return state


def _shape(state: Mapping[str, Tensor], key: str) -> tuple[int, ...] | None:
    return tuple(state[key].shape) if key in state else None


def _listed(keys: Sequence[str], own: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> str:
    words = [f"{k} {_shape(other, k) or 'none'} for {_shape(own, k) or 'none'}" for k in keys[:3]]
    return ", ".join(words) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
