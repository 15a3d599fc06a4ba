"""How the page looks: Gradio's theme Soft with more contrast; an order for narrow screens."""

from __future__ import annotations

from gradio.themes import Soft

from stylenet.app.loss_plot import CSS as LOSS_PLOT_CSS

PLAIN = ("system-ui", "sans-serif")  # Gradio's own fonts would be fetched from Google

# Soft's own colours are too faint for text by WCAG 2.1 (4.5 to 1)
THEME = Soft(font=PLAIN, font_mono=("ui-monospace", "monospace")).set(
    color_accent="*primary_600",
    block_label_text_color="*primary_700",
    block_title_text_color="*primary_700",
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_300",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    # by light all it has is white on white: boxes, the ends of sliders, ticks
    body_background_fill="*neutral_100",
    input_border_width="1px",
    input_border_color="*neutral_400",
    checkbox_border_color="*neutral_500",
    checkbox_border_color_dark="*neutral_300",
    button_secondary_border_color="*neutral_400",
    button_border_width="1px",
)

# on a telephone the painting comes between the photo and the sliders
CSS = (
    LOSS_PLOT_CSS
    + """
.dark { --color-accent: var(--primary-400); }
input[role=combobox] { text-overflow: ellipsis; padding-right: 2rem; }
/* above the pictures, not on them */
:is(#result, #regions_result) label[data-testid=block-label] {
  position: static; width: max-content;
}
/* were it hidden, nothing in it could be sticky; in @media Gradio looks for it within itself */
.gradio-container { overflow: clip !important; }
/* the painting stays where it is seen while the controls beside it are scrolled */
@media (min-width: 48rem) {
  #painted { position: sticky; top: 1rem; align-self: flex-start; }
}
@media (max-width: 40rem) {
  #controls { display: contents; }
  #paint > *, #controls > * { order: 2; }
  #controls > #photo, #controls > #sample, #controls > .form:has(#style) { order: 0; }
  #paint > #painted { order: 1; }
}
"""
)
