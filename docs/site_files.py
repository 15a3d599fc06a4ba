"""Hooks of MkDocs: the site has the repository's own layout, and no file is copied for it.

MkDocs takes its pages from one folder and cannot look beyond it. Here they are those of the whole
repository, under their paths in it, so that a link works on the site as it does beside the files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parents[1]
SHOWN = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/*",
    "benchmarks/**/*",
    "experiments/**/*",
    "src/stylenet/**/*.md",
    "src/stylenet/metrics/spectrum.py",
)
KINDS = {".csv", ".html", ".jpg", ".json", ".md", ".png", ".py", ".sh", ".txt", ".yaml"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The repository's files in place of those of ``docs/``; the theme's stay."""
    from mkdocs.structure.files import File

    for file in [file for file in files if file.src_dir == config.docs_dir]:
        files.remove(file)
    for pattern in SHOWN:
        for path in sorted(ROOT.glob(pattern)):
            if path.suffix in KINDS and "__pycache__" not in path.parts:
                name = path.relative_to(ROOT).as_posix()
                files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """GitHub wants a bar within a table's code escaped; Python-Markdown shows the backslash."""
    lines = markdown.split("\n")
    return "\n".join(line.replace(r"\|", "|") if line.startswith("|") else line for line in lines)
