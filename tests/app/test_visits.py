"""Visitors and their pictures, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from stylenet.app.limits import Limits
from stylenet.app.look import Look
from stylenet.app.studio import Mixture, Studio
from stylenet.app.visit import Visit
from stylenet.app.visits import Visits
from stylenet.app.words import in_words
from stylenet.apply import Stylizer, find_named_style
from stylenet.errors import StylenetError
from stylenet.images import Adjustment, LongerSide, LuminanceOnly, PictureError, read_image

UDNIE: Mixture = (("udnie", 1.0),)


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*words: object, **more: object) -> bytes:
        raise AssertionError(f"a server was asked: {words}")

    monkeypatch.setattr("stylenet.styles.find.download_bytes", asked)


@pytest.fixture
def studio(shipped: Path) -> Studio:
    return Studio("cpu")


@pytest.fixture
def visit(tmp_path: Path, photos: Path) -> Visit:
    visit = Visit(tmp_path / "visit", Limits(side=96, paintings=2))
    visit.take_photograph(photos / "06.jpg")
    return visit


def test_a_cut_out_is_shown_on_white(visit: Visit, photos: Path, tmp_path: Path) -> None:
    with Image.open(photos / "06.jpg") as image:
        image.putalpha(
            Image.linear_gradient("L").resize(image.size).point(lambda v: 255 * (v > 127))
        )
        image.save(tmp_path / "cut.png")
    visit.take_photograph(tmp_path / "cut.png")
    content = visit.content(64)
    assert content[:, :16].mean() < 0.9  # what the net sees has no white sheet
    for shown in (visit.before(64), visit.preview(content)):
        laid = read_image(shown)
        assert laid[:, :16].min() > 0.95
        assert (laid[:, 40:] - content[:, 40:]).abs().mean() < 0.05


def test_a_painting_is_stylizers_and_the_net_paints_once_for_a_style_and_a_size(
    studio: Studio, visit: Visit, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, ...]] = []
    paint = Stylizer.paint
    monkeypatch.setattr(
        Stylizer, "paint", lambda self, *a: calls.append(tuple(a[0].shape)) or paint(self, *a)
    )
    painted = visit.painting(studio, UDNIE, 64, 1.0)
    content = LongerSide(64)(read_image(photos / "06.jpg"))
    style = find_named_style("udnie", online=False).path
    expected = Stylizer.load("any", "cpu", style=style)(content)
    assert torch.equal(painted, expected)
    calls.clear()
    for strength in (0.0, 0.5, 1.0):
        again = visit.painting(studio, UDNIE, 64, 1.0)
        Look(strength, LuminanceOnly(), Adjustment(90, 0.5, 1.2))(again, visit.content(64))
    assert calls == []
    visit.painting(studio, UDNIE, 64, 2.0)
    assert calls == [(3, 28, 32)]  # broad strokes: at half the size
    visit.painting(studio, (("wave", 1.0),), 64, 1.0)
    assert len(calls) == 2
    visit.painting(studio, UDNIE, 64, 1.0)  # it holds two: this one was pushed out
    assert len(calls) == 3


def test_a_mixture_is_stylizers(studio: Studio, visit: Visit) -> None:
    painted = visit.painting(studio, (("udnie", 0.6), ("wave", 0.4)), 64, 1.0)
    files = {
        str(find_named_style(n, online=False).path): w for n, w in (("udnie", 0.6), ("wave", 0.4))
    }
    assert torch.equal(painted, Stylizer.load("any", "cpu", style=files)(visit.content(64)))


def test_strength_runs_from_the_photograph_to_the_painting(images: tuple[Tensor, Tensor]) -> None:
    painted, content = images
    assert torch.equal(Look(1.0)(painted, content), painted)
    assert torch.equal(Look(0.0)(painted, content), content)
    half = Look(0.5)(painted, content)
    torch.testing.assert_close(half, (painted + content) / 2)


@pytest.fixture
def images() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.rand(2, 3, 8, 9, generator=generator)
    return first, second


def test_a_photograph_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    stored = Image.new("RGB", (60, 40))
    ImageDraw.Draw(stored).rectangle((0, 0, 29, 39), fill="white")  # the left half
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise: left goes up
    stored.save(tmp_path / "turned.png", exif=exif)
    visit = Visit(tmp_path / "visit", Limits())
    visit.take_photograph(tmp_path / "turned.png")
    upright = visit.content(60)
    assert upright.shape == (3, 60, 40)
    assert upright[:, :28].min() > 0.9
    assert upright[:, 32:].max() < 0.1
    with Image.open(visit.before(60)) as shown:
        assert shown.size == (40, 60)


def test_downloads_have_the_photographs_name(visit: Visit) -> None:
    file = visit.download(visit.content(64), "udnie", ".png")
    assert file.name == "06_udnie.png"
    assert (read_image(file) - visit.content(64)).abs().max() <= 0.5 / 255 + 1e-6


def test_a_visit_leaves_nothing_and_others_stay(tmp_path: Path, photos: Path) -> None:
    visits = Visits(tmp_path / "all", Limits())
    uploads = [tmp_path / f"{n}" / "upload.jpg" for n in range(2)]
    for upload in uploads:
        upload.parent.mkdir()
        upload.write_bytes((photos / "00.jpg").read_bytes())
    one, other = visits.of("one"), visits.of("other")
    for visit, upload in zip((one, other), uploads, strict=True):
        visit.take_photograph(upload)
        visit.preview(visit.content(64))
    assert visits.of("one") is one
    visits.end("one")
    assert not one.folder.exists()
    assert not uploads[0].exists()
    assert not one.has_photograph
    assert other.folder.exists()
    assert uploads[1].exists()
    assert other.has_photograph
    visits.end_all()
    assert list((tmp_path / "all").iterdir()) == []


def test_an_upload_that_came_to_nothing_is_deleted_after_a_while(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "all"
    visits = Visits(folder, Limits())
    lost, kept = folder / "lost", folder / "kept"
    for upload in (lost, kept):
        upload.mkdir(parents=True)
        (upload / "me.jpg").write_bytes((photos / "00.jpg").read_bytes())
    visits.of("here").take_photograph(kept / "me.jpg")
    visits.of("gone")
    visits.end("gone")
    assert lost.exists()
    monkeypatch.setattr("stylenet.app.visits.UNCLAIMED", -1)
    visits.end("gone")
    assert not lost.exists()
    assert kept.exists()
    visits.end("here")
    assert list(folder.iterdir()) == []


def test_who_was_away_longest_goes_when_there_are_too_many(tmp_path: Path) -> None:
    visits = Visits(tmp_path, Limits(visitors=2))
    first = visits.of("a")
    visits.of("b")
    visits.of("c")
    assert len(visits) == 2
    assert not first.folder.exists()


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path, photos: Path) -> None:
    visit = Visit(tmp_path / "visit", Limits(pixels=1000))
    with pytest.raises(PictureError) as error:
        visit.take_photograph(photos / "00.jpg")
    said = in_words(error.value, photos / "00.jpg")
    assert said.startswith("00.jpg cannot be used: its 48 x 48 pixels are more than the limit")
    assert str(photos) not in said
    assert not visit.has_photograph


def test_a_photograph_is_kept_as_large_as_it_can_be_painted(visit: Visit, tmp_path: Path) -> None:
    Image.new("RGB", (200, 100)).save(tmp_path / "large.png")
    visit.take_photograph(tmp_path / "large.png")
    assert visit.content(96).shape == (3, 48, 96)


def test_a_style_of_the_visitors_own_is_known_to_the_visitor_alone(
    studio: Studio, visit: Visit, tmp_path: Path, photos: Path
) -> None:
    own = str(visit.take_style(photos / "03.jpg"))
    assert visit.style(studio, own) == own
    assert visit.own_styles == [("Your 03", own)]
    painted = visit.painting(studio, ((own, 1.0),), 64, 1.0)
    assert painted.shape == visit.content(64).shape
    with pytest.raises(StylenetError, match="not there any more"):
        Visit(tmp_path / "other", Limits()).style(studio, own)
    with pytest.raises(StylenetError, match="not there any more"):
        visit.style(studio, "/etc/passwd")
