"""The catalogue: complete, consistent facts; the files it speaks of are the files there are."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from pathlib import Path

import pytest

from stylenet.images import read_image
from stylenet.styles import catalogue
from stylenet.styles.catalogue import parse_catalogue

ASSETS = Path(__file__).parents[3] / "shared" / "assets" / "styles"
PAINTINGS = [name for name, entry in catalogue().items() if entry.bundled is None]
BUNDLED = [name for name, entry in catalogue().items() if entry.bundled is not None]


def test_the_names():
    paintings = "udnie wave the_scream shipwreck starry_night night_cafe edtaonisl rain_princess"
    assert " ".join(PAINTINGS) == paintings
    assert BUNDLED == ["ihc", "hubble", "retina"]


@pytest.mark.parametrize("name", catalogue())
def test_every_entry_is_complete(name):
    entry = catalogue()[name]
    assert entry.name == name
    for fact in (entry.title, entry.artist, entry.year, entry.rights):
        assert isinstance(fact, str)
        assert fact
    assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    assert re.match(r"https://[^ ]+/[0-9a-f]{40}/[^ ]+\.(jpg|png)$", entry.source), "pin a commit"
    assert entry.file_name in (f"{name}.jpg", f"{name}.png")


def test_no_picture_is_listed_twice():
    assert len({entry.sha256 for entry in catalogue().values()}) == len(catalogue())


def test_only_rain_princess_may_not_be_shipped_on():
    assert [n for n, e in catalogue().items() if not e.public_domain] == ["rain_princess"]


@pytest.mark.parametrize("name", PAINTINGS)
def test_checksums_are_those_of_the_shared_files(name):
    path = ASSETS / f"{name}.jpg"
    if not path.exists():
        pytest.skip(f"the shared style pictures are not there ({ASSETS})")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == catalogue()[name].sha256


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_pictures_are_in_the_installed_scikit_image(name):
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "data" / str(catalogue()[name].bundled)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == catalogue()[name].sha256
    assert min(read_image(path).shape[1:]) >= 512


FACTS = "{title: T, artist: A, year: '1900', source: http://x/t.jpg, sha256: ab, rights: R"


def test_a_missing_or_misspelt_fact_is_named():
    with pytest.raises(TypeError, match="public_domain"):
        parse_catalogue(f"mine: {FACTS}}}")
    with pytest.raises(TypeError, match="titel"):
        parse_catalogue(f"mine: {FACTS}, public_domain: true, titel: T}}")


def test_the_catalogue_is_read_only():
    with pytest.raises(TypeError):
        catalogue()["mine"] = catalogue()["udnie"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        catalogue()["udnie"].title = "Another"  # type: ignore[misc]
