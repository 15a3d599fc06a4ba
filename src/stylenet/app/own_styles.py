"""A visitor's own paintings and nets, among the styles of all tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from stylenet.app.paint_tab import NET
from stylenet.app.pictures import pictures_css
from stylenet.app.studio import Studio
from stylenet.app.visits import Visits
from stylenet.app.wanted import NONE
from stylenet.app.words import MENDABLE, in_words


class OwnStyles:
    """Takes paintings, and offers them where styles are chosen.

    Args:
        studio: which styles all visitors have.
        visits: whose paintings and nets.
        painters: controls of a style that paints, by a net of the visitor's own, too.
        mixed: the same, which may be none.
        paintings: controls of a style that is learnt, for which it takes a painting.
    """

    def __init__(
        self,
        studio: Studio,
        visits: Visits,
        painters: Sequence[gr.Dropdown],
        mixed: Sequence[gr.Dropdown],
        paintings: Sequence[gr.Dropdown],
    ) -> None:
        self._studio, self._visits = studio, visits
        self._counts = (len(painters), len(mixed), len(paintings))
        pictures = gr.HTML(visible="hidden", apply_default_css=False)  # beside the visitor's own
        self._controls = [*painters, *mixed, *paintings, pictures]

    def taken_from(self, own: gr.Image, style: gr.Dropdown, said: gr.Markdown) -> None:
        """A painting uploaded to ``own`` becomes the ``style``; else ``said`` gets the reason."""
        at = self._controls.index(style)

        def take(request: gr.Request, upload: str | None) -> list[Any]:
            nothing = [gr.skip()] * len(self._controls)
            if upload is None:
                return [*nothing, gr.skip()]
            visit = self._visits.of(str(request.session_hash))
            try:
                with visit.lock:
                    file = str(visit.take_style(Path(upload)))
            except MENDABLE as error:
                return [*nothing, in_words(error, Path(upload))]
            offered = self._offer(request)
            offered[at] = gr.update(choices=offered[at]["choices"], value=file)
            return [*offered, gr.skip()]

        own.input(take, own, [*self._controls, said], **NET)

    def carried(self, style: gr.Dropdown, others: Sequence[gr.Dropdown]) -> None:
        """What is chosen in ``style`` is chosen in ``others``, too, unless it is a net."""

        def carry(request: gr.Request, name: str) -> list[Any]:
            visit = self._visits.of(str(request.session_hash))
            with visit.lock:
                learnt = [*self._studio.styles.items(), *visit.own_paintings]
            if name not in dict(learnt).values():
                return [gr.skip()] * len(others)
            # Gradio empties each of these as it reads it
            return [gr.update(choices=learnt, value=name) for _ in others]

        style.change(carry, style, list(others), queue=False, show_progress="hidden")

    def offered_after(self, event: Callable[..., Any]) -> None:
        """What the visitor has then is among the styles."""
        event(self._offer, None, self._controls)

    def _offer(self, request: gr.Request) -> list[Any]:
        visit = self._visits.of(str(request.session_hash))
        styles = list(self._studio.styles.items())
        with visit.lock:
            all_own = [*styles, *visit.own_styles]
            learnt = [*styles, *visit.own_paintings]
            pictures = {label: self._studio.file(style) for label, style in visit.own_styles}
        painters, mixed, paintings = self._counts
        return [
            *[gr.update(choices=all_own) for _ in range(painters)],
            *[gr.update(choices=[("none", NONE), *all_own]) for _ in range(mixed)],
            *[gr.update(choices=learnt) for _ in range(paintings)],
            gr.update(value=f"<style>{pictures_css(pictures)}</style>"),
        ]
