"""Where the files of the configuration lie."""

from __future__ import annotations

from pathlib import Path

from stylenet.errors import StylenetError


def conf_folder() -> Path:
    """The folder ``conf/``: inside the package, where a wheel brought it, or else the clone's.

    Raises:
        StylenetError: neither is there.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "conf", package.parents[1] / "conf"):
        if (folder / "train.yaml").is_file():
            return folder
    raise StylenetError(
        f"There is no configuration: neither {package / 'conf'} nor, as in a clone, "
        f"{package.parents[1] / 'conf'} has a train.yaml.",
        "Install stylenet again, or clone its repository again.",
    )
