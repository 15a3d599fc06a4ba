"""Where the files of the configuration are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylenet.errors import StylenetError
from stylenet.settings import folder
from stylenet.settings.folder import conf_folder

ROOT = Path(__file__).parents[2]


def test_the_configuration_is_beside_the_package_or_else_the_clones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert conf_folder() == ROOT / "conf"
    package = tmp_path / "src" / "stylenet"
    monkeypatch.setattr(folder, "__file__", str(package / "settings" / "folder.py"))
    with pytest.raises(StylenetError, match=r"no configuration.*stylenet.conf.*Install"):
        conf_folder()
    for place in (tmp_path / "conf", package / "conf"):
        place.mkdir(parents=True)
        (place / "train.yaml").touch()
        assert conf_folder() == place
