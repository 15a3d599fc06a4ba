"""The documentation as a site: it builds strictly, and its lists are whole."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def nav_pages(entries: object) -> list[str]:
    """The files that a part of the navigation names."""
    if isinstance(entries, str):
        return [entries]
    values = entries.values() if isinstance(entries, dict) else entries
    return [page for entry in values for page in nav_pages(entry)]


def test_every_page_is_in_the_navigation() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    pages = {page.relative_to(ROOT).as_posix() for page in DOCS.glob("*.md")}
    listed = nav_pages(nav)
    assert len(listed) == len(set(listed))
    assert pages | {"README.md", "CONTRIBUTING.md"} == set(listed)


def test_the_gallery_has_every_sheet_once() -> None:
    shown = re.findall(r"!\[[^]]+\]\((.*?)\)", (DOCS / "gallery.md").read_text())
    sheets = {file.relative_to(ROOT).as_posix() for file in ROOT.glob("experiments/**/*.jpg")}
    assert len(shown) == len(set(shown))
    assert {(DOCS / one).resolve().relative_to(ROOT).as_posix() for one in shown} == sheets


def test_what_the_api_page_names_is_there() -> None:
    names = re.findall(r"^::: ([\w.]+)$", (DOCS / "api.md").read_text(), re.MULTILINE)
    rooms = {name for name in names if name != "stylenet.compose"}
    assert all(importlib.util.find_spec(room) for room in rooms)
    # not for scripts
    inner = {"cli", "app", "evaluation", "files", "loggers", "motion", "runners", "settings"}
    inner |= {"sweeps", "tuning", "zoo"}
    packages = {file.parent.name for file in ROOT.glob("src/stylenet/*/__init__.py")}
    assert {f"stylenet.{name}" for name in packages - inner} <= rooms


def test_the_site_builds_strictly_and_asks_no_other_host(tmp_path: Path) -> None:
    """It is also a step of .ci/run, which installs MkDocs; dead links and anchors fail it."""
    for package in ("mkdocs", "material", "mkdocstrings_handlers.python"):
        try:
            there = importlib.util.find_spec(package)
        except ModuleNotFoundError:
            there = None
        if there is None:
            pytest.skip("MkDocs is not installed (the dependency group docs)")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    api = (tmp_path / "docs" / "api" / "index.html").read_text()
    for name in ("apply.Stylizer.load", "losses.StyleTerm", "tasks.Gatys", "compose"):
        assert f'id="stylenet.{name}"' in api
    sheet = Path("experiments/any_style/sheet.jpg")
    assert (tmp_path / sheet).read_bytes() == (ROOT / sheet).read_bytes()
    for page in tmp_path.rglob("index.html"):
        text = page.read_text()
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="?([^" >]+)', text)
        loaded += re.findall(
            r'<link[^>]* rel="?(?:stylesheet|preconnect)[^>]* href="?([^" >]+)', text
        )
        assert any(one.endswith(".css") for one in loaded), page
        assert [one for one in loaded if one.startswith(("http:", "https:", "//"))] == [], page
        assert [one for one in loaded if not (page.parent / one).exists()] == [], page
