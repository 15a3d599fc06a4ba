"""Tables of figures: fitting, and in the formats of papers."""

from __future__ import annotations

from stylenet.metrics import FigureTable, as_latex, as_markdown, as_text

TABLE = FigureTable("means", ["run", "style", "ssim"], [["a_b", "1.25", "-"], ["c|d", "10", "0.5"]])


def test_words_to_the_left_figures_to_the_right() -> None:
    assert as_text(TABLE, 80).splitlines() == [
        "means",
        "run  style  ssim",
        "----------------",
        "a_b   1.25     -",
        "c|d     10   0.5",
    ]


def test_what_does_not_fit_is_named_and_no_line_is_longer() -> None:
    wide = FigureTable("t", ["run", *(f"figure{n}" for n in range(20))], [["x" * 60, *20 * ["1"]]])
    lines = as_text(wide, 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert "x…x" in lines[3]
    assert " ".join(lines[4:]).startswith("not shown, in the file: figure4, figure5")


def test_markdown_and_latex_hold_everything() -> None:
    assert as_markdown(TABLE, 80).splitlines()[2:] == [
        "| run | style | ssim |",
        "| --- | ---: | ---: |",
        "| a_b | 1.25 | - |",
        r"| c\|d | 10 | 0.5 |",
    ]
    latex = as_latex(TABLE, 80)
    assert r"\begin{tabular}{lrr}" in latex
    assert r"a\_b & 1.25 & - \\" in latex
    assert as_latex(FigureTable("", ["±", "50%"], []), 80).count(r"$\pm$ & 50\%") == 1
