"""Hydra and OmegaConf at a third of their time: the same results, by libyaml and without idle work.

A composition reads about forty files and writes none; a run writes its configuration twice.
"""

from __future__ import annotations

import functools
import io
from typing import Any

import omegaconf._utils
import omegaconf.omegaconf
import yaml
from hydra._internal import defaults_list
from omegaconf import DictConfig, OmegaConf
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

_own_loader = omegaconf._utils.get_yaml_loader
_own_dumper = omegaconf._utils.get_omega_conf_dumper
_own_map = defaults_list._create_interpolation_map


def quicken() -> None:
    """Have Hydra and OmegaConf do so in this process."""
    setattr(defaults_list, "_create_interpolation_map", _interpolation_map)  # noqa: B010
    if yaml.__with_libyaml__:
        setattr(omegaconf._utils, "get_yaml_loader", lambda: _Loader)  # noqa: B010
        setattr(omegaconf.omegaconf, "get_omega_conf_dumper", _dumper)  # noqa: B010


def _interpolation_map(overrides: Any, defaults: list[Any], self_added: bool) -> DictConfig:
    """What interpolations of a defaults list may name, where it has any."""
    if any(not one.is_override() and one.is_interpolation() for one in defaults):
        return _own_map(overrides, defaults, self_added)
    return OmegaConf.create()


class _Loader:
    """What ``yaml.load`` asks of a loader. Errors are in the words of OmegaConf's own loader."""

    def __init__(self, stream: Any) -> None:
        self.text: Any = stream if isinstance(stream, str | bytes) else stream.read()
        self.stream = stream

    def get_single_data(self) -> Any:
        own, quick = _classes()
        try:
            return _read(quick, self.text)
        except (yaml.YAMLError, RecursionError):
            if self.text is self.stream:
                return _read(own, self.text)
            again = io.StringIO(self.text)  # with a name, which errors tell
            again.name = getattr(self.stream, "name", "<file>")
            return _read(own, again)

    def dispose(self) -> None:
        """Nothing is left open."""


def _read(kind: Any, stream: Any) -> Any:
    loader = kind(stream)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


@functools.cache
def _classes() -> tuple[Any, Any]:
    """OmegaConf's own loader, and one that resolves and constructs alike but parses by libyaml."""
    from yaml.cyaml import CParser

    own = _own_loader()

    class Quick(CParser, own):  # type: ignore[misc, valid-type]
        def __init__(self, text: str | bytes) -> None:
            CParser.__init__(self, text)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)

    return own, Quick


@functools.cache
def _dumper() -> Any:
    own = _own_dumper()

    class Quick(yaml.CDumper):  # type: ignore[misc]
        yaml_representers = own.yaml_representers

    return Quick
