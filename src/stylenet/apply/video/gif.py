"""Writing animated GIFs."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.video.clips import About, PaintedFrame, Pixels, Source
from stylenet.apply.video.libraries import place, pyav
from stylenet.apply.video.pieces import Pieces
from stylenet.apply.video.writing import ContainerSink

if TYPE_CHECKING:
    from av.container import OutputContainer

GIF = ".gif"
HUNDREDTHS = Fraction(1, 100)  # of a second, in which GIF counts
_KINDS = {3: "rgb24", 4: "rgba"}  # by channels


class GifSink(ContainerSink):
    """An animated GIF, with a palette of its own for each frame; a pixel is clear or it is not.

    Its pieces are the frames themselves: GIF codes what changes between frames.

    Args:
        pieces: that there are.
        target: what errors call it.
        about: the source.
    """

    def __init__(self, pieces: Pieces, target: Path, about: About) -> None:
        super().__init__(pieces, target, about)
        if about.sounds:
            self.remarks.append(f"{target}: GIF has no sound, which is left out")
        self._frames: list[Pixels] = []
        self._times: list[int] = []

    def write(self, painted: PaintedFrame) -> None:
        """Keep a frame."""
        alpha = painted.alpha()
        pixels = painted.in_bytes()
        if alpha is not None:
            pixels = np.concatenate([pixels, alpha[..., None]], -1)
        self._frames.append(pixels)
        self._times.append(painted.frame.time)

    def end_piece(self) -> dict[str, NDArray[Any]]:
        """The piece's frames and their times."""
        content = {f"{number:05d}": pixels for number, pixels in enumerate(self._frames)}
        times = np.array(self._times, np.int64)
        self._frames, self._times = [], []
        return {**content, "times": times}

    def finish(self, part: Path, source: Source) -> None:
        """Encode all frames."""
        del source
        time = -1
        graph: Any = None
        with self.errors(), pyav().open(place(part), "w", format="gif") as output:
            for piece in self.pieces:
                for number, own in enumerate(piece["times"]):
                    pixels = piece[f"{number:05d}"]
                    if graph is None:
                        graph, video = self._open(output, *pixels.shape)
                    frame = pyav().VideoFrame.from_ndarray(pixels, _KINDS[pixels.shape[2]])
                    seconds = int(own) * self.about.time_base
                    time = max(time + 1, round(seconds / HUNDREDTHS))
                    frame.pts, frame.time_base = time, HUNDREDTHS
                    graph.push(frame)
                    self._encode(output, graph, video)
            graph.push(None)
            self._encode(output, graph, video)
            output.mux(video.encode())

    @staticmethod
    def _encode(output: OutputContainer, graph: Any, video: Any) -> None:
        av = pyav()
        with contextlib.suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                output.mux(video.encode(graph.pull()))

    def _open(
        self, output: OutputContainer, height: int, width: int, channels: int
    ) -> tuple[Any, Any]:
        rate = min(self.about.rate, 1 / HUNDREDTHS).limit_denominator(1000)
        video: Any = output.add_stream("gif", rate=rate)
        coder = video.codec_context
        coder.height, coder.width, coder.pix_fmt = height, width, "pal8"
        coder.time_base = HUNDREDTHS
        graph = pyav().filter.Graph()
        start = graph.add_buffer(
            width=width, height=height, format=_KINDS[channels], time_base=HUNDREDTHS
        )
        both = graph.add("split")
        palette = graph.add("palettegen", f"stats_mode=single:reserve_transparent={channels - 3}")
        use = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=4")
        end = graph.add("buffersink")
        start.link_to(both)
        both.link_to(use, 0, 0)
        both.link_to(palette, 1, 0)
        palette.link_to(use, 0, 1)
        use.link_to(end)
        graph.configure()
        return graph, video
