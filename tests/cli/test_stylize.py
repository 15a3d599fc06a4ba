"""``stylenet stylize``, from the command line to the files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from stylenet.apply import Request, Stylizer
from stylenet.apply.painters import style_weights
from stylenet.errors import StylenetError
from stylenet.images import Adjustment, LongerSide, read_image, read_photograph, write_image
from stylenet.images.colour import to_yiq

Command = Callable[..., SimpleNamespace]


def same(file: Path, expected: torch.Tensor, levels: float = 1) -> bool:
    return bool((read_image(file) - expected.clamp(0, 1)).abs().max() <= levels / 255)


@pytest.fixture
def photo(photos: Path, tmp_path: Path) -> Path:
    """A lossless one, 54 x 48."""
    with Image.open(photos / "06.jpg") as image:
        image.save(tmp_path / "me.png")
    return tmp_path / "me.png"


@pytest.fixture
def painting(photos: Path) -> Path:
    return photos / "03.jpg"


def test_a_painting_is_a_style_in_one_pass(
    stylenet: Command, shipped: Path, photo: Path, painting: Path
) -> None:
    done = stylenet("stylize", photo, "--style", painting, "-o", "out.png")
    assert done.status == 0, done.said
    expected = Stylizer.load("any", "cpu", style=painting)(read_image(photo))
    assert same(Path("out.png"), expected)
    assert "out.png  54 x 48" in done.said
    assert f"style {painting}: the net any paints in it" in done.said
    assert done.out == b""


def test_a_net_that_ships_in_a_style_paints_it_and_any_other_name_is_painted_by_the_net_any(
    stylenet: Command, shipped: Path, photo: Path, painting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stylenet("stylize", photo, "--style", "wave").status == 0
    assert same(Path("me_wave.png"), Stylizer.load("wave", "cpu")(read_image(photo)))
    styles = Path("mine")
    styles.mkdir()
    (styles / "udnie.jpg").write_bytes(painting.read_bytes())
    monkeypatch.setenv("STYLENET_STYLES", str(styles))
    done = stylenet("stylize", photo, "--style", "udnie")
    assert done.status == 0, done.said
    assert "style udnie: no net of its own ships; the net any paints in it" in done.said
    expected = Stylizer.load("any", "cpu", style=styles / "udnie.jpg")(read_image(photo))
    assert same(Path("me_udnie.png"), expected)


def test_a_mixture_and_a_weaker_style(
    stylenet: Command, shipped: Path, photo: Path, painting: Path, photos: Path
) -> None:
    other = photos / "05.jpg"
    mixture = f"{painting}:0.6,{other}:0.4"
    done = stylenet("stylize", photo, "--style", mixture, "-o", "mixed.png")
    assert done.status == 0, done.said
    assert f"style {mixture}: the net any paints in it" in done.said
    weights = {str(painting): 0.6, str(other): 0.4}
    expected = Stylizer.load("any", "cpu", style=weights)(read_image(photo))
    assert same(Path("mixed.png"), expected)
    words = ("stylize", photo, "--style", painting, "--strength", 0.5, "-o", "half.png")
    assert stylenet(*words).status == 0
    stylizer = Stylizer.load("any", "cpu", style=painting)
    assert same(Path("half.png"), stylizer(read_image(photo), Request(strength=0.5)))


def test_nets_of_ones_own(
    stylenet: Command, run_of_one: Path, run_of_two: Path, photo: Path
) -> None:
    assert stylenet("stylize", photo, "--model", run_of_one).status == 0
    assert same(Path("me_one.png"), Stylizer.load(run_of_one, "cpu")(read_image(photo)))
    words = ("--model", run_of_two, "--style", "first:0.25,second:0.75", "-o", "two.png")
    assert stylenet("stylize", photo, *words).status == 0
    request = Request({"first": 0.25, "second": 0.75})
    assert same(Path("two.png"), Stylizer.load(run_of_two, "cpu")(read_image(photo), request))


def test_regions_of_a_net_of_several_styles_and_of_the_net_any(
    stylenet: Command, shipped: Path, run_of_two: Path, photo: Path, photos: Path
) -> None:
    region_map = Image.new("RGB", (54, 48), "red")
    region_map.paste((0, 0, 255), (0, 0, 20, 48))
    region_map.save("map.png")
    words = ("stylize", photo, "--regions", "map.png")
    done = stylenet(*words, "red=first", "blue=second", "--model", run_of_two, "-o", "two.png")
    assert done.status == 0, done.said
    request = Request(region_map="map.png", region_styles={"red": "first", "blue": "second"})
    assert same(Path("two.png"), Stylizer.load(run_of_two, "cpu")(read_image(photo), request))
    red, blue = photos / "03.jpg", "wave"
    done = stylenet(*words, f"red={red}", f"blue={blue}", "-o", "any.png")
    assert done.status == 0, done.said
    painted = read_image("any.png")
    wave = Stylizer.load("wave", "cpu")(read_image(photo)).clamp(0, 1)
    other = Stylizer.load("any", "cpu", style=red)(read_image(photo)).clamp(0, 1)
    assert (painted[:, :, :20] - wave[:, :, :20]).abs().max() <= 1 / 255
    assert (painted[:, :, 20:] - other[:, :, 20:]).abs().max() <= 1 / 255


def test_size_and_colours(stylenet: Command, run_of_one: Path, photo: Path) -> None:
    words = ("stylize", photo, "--model", run_of_one)
    assert stylenet(*words, "--size", 40, "--keep-colours", "-o", "kept.png").status == 0
    kept, content = read_image("kept.png"), LongerSide(40)(read_image(photo))
    assert kept.shape == content.shape
    inside = (kept > 0).all(0) & (kept < 1).all(0)  # elsewhere colours were clipped
    difference = (to_yiq(kept[None]) - to_yiq(content[None]))[0]
    assert inside.any()
    assert difference[1:, inside].abs().max() < 0.02
    more = ("--hue", 90, "--saturation", 0.5, "--brightness", 1.2, "-o", "turned.png")
    assert stylenet(*words, *more).status == 0
    plain = Stylizer.load(run_of_one, "cpu")(read_image(photo))
    assert same(Path("turned.png"), Adjustment(90, 0.5, 1.2)(plain[None])[0])


def test_adjustments_are_laws() -> None:
    image = 0.2 + 0.6 * torch.rand(1, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    assert Adjustment()(image) is image
    torch.testing.assert_close(Adjustment(hue=360)(image), image, atol=1e-5, rtol=0)
    grey = Adjustment(saturation=0)(image)
    torch.testing.assert_close(grey[:, 0], grey[:, 1], atol=1e-4, rtol=0)
    torch.testing.assert_close(to_yiq(grey)[:, 0], to_yiq(image)[:, 0], atol=1e-4, rtol=0)
    torch.testing.assert_close(Adjustment(brightness=0.5)(image), image / 2, atol=1e-5, rtol=0)
    with pytest.raises(StylenetError, match="saturation=-1, expected 0 or more"):
        Adjustment(saturation=-1)


def camera_photo(photo: Path, file: Path, **more: Any) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    exif[0x8769] = {0x9003: "2026:01:02 03:04:05", 0xA002: 54, 0xA003: 48, 0xA001: 65535}
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    with Image.open(photo) as image:
        image.save(file, exif=exif, quality=95, **more)


def test_a_jpeg_stays_one_upright_with_its_metadata_and_tagged_srgb(
    stylenet: Command, run_of_one: Path, photo: Path
) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
    iptc = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\x78\0\x05hello"
    segment = b"\xff\xed" + (len(iptc) + 2).to_bytes(2) + iptc
    camera_photo(photo, Path("camera.jpg"), xmp=xmp, comment=b"mine", dpi=(300, 300), extra=segment)
    done = stylenet("stylize", "camera.jpg", "--model", run_of_one)
    assert done.status == 0, done.said
    with Image.open("camera_one.jpg") as painted:
        assert painted.format == "JPEG"
        assert painted.size == (48, 54)
        exif = painted.getexif()
        assert exif.get(0x0112, 1) == 1  # which Pillow also reads from XMP
        assert exif[0x010F] == "Maker"
        assert exif.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
        assert exif.get_ifd(0x8769)[0xA002] == 48
        assert exif.get_ifd(0x8825)[2] == (48.0, 8.0, 0.0)
        assert b'tiff:Orientation="1"' in painted.info["xmp"]
        assert painted.info["comment"] == b"mine"
        assert painted.info["dpi"] == (300, 300)
        assert (iptc[14:] in painted.info["photoshop"]) or 0x0404 in painted.info["photoshop"]
        profile = ImageCms.ImageCmsProfile(BytesIO(painted.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
    expected = Stylizer.load(run_of_one, "cpu")(read_image("camera.jpg"))
    assert same(Path("camera_one.jpg"), read_image(write_image("expected.jpg", expected)))


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_transparency_and_exif_are_kept_where_the_format_has_them(
    stylenet: Command, run_of_one: Path, photo: Path, suffix: str
) -> None:
    file = Path(f"clear.{suffix}")
    camera_photo(photo, Path("camera.jpg"))
    with Image.open(photo) as image, Image.open("camera.jpg") as camera:
        alpha = Image.fromarray(np.tile(np.arange(54, dtype=np.uint8) * 4, (48, 1)))
        image.putalpha(alpha)
        exif = Image.Exif()
        exif.load(camera.info["exif"])
        image.save(file, exif=exif, **({"lossless": True} if suffix == "webp" else {}))
    assert stylenet("stylize", file, "--model", run_of_one, "-o", "painted/").status == 0
    with Image.open(Path("painted") / file) as painted:
        assert painted.mode == "RGBA"
        upright = alpha.transpose(Image.Transpose.ROTATE_270)
        assert np.array_equal(np.asarray(painted.getchannel("A")), np.asarray(upright))
        assert painted.getexif()[0x010F] == "Maker"
        assert painted.getexif().get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
    assert stylenet("stylize", file, "--model", run_of_one, "-o", "opaque.jpg").status == 0
    with Image.open("opaque.jpg") as painted:
        assert (painted.mode, painted.size) == ("RGB", (48, 54))


def test_a_cut_out_is_painted_as_if_it_went_on_behind_what_is_not_seen(
    stylenet: Command, run_of_one: Path, photo: Path
) -> None:
    """It stood on white, which took over the norms' statistics of a small one."""
    with Image.open(photo) as image:
        half = image.copy()
    seen = np.zeros((48, 54), np.uint8)
    seen[:, :27] = 255
    half.putalpha(Image.fromarray(seen))
    half.save("half.png")
    behind = read_photograph("half.png").image
    shown, filled = np.asarray(half), np.asarray(behind).astype(int)
    assert np.array_equal(filled[:, :27], shown[:, :27, :3])
    beside = np.abs(filled[:, 27:31] - filled[:, 26:27]).mean()
    assert beside < np.abs(255 - filled[:, 26]).mean() / 2
    assert np.abs(filled[:, 27:].mean((0, 1)) - filled[:, :27].mean((0, 1))).max() < 30
    behind.save("behind.png")
    assert stylenet("stylize", "half.png", "--model", run_of_one, "-o", "out.png").status == 0
    assert stylenet("stylize", "behind.png", "--model", run_of_one, "-o", "whole.png").status == 0
    with Image.open("out.png") as out, Image.open("whole.png") as whole:
        assert np.array_equal(np.asarray(out.convert("RGB")), np.asarray(whole))
    assert stylenet("stylize", "half.png", "--model", run_of_one, "-o", "out.jpg").status == 0
    with Image.open("out.jpg") as laid:
        assert np.asarray(laid)[:, 36:].min() > 240  # in a format without transparency, on white


@pytest.mark.parametrize("side", [1, 8, 60])
def test_behind_a_small_cut_out_lies_its_colour(tmp_path: Path, side: int) -> None:
    colour = (100, 60, 140)
    small = Image.new("RGBA", (500, 300))
    small.paste((*colour, 255), (200, 100, 200 + side, 100 + side))
    small.save(tmp_path / "small.png")
    behind = np.asarray(read_photograph(tmp_path / "small.png").image).astype(int)
    assert np.abs(behind - colour).max() <= 2


def test_nothing_seen_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (5, 3)).save(tmp_path / "nothing.png")
    assert np.asarray(read_photograph(tmp_path / "nothing.png").image).min() == 255


def test_png_keeps_its_texts(stylenet: Command, run_of_one: Path, photo: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_itxt("Title", "Größe")
    with Image.open(photo) as image:
        image.save("told.png", pnginfo=texts)
    assert stylenet("stylize", "told.png", "--model", run_of_one, "-o", "new.png").status == 0
    with Image.open("new.png") as painted:
        assert painted.text["Title"] == "Größe"


def test_folders_skip_what_is_broken_and_say_so(
    stylenet: Command, run_of_one: Path, photos: Path, tmp_path: Path
) -> None:
    (photos / "sub").mkdir()
    whole = (photos / "00.jpg").read_bytes()
    (photos / "sub" / "broken.jpg").write_bytes(whole[:-40])
    with Image.open(photos / "01.jpg") as image:
        image.save(photos / "sub" / "a.gif")
    done = stylenet("stylize", photos, "--model", run_of_one)
    assert done.status == 1
    assert "skipped" in done.said
    assert "truncated or damaged" in done.said
    out = Path("photos_one")
    written = {f.relative_to(out).as_posix() for f in out.rglob("*.*")}
    assert written == {*(f"{n:02d}.jpg" for n in range(8)), "sub/a.png"}
    done = stylenet("stylize", photos, "--model", run_of_one, "--json", "-o", "again")
    assert done.status == 1
    told = json.loads(done.out)
    assert len(told["painted"]) == 9
    assert told["painted"][0].keys() == {"photo", "file", "width", "height", "seconds"}
    (left_out,) = told["skipped"]
    assert left_out["photo"].endswith("broken.jpg")
    assert "truncated" in left_out["reason"]


def test_streams(stylenet: Command, run_of_one: Path, photo: Path, photos: Path) -> None:
    jpeg = photos / "00.jpg"
    done = stylenet("stylize", "-", "--model", run_of_one, given=jpeg.read_bytes())
    assert done.status == 0, done.said
    with Image.open(BytesIO(done.out)) as painted:
        assert painted.format == "JPEG"
    done = stylenet("stylize", "-", "--model", run_of_one, "-o", "-", given=photo.read_bytes())
    Path("piped.png").write_bytes(done.out)
    assert same(Path("piped.png"), Stylizer.load(run_of_one, "cpu")(read_image(photo)))
    done = stylenet("stylize", photo, "--model", run_of_one, "-o", "-")
    assert done.out == Path("piped.png").read_bytes()
    words = ("stylize", "-", "--model", run_of_one, "-o", "file.webp", "--json")
    done = stylenet(*words, given=photo.read_bytes())
    assert json.loads(done.out)["painted"][0]["file"] == "file.webp"
    with Image.open("file.webp") as painted:
        assert painted.format == "WEBP"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["me.png"], "Got no style. Use --style"),
        (["no.png", "--model", "RUN"], "no.png: there is no such file"),
        (["me.png", "--model", "RUN", "--style", "udnie"], "which has its own"),
        (["me.png", "--model", "RUN", "-o", "me.png"], "would take its place"),
        (["me.png", "--model", "RUN", "-o", "out.gif"], "not written as '.gif'"),
        (["me.png", "photos", "--model", "RUN", "-o", "out.png"], "the file out.png"),
        (["me.png", "--model", "no_such_run"], "does not exist"),
        (["me.png", "--model", "wav"], "does not exist. Did you mean wave? Name a finished run"),
        (["me.png", "--model", "TWO"], "has the styles first, second, and none was named. Use "),
        (["me.png", "--model", "TWO"], "Use --style first, or a mixture: --style first:0.6,"),
        (["me.png", "--model", "TWO", "--style", "first:0.5"], "with a sum of 0.5, expected 1"),
        (["me.png", "--style", "udnei"], "; in the catalogue: it has no such name. Did you mean"),
        (["me.png", "--style", "udnie:0.6,wave"], "wave has no weight"),
        (["me.png", "--style", "udnie, me.png"], "udnie, me.png have no weight. Give each"),
        (["me.png", "--style", "wave", "--strength", "2"], "strength=2"),
        (["me.png", "red=wave", "--regions", "me.png", "--style", "wave"], "expected one of them"),
        (["me.png", "--regions", "me.png"], "a map without styles"),
        (["-", "me.png", "--style", "wave"], "stands for one photo"),
        (["-", "--style", "wave", "--json"], "for standard output"),
        (["-", "--style", "wave"], "the file is empty"),
        (["me.png", "--style", "wave", "--saturation", "-1"], "saturation=-1"),
    ],
)
def test_errors_take_one_line(
    stylenet: Command,
    shipped: Path,
    run_of_one: Path,
    run_of_two: Path,
    photo: Path,
    words: list[str],
    expected: str,
) -> None:
    runs = {"RUN": str(run_of_one), "TWO": str(run_of_two)}
    done = stylenet("stylize", *[runs.get(word, word) for word in words])
    assert done.status == 2
    assert expected in done.said
    assert "style_weights" not in done.said
    errors = [line for line in done.said.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert "Traceback" not in done.said


def test_debug_shows_the_traceback(
    stylenet: Command, photo: Path, run_of_one: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StylenetError, match="no such file"):
        stylenet("stylize", "no.png", "--model", run_of_one, "--debug")


def test_without_a_net_for_any_style_the_remedy_is_to_train_one(
    stylenet: Command, shipped: Path, photo: Path
) -> None:
    (shipped / "any.safetensors").unlink()
    done = stylenet("stylize", photo, "--style", "udnie")
    assert done.status == 2
    assert "no net for any style ships" in done.said
    assert "stylenet train style=udnie" in done.said


def test_mixtures_are_read() -> None:
    assert style_weights("udnie") == {"udnie": 1.0}
    assert style_weights("udnie:0.6,wave:.4") == {"udnie": 0.6, "wave": 0.4}
    assert style_weights("C:/a.jpg") == {"C:/a.jpg": 1.0}


def test_help_does_not_wait_for_torch() -> None:
    code = (
        "import sys; from stylenet.cli import main\n"
        "sys.argv = ['stylenet', 'stylize', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--keep-colours" in done.stdout
