"""Put a finished net into the package: ``python ship.py RUN NAME``.

``src/stylenet/zoo/NAME.safetensors`` in float16 and ``NAME.json``, its description without what
only the machine knows that it was trained on. The card, ``NAME.md``, is written by hand.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from safetensors.torch import load_file, save

from stylenet.apply import load_model, zoo
from stylenet.files import write_files

WEIGHTS = "weights_of_the_loss_network"
KEPT = ("format", "architecture", "any_style", "style", "styles", "recipe", "losses", "versions")


def main() -> None:
    """Write both files, and try them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    options = parser.parse_args()
    tensors = {k: v.half() for k, v in load_file(options.run / "model.safetensors").items()}
    description = json.loads((options.run / "model.json").read_text())
    shipped = {key: description[key] for key in KEPT if key in description}
    shipped["training"] = {k: description["training"][k] for k in ("steps", "finished", "seed")}
    if WEIGHTS in shipped.get("losses", {}):  # a file's name, without where it lay
        shipped["losses"][WEIGHTS] = re.sub(r"file \S*/", "file ", shipped["losses"][WEIGHTS])
    files = {"safetensors": save(tensors), "json": json.dumps(shipped, indent=2).encode() + b"\n"}
    write_files({zoo.folder() / f"{options.name}.{kind}": data for kind, data in files.items()})
    load_model(options.name)
    print(f"{options.name}: {len(files['safetensors'])} bytes")


if __name__ == "__main__":
    main()
