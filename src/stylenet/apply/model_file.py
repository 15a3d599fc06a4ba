"""A finished net on disk: ``model.safetensors`` (its tensors) and ``model.json`` (all the rest).

No pickle anywhere: loading a stranger's net runs none of the stranger's code.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import nn

from stylenet.apply.sizes import TooLargeError, no_larger_than
from stylenet.apply.zoo import shipped_model, shipped_models
from stylenet.errors import StylenetError
from stylenet.files import expanded, write_files
from stylenet.loss_networks.weight_files import without_parallel
from stylenet.nets import styles_of

TENSORS = "model.safetensors"
DESCRIPTION = "model.json"
CHECKPOINTS = (".ckpt", ".pth", ".pt", ".pkl", ".bin")
FORMAT = 1
HYDRA = ("_target_", "_partial_", "_args_")
# what an architecture may name; anything else in a model file is refused, unless its user trusts it
PACKAGES = ("stylenet.nets", "torch.nn")
# what building raises where the arguments are not those of what is built
_UNFIT = (AttributeError, ImportError, TypeError, ValueError, ArithmeticError, RuntimeError)


class ModelFileError(StylenetError):
    """A net on disk that cannot be used."""


@dataclass(frozen=True)
class Model:
    """A net in evaluation mode, the file it came from and what ``model.json`` says of it.

    ``packages`` are those besides stylenet's own that it was allowed to be made of.
    """

    net: nn.Module
    path: Path
    description: Mapping[str, Any]
    packages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The run directory's name, or the file's where it has one of its own."""
        # absolute: the parent of a file in the current directory has no name of its own
        return self.path.absolute().parent.name if self.path.name == TENSORS else self.path.stem

    @property
    def styles(self) -> tuple[str, ...]:
        """The names of the styles that the net has a choice of; none for a net of one style.

        Raises:
            ModelFileError: the description names another number of styles than the net has.
        """
        count = styles_of(self.net)
        if count is None:
            return ()
        facts = self.description.get("styles")
        named = facts if isinstance(facts, list) else []
        names = tuple(str(fact.get("name")) for fact in named if isinstance(fact, Mapping))
        if len(set(names)) != count:
            raise ModelFileError(
                f"The net of {self.path} has {count} styles, but its description names "
                f"{', '.join(names) or 'none'}.",
                "Keep the two files of one run together.",
            )
        return names

    def style_number(self, style: str) -> int:
        """The number that the net has for ``style``.

        Raises:
            ModelFileError: there is none of that name; lists those there are, and the nearest.
        """
        if style in self.styles:
            return self.styles.index(style)
        near = difflib.get_close_matches(style, self.styles, 1, 0.5)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        there = (
            f"Its styles are {', '.join(self.styles)}." if self.styles else "It is of one style."
        )
        raise ModelFileError(f"The net of {self.path} has no style {style!r}.", f"{hint}{there}")


def save_model(folder: str | Path, net: nn.Module, description: Mapping[str, Any]) -> Path:
    """Write the two files below ``folder``, whole or not at all; give the tensors' path.

    ``description`` is plain data with at least ``architecture``: nested ``_target_`` mappings as
    Hydra resolves them: see `build_architecture`.
    """
    folder = Path(folder)
    tensors = {k: v.detach().cpu().contiguous() for k, v in net.state_dict().items()}
    text = json.dumps({"format": FORMAT, **description}, indent=2) + "\n"
    write_files({folder / TENSORS: save(tensors), folder / DESCRIPTION: text.encode()})
    return folder / TENSORS


def check_empty(folder: Path) -> None:
    """Refuse to write a net where there is one; half of one, left by a kill, may be replaced.

    Raises:
        ModelFileError: both files are there.
    """
    if (folder / TENSORS).exists() and (folder / DESCRIPTION).exists():
        raise ModelFileError(f"There is a net in {folder} already.", "Choose another folder.")


def load_model(path: str | Path, packages: Sequence[str] = ()) -> Model:
    """Load a net that ships, by name, or one from a run directory or a model file.

    Args:
        path: a name of `stylenet.apply.zoo`, or the path of a run directory, of a
            ``.safetensors`` file or of the ``.json`` file beside it; a path that exists wins.
        packages: what it may be made of besides ``stylenet.nets`` and ``torch.nn``, such as a
            module of your own: loading it runs their code.

    Raises:
        ModelFileError: a file is missing or broken, or its tensors do not fit its architecture.
    """
    given = expanded(path)
    if not given.exists():
        given = shipped_model(path) or given
    if given.suffix in CHECKPOINTS and given.is_file():
        raise ModelFileError(
            f"Got the net {path}, a checkpoint, which does not say of what net it is and may be a "
            "pickle; expected a finished net.",
            "Name the run directory, whose model.safetensors it became, or finish the run: "
            "python train.py resume=<run directory>.",
        )
    is_file = given.suffix in (".safetensors", ".json") and not given.is_dir()
    file = given.with_suffix(".safetensors") if is_file else given / TENSORS
    description_file = file.with_suffix(".json")
    for needed in (file, description_file):
        if not needed.is_file():
            near = difflib.get_close_matches(str(path), shipped_models(), 1, 0.6)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise ModelFileError(
                f"Got the net {path}, but {needed} does not exist.",
                f"{hint}Name a finished run directory, a .safetensors file with its .json beside "
                f"it, or a net that ships: {', '.join(shipped_models()) or 'there is none'}.",
            )
    try:
        description = json.loads(description_file.read_text())
        architecture = description["architecture"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(
            f"{description_file} is no description of a net ({error!r}).",
            "Copy both files of the run again.",
        ) from error
    if description.get("format") != FORMAT:
        raise ModelFileError(
            f"{description_file} has format {description.get('format')!r}, expected {FORMAT}.",
            "Use the version of stylenet that wrote it: see its 'versions'.",
        )
    try:
        tensors = load_file(file)
    except Exception as error:  # types that torch has not, headers that lie, a disk that fails
        raise ModelFileError(
            f"{file} cannot be read as safetensors ({error}).",
            "Copy it again: it may be cut short.",
        ) from error
    try:
        with nullcontext() if packages else no_larger_than(tensors):
            net = build_architecture(architecture, packages)
    except TooLargeError as error:
        raise ModelFileError(
            f"{description_file} describes a far larger net than {file.name} has tensors for.",
            "Do not use a file unless you trust where it comes from.",
        ) from error
    if not isinstance(net, nn.Module):
        raise ModelFileError(f"{description_file} describes no net.", "Copy it again.")
    if tensors.keys() != net.state_dict().keys():  # perhaps as torch's DataParallel names them
        tensors = without_parallel(tensors)
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelFileError(
            f"The tensors of {file} do not fit the architecture in {description_file}: {error}.",
            "Keep the two files of one run together.",
        ) from error
    return Model(net.eval().requires_grad_(False), file, description, tuple(packages))


def check_architecture(config: Any, packages: Sequence[str] = ()) -> None:
    """Refuse what `build_architecture` would refuse to look at; nothing is imported.

    Raises:
        ModelFileError: a target outside the packages.
    """
    if isinstance(config, Sequence) and not isinstance(config, str):
        config = dict(enumerate(config))
    if not isinstance(config, Mapping):
        return
    allowed = (*PACKAGES, *packages)
    if "_target_" in config:
        target = str(config["_target_"])
        package, _, name = target.rpartition(".")
        if package not in allowed or name.startswith("_"):
            raise ModelFileError(
                f"The architecture names {target}, expected something of {' or '.join(allowed)}.",
                "Do not use a file unless you trust where it comes from. A module of your own is "
                "allowed by its name: 'net_packages=[my_nets]'.",
            )
    for value in config.values():
        check_architecture(value, packages)


def build_architecture(config: Any, packages: Sequence[str] = ()) -> Any:
    """Build what nested ``_target_`` mappings describe, as Hydra does, of few packages.

    Args:
        config: with ``_target_``, ``_partial_`` and ``_args_`` in Hydra's sense.
        packages: what it may name besides ``stylenet.nets`` and ``torch.nn``.

    Raises:
        ModelFileError: a target outside these packages, or one that does not take its arguments.
    """
    check_architecture(config, packages)
    if isinstance(config, list):
        return [build_architecture(value, packages) for value in config]
    if not isinstance(config, dict):
        return config
    values = {k: build_architecture(v, packages) for k, v in config.items() if k not in HYDRA}
    if "_target_" not in config:
        return values
    target = str(config["_target_"])
    package, _, name = target.rpartition(".")
    given = build_architecture(config.get("_args_", []), packages)
    try:
        factory = getattr(importlib.import_module(package), name)
        factory = functools.partial(factory, *given, **values)
        return factory if config.get("_partial_") else factory()
    except _UNFIT as error:
        raise ModelFileError(
            f"The architecture's {target} cannot be built ({error}).",
            "Use the version of stylenet that wrote it: see its 'versions'.",
        ) from error
