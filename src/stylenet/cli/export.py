"""``stylenet export``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words, say


class Format(StrEnum):
    """Files that nets can be exported to."""

    ONNX = "onnx"
    OPENVINO = "openvino"
    PT2 = "pt2"


SUFFIXES = {Format.ONNX: ".onnx", Format.OPENVINO: ".xml", Format.PT2: ".pt2"}


def export(
    what: Annotated[
        str,
        typer.Argument(
            help="A style (a name or a painting's path), a run directory, a model file or a net "
            "that ships."
        ),
    ],
    to: Annotated[
        Format,
        typer.Option(help="onnx: for ONNX Runtime; openvino: .xml and .bin; pt2: torch's own."),
    ] = Format.ONNX,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The file; named after the net if left out.")
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(help="For a net that has several styles, or takes any: as for stylize."),
    ] = None,
    net_package: options.NetPackage = None,
    debug: options.Debug = False,
) -> None:
    """Write a net for other programs: stylenet export udnie --to onnx -o udnie.onnx.

    It takes images of any size; a photograph that it paints like the net itself is the proof.
    """
    with errors_in_words(debug):
        from stylenet.apply.choosing import chosen_net
        from stylenet.apply.export import export_onnx, export_openvino, export_pt2

        model, weights = chosen_net(what, style, net_package or (), say)
        ways = {
            Format.ONNX: export_onnx,
            Format.OPENVINO: export_openvino,
            Format.PT2: export_pt2,
        }
        file = Path(f"{Path(what).stem}{SUFFIXES[to]}") if out is None else out
        done = ways[to](model, file, weights)
    say(
        f"{', '.join(map(str, done.files))}  {done.size / 1e6:.2f} MB  at most "
        f"{255 * done.difference:.3f} levels of 255 from the net itself"
    )
