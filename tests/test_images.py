"""Pictures: what people have is read, what is written is read back, sizes obey their laws."""

from __future__ import annotations

import os
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from PIL import Image

from stylenet import compose
from stylenet.errors import StylenetError
from stylenet.images import (
    AsIs,
    CentreCrop,
    CentreSquare,
    Height,
    LongerSide,
    PictureError,
    ShorterSide,
    SizeError,
    contact_sheet,
    open_image,
    read_image,
    reading,
    resize,
    sheets,
    to_pil,
    to_tensor,
    write_image,
)

RED = (1.0, 0.0, 0.0)


def near(
    picture: torch.Tensor, colour: tuple[float, float, float], tolerance: float = 1e-6
) -> None:
    expected = torch.tensor(colour).view(3, 1, 1).expand_as(picture)
    torch.testing.assert_close(picture, expected, atol=tolerance, rtol=0)


def noise(height: int = 24, width: int = 32, seed: int = 0) -> torch.Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


def png16(path: Path, values: np.ndarray, colour_type: int) -> Path:
    """A 16-bit PNG from (H,W) or (H,W,C) values, which Pillow cannot write in colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


# ------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".bmp", ".gif"])
def test_formats_are_read_as_rgb_floats(tmp_path, suffix):
    path = tmp_path / f"picture{suffix}"
    Image.new("RGB", (20, 10), (255, 0, 0)).save(path)
    picture = read_image(path)
    assert picture.shape == (3, 10, 20)
    assert picture.dtype == torch.float32
    near(picture, RED, tolerance=0.02)


def test_the_suffix_does_not_matter(tmp_path):
    path = tmp_path / "really_a_png.jpg"
    Image.new("RGB", (4, 4), (255, 0, 0)).save(path, "PNG")
    near(read_image(path), RED)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16", "I", "F"])
@pytest.mark.parametrize("white", [False, True])
def test_grey_in_every_mode_becomes_black_or_white(tmp_path, mode, white):
    if mode in ("I;16", "I", "F"):
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        full = 1.0 if mode == "F" else 65535
        image = Image.fromarray(np.full((6, 5), full * white, dtype=kind))
    else:
        image = Image.new("L", (5, 6), 255 * white).convert(mode)
    assert image.mode == mode
    path = tmp_path / ("p.tif" if mode in ("I", "F") else "p.png")
    image.save(path)
    near(read_image(path), (1.0, 1.0, 1.0) if white else (0.0, 0.0, 0.0))


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path):
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "ramp.tif")
    for path in (png16(tmp_path / "ramp.png", ramp, 0), tmp_path / "ramp.tif"):
        expected = torch.from_numpy(ramp / 65535.0).float().expand(3, 8, 8)
        torch.testing.assert_close(read_image(path), expected, atol=0.5 / 255 + 1e-6, rtol=0)


def test_sixteen_bit_grey_tiff_with_white_at_zero(tmp_path):
    image = Image.fromarray(np.zeros((4, 4), dtype=np.uint16))
    image.save(tmp_path / "p.tif", tiffinfo={262: 0})
    near(read_image(tmp_path / "p.tif"), (1.0, 1.0, 1.0))


def test_sixteen_bit_colour_keeps_its_colours(tmp_path):
    values = np.zeros((4, 4, 3), dtype=np.uint16)
    values[..., 0], values[..., 1] = 65535, 32768
    near(read_image(png16(tmp_path / "p.png", values, 2)), (1.0, 0.5, 0.0), tolerance=0.003)


def test_sixteen_bit_colour_tiff(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    values = np.zeros((4, 4, 3), dtype=np.uint16)
    values[..., 0], values[..., 1] = 65535, 32768
    tifffile.imwrite(tmp_path / "p.tif", values, photometric="rgb")
    near(read_image(tmp_path / "p.tif"), (1.0, 0.5, 0.0), tolerance=0.003)
    planes = np.ascontiguousarray(values.transpose(2, 0, 1))
    tifffile.imwrite(tmp_path / "q.tif", planes, photometric="rgb", planarconfig="separate")
    with pytest.raises(PictureError, match=r"16-bit TIFF with one plane per colour.*as an 8-bit"):
        read_image(tmp_path / "q.tif")


@pytest.mark.parametrize("values", [[0.0, 300.0], [-1.0, 1.0], [0.0, float("nan")]])
def test_floats_of_unknown_scale_are_refused(tmp_path, values):
    Image.fromarray(np.array([values], dtype=np.float32)).save(tmp_path / "p.tif")
    with pytest.raises(PictureError, match=r"floating-point values run from .* expected 0 to 1"):
        read_image(tmp_path / "p.tif")


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
@pytest.mark.parametrize(
    ("ink", "colour"),
    [
        ((0, 255, 255, 0), RED),
        ((0, 0, 0, 0), (1.0, 1.0, 1.0)),
        ((0, 0, 0, 255), (0.0, 0.0, 0.0)),
        ((255, 255, 0, 0), (0.0, 0.0, 1.0)),
    ],
)
def test_cmyk_has_its_colours(tmp_path, suffix, ink, colour):
    path = tmp_path / f"p{suffix}"
    Image.new("CMYK", (16, 16), ink).save(path)  # Pillow's JPEGs are of Adobe's inverted kind
    if suffix == ".jpg":
        assert b"Adobe" in path.read_bytes()
    near(read_image(path), colour, tolerance=0.02)


def test_transparency_lies_on_white(tmp_path):
    rgba = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    rgba.putpixel((0, 0), (255, 0, 0, 255))
    rgba.putpixel((1, 0), (0, 0, 0, 128))
    rgba.save(tmp_path / "rgba.png")
    picture = read_image(tmp_path / "rgba.png")
    near(picture[:, :1, :1], RED)
    near(picture[:, :1, 1:2], (0.5, 0.5, 0.5), tolerance=0.01)
    near(picture[:, 1:], (1.0, 1.0, 1.0))


def test_palette_with_transparency(tmp_path):
    image = Image.new("P", (4, 2), 0)
    image.putpalette([0, 0, 255, 255, 0, 0])
    image.putpixel((0, 0), 1)
    image.save(tmp_path / "index.png", transparency=0)
    image.save(tmp_path / "bytes.png", transparency=bytes([0, 255]))
    image.save(tmp_path / "first.gif", transparency=0)
    for path in sorted(tmp_path.iterdir()):
        picture = read_image(path)
        near(picture[:, :1, :1], RED)
        near(picture[:, 1:], (1.0, 1.0, 1.0))


def test_sixteen_bit_transparency(tmp_path):
    values = np.zeros((4, 4, 4), dtype=np.uint16)
    values[..., 0], values[..., 3] = 65535, 32768
    near(read_image(png16(tmp_path / "p.png", values, 6)), (1.0, 0.5, 0.5), tolerance=0.01)


def test_only_the_first_frame_is_read(tmp_path):
    frames = [Image.new("RGB", (4, 4), c) for c in ("red", "blue")]
    for name in ("p.gif", "p.tif", "p.png", "p.webp"):
        kept = {"lossless": True} if name == "p.webp" else {}
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **kept)
        near(read_image(tmp_path / name), RED)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(tmp_path, orientation, suffix):
    upright = np.zeros((16, 32, 3), dtype=np.uint8)
    upright[:8, :16] = (255, 0, 0)  # red top left, green top right, blue below left
    upright[:8, 16:] = (0, 255, 0)
    upright[8:, :16] = (0, 0, 255)
    undo = {6: 8, 8: 6}.get(orientation, orientation)  # the others undo themselves
    stored = Image.fromarray(upright)
    if orientation > 1:
        stored = stored.transpose(reading._TURNS[undo])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / f"p{suffix}", exif=exif)
    picture = read_image(tmp_path / f"p{suffix}")
    assert picture.shape == (3, 16, 32)
    # The corners, away from JPEG's and WebP's blurred edges.
    near(picture[:, 2:4, 2:4], RED, tolerance=0.05)
    near(picture[:, 2:4, -4:-2], (0.0, 1.0, 0.0), tolerance=0.05)
    near(picture[:, -4:-2, 2:4], (0.0, 0.0, 1.0), tolerance=0.05)


def test_damaged_exif_does_not_matter(tmp_path):
    Image.new("RGB", (8, 8), "red").save(
        tmp_path / "p.png", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01"
    )
    near(read_image(tmp_path / "p.png"), RED)


def test_open_image_is_eight_bit_rgb_of_the_same_values(tmp_path):
    write_image(tmp_path / "p.png", noise())
    opened = open_image(tmp_path / "p.png")
    assert opened.mode == "RGB"
    assert torch.equal(to_tensor(opened), read_image(tmp_path / "p.png"))


# --------------------------------------------------------------------- what is not to be read


def refused(path: Path, words: str, **settings: int) -> PictureError:
    with pytest.raises(PictureError, match=words) as caught:
        read_image(path, **settings)
    error = caught.value
    assert error.path == path
    assert str(path) in str(error)
    assert error.reason in str(error)
    assert error.remedy
    assert error.remedy in str(error)
    return error


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".bmp", ".gif"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_truncated(tmp_path, suffix, kept):
    whole = tmp_path / f"whole{suffix}"
    to_pil(noise(64, 64)).save(whole)
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(whole.read_bytes()[: int(kept * whole.stat().st_size)])
    refused(path, "truncated or damaged|header is damaged")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"\n<!DOCTYPE html><html><body>404</body></html>", r"web page \(HTML\).*Download"),
        (b"<?xml version='1.0'?><svg></svg>", "SVG drawing.*PNG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC.*pillow-heif.*convert the picture to JPEG"),
        (b"PK\x03\x04 a zip", "not a picture.*JPEG, PNG, WEBP, TIFF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    ],
)
def test_not_a_picture(tmp_path, content, words):
    path = tmp_path / "p.jpg"
    path.write_bytes(content)
    refused(path, words)


def test_missing_and_folder(tmp_path):
    refused(tmp_path / "none.jpg", "there is no such file.*relative ones start from")
    refused(tmp_path, "it is a folder.*one picture file")
    (tmp_path / "file").touch()
    refused(tmp_path / "file" / "p.jpg", "cannot be opened")
    refused(tmp_path / ("x" * 300 + ".jpg"), "cannot be opened")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied(tmp_path):
    path = tmp_path / "p.png"
    write_image(path, noise())
    path.chmod(0)
    refused(path, "permission to read it is denied.*right")


def test_pixel_limit_is_inclusive(tmp_path):
    write_image(tmp_path / "p.png", noise(10, 20))
    assert read_image(tmp_path / "p.png", max_pixels=200).shape == (3, 10, 20)
    refused(tmp_path / "p.png", "20 x 10 pixels are more than the limit of 199", max_pixels=199)


@pytest.mark.parametrize(("width", "height"), [(12_000, 10_000), (60_000, 50_000)])
def test_a_bomb_is_refused_by_its_header(tmp_path, width, height):
    """120 and 3000 million pixels: Pillow alone would warn of the first and refuse the second."""
    path = png16(tmp_path / "bomb.png", np.zeros((1, 1), dtype=np.uint16), 0)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)
    refused(path, f"{width} x {height} pixels .* raise max_pixels", max_pixels=100_000_000)
    # Let through, it turns out to be truncated: the limit was the only obstacle.
    if width == 12_000:
        refused(path, "truncated")


def test_an_error_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(PictureError("a.jpg", "it is empty", "Fetch it.")))
    assert (error.path, error.reason, error.remedy) == (Path("a.jpg"), "it is empty", "Fetch it.")
    assert isinstance(error, StylenetError)


# ------------------------------------------------------------------------- converting, writing


def test_eight_bit_pictures_survive_the_tensor():
    every = Image.fromarray(np.arange(768, dtype=np.uint16).astype(np.uint8).reshape(16, 16, 3))
    assert to_pil(to_tensor(every)).tobytes() == every.tobytes()


def test_values_are_clamped_and_rounded():
    picture = torch.tensor([-1.0, 2.0, 0.9 / 255, 254.6 / 255]).expand(3, 1, 4)
    assert np.asarray(to_pil(picture))[0, :, 0].tolist() == [0, 255, 1, 255]


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_other_precisions_are_taken(kind):
    picture = torch.full((3, 2, 2), 0.5, dtype=kind, requires_grad=True)
    assert to_pil(picture).getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.parametrize("suffix", ["", ".png", ".tif", ".bmp", ".PNG"])
def test_lossless_round_trip(tmp_path, suffix):
    picture = noise()
    written = write_image(tmp_path / "deep" / "er" / f"p{suffix}", picture[None])
    assert written.suffix.lower() == (suffix.lower() or ".png")
    again = read_image(written)
    torch.testing.assert_close(again, picture, atol=0.5 / 255 + 1e-6, rtol=0)
    assert torch.equal(read_image(write_image(tmp_path / "again.png", again)), again)
    assert [p.name for p in written.parent.iterdir()] == [written.name]


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_lossy_round_trip(tmp_path, suffix):
    smooth = resize(noise(4, 4), 64, 48)
    again = read_image(write_image(tmp_path / f"p{suffix}", smooth))
    assert (again - smooth).abs().mean() < 0.02


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_not_finite(tmp_path, bad):
    picture = noise()
    picture[1, 2, 3] = bad
    with pytest.raises(
        PictureError, match=r"1 of its 2304 values are NaN.*learning rate"
    ) as caught:
        write_image(tmp_path / "p.png", picture)
    assert caught.value.path == tmp_path / "p.png"
    assert not list(tmp_path.iterdir())


def test_wrong_shape_and_unknown_suffix(tmp_path):
    with pytest.raises(PictureError, match=r"shape is \(2, 3, 4, 4\), expected \(3,H,W\)"):
        write_image(tmp_path / "p.png", torch.zeros(2, 3, 4, 4))
    with pytest.raises(PictureError, match=r"not written as '\.xyz'.*\.png, \.jpg.*\.webp"):
        write_image(tmp_path / "p.xyz", noise())
    with pytest.raises(PictureError, match=r"70000 x 1 pixels cannot be encoded as JPEG.*\.png"):
        write_image(tmp_path / "p.jpg", torch.zeros(3, 1, 70_000))
    assert not list(tmp_path.iterdir())


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = write_image(tmp_path / "p.png", noise())
    before = path.read_bytes()
    with pytest.raises(PictureError):
        write_image(path, torch.full((3, 2, 2), float("nan")))
    assert path.read_bytes() == before
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_image(tmp_path / "folder.png", noise())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.png", "p.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_no_half_file(tmp_path, monkeypatch):
    def write_to_full(self, content):
        self.touch()
        with Path("/dev/full").open("wb") as full:
            return full.write(content)

    monkeypatch.setattr(Path, "write_bytes", write_to_full)
    with pytest.raises(OSError, match="No space left"):
        write_image(tmp_path / "p.png", noise())
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------ resizing


@pytest.mark.parametrize(("height", "width"), [(40, 60), (60, 40), (7, 300), (50, 50)])
@pytest.mark.parametrize("px", [1, 16, 90])
def test_sizings_keep_their_laws(height, width, px):
    picture = noise(height, width)
    assert AsIs()(picture) is picture
    assert min(ShorterSide(px)(picture).shape[1:]) == px
    assert max(LongerSide(px)(picture).shape[1:]) == px
    assert Height(px)(picture).shape[1] == px
    assert CentreSquare(px)(picture).shape == (3, px, px)
    for sizing in (ShorterSide(px), LongerSide(px), Height(px), CentreSquare(px)):
        sized = sizing(picture)
        assert sized.min() >= 0
        assert sized.max() <= 1
        batch = sizing(torch.stack([picture, picture.flip(-1)]))
        torch.testing.assert_close(batch[0], sized)


def test_the_aspect_is_kept_to_the_rounded_pixel():
    assert ShorterSide(100)(noise(40, 61)).shape == (3, 100, 152)
    assert LongerSide(100)(noise(40, 61)).shape == (3, 66, 100)
    assert LongerSide(10)(noise(1, 300)).shape == (3, 1, 10)


def test_at_its_own_size_nothing_changes():
    picture = noise(24, 32)
    for sizing in (ShorterSide(24), LongerSide(32), Height(24)):
        assert torch.equal(sizing(picture), picture)


def test_constant_stays_constant_and_fine_stripes_average():
    torch.testing.assert_close(
        resize(torch.full((3, 9, 7), 0.3), 5, 20), torch.full((3, 5, 20), 0.3)
    )
    stripes = (torch.arange(256) % 2).float().expand(3, 256, 256)
    small = resize(stripes, 32, 32)[..., 4:-4]
    torch.testing.assert_close(small, torch.full_like(small, 0.5), atol=0.02, rtol=0)


def test_crops_take_the_middle():
    picture = torch.zeros(3, 10, 20)
    picture[:, 3:7, 8:12] = 1
    assert CentreCrop(4)(picture).min() == 1
    assert CentreCrop(10)(picture).shape == (3, 10, 10)
    with pytest.raises(SizeError, match=r"CentreCrop\(px=11\) does not fit.*CentreSquare\(px=11\)"):
        CentreCrop(11)(picture)


@pytest.mark.parametrize("sizing", [ShorterSide, LongerSide, Height, CentreCrop, CentreSquare])
@pytest.mark.parametrize("px", [0, -1, 2.5, "256", True, None])
def test_pixels_are_positive_whole_numbers(sizing, px):
    with pytest.raises(
        SizeError, match=rf"{sizing.__name__}\(px=.*whole number of at least 1.*256"
    ):
        sizing(px)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("shorter", {"wide": (8, 16), "tall": (16, 8)}),
        ("longer", {"wide": (4, 8), "tall": (8, 4)}),
        ("height", {"wide": (8, 16), "tall": (8, 4)}),
        ("square", {"wide": (8, 8), "tall": (8, 8)}),  # the crop among them
    ],
)
def test_every_choice_of_style_size_takes_its_pixels(choice, expected):
    sizing = instantiate(compose(f"style_size={choice}", "style_size.px=8").style_size)
    assert sizing(torch.rand(3, 20, 40)).shape == (3, *expected["wide"])
    assert sizing(torch.rand(3, 40, 20)).shape == (3, *expected["tall"])


def test_a_thread_of_a_picture_is_not_blown_up():
    with pytest.raises(SizeError, match=r"cannot be resized to 100000000 x 1000.*crop"):
        ShorterSide(1000)(torch.zeros(3, 1, 100_000))


# ------------------------------------------------------------------------------ contact sheets


def test_a_sheet_has_its_pictures_where_they_belong():
    red, wide = torch.zeros(3, 8, 8), torch.zeros(1, 3, 4, 8)
    red[0] = 1
    sheet = contact_sheet([[red, wide], [None, red]], cell=8, pad=2)
    assert sheet.shape == (3, 2 + 8 + 2 + 8 + 2, 2 + 8 + 2 + 8 + 2)
    near(sheet[:, 2:10, 2:10], RED)
    near(sheet[:, 4:8, 12:20], (0.0, 0.0, 0.0))  # half as high, in the middle
    near(sheet[:, 2:4, 12:20], (1.0, 1.0, 1.0))
    near(sheet[:, 12:20, 2:10], (1.0, 1.0, 1.0))
    near(sheet[:, 12:20, 12:20], RED)
    near(sheet[:, :2], (1.0, 1.0, 1.0))


def test_pictures_are_scaled_to_the_cell_undistorted():
    sheet = contact_sheet([[torch.zeros(3, 30, 60), torch.zeros(3, 5, 5)]], cell=20, pad=0)
    assert sheet.shape == (3, 20, 40)
    assert (sheet[0] < 0.5).sum() == 10 * 20 + 20 * 20


def test_rows_may_differ_in_length():
    picture = torch.zeros(3, 4, 4)
    sheet = contact_sheet([[picture], [picture, picture]], cell=4, pad=1)
    assert sheet.shape == (3, 11, 11)
    near(sheet[:, 1:5, 6:10], (1.0, 1.0, 1.0))


def test_titles_are_drawn_in_their_margins():
    white = torch.ones(3, 40, 40)
    plain = contact_sheet([[white, white]], cell=40)
    titled = contact_sheet(
        [[white, white]], cell=40, column_titles=["a", "b"], row_titles=["photo"]
    )
    assert plain.min() == 1
    extra_height = titled.shape[1] - plain.shape[1]
    extra_width = titled.shape[2] - plain.shape[2]
    assert extra_height > 0
    assert extra_width > 0
    assert titled[:, :extra_height].min() < 0.5
    assert titled[:, extra_height:, :extra_width].min() < 0.5
    assert titled[:, extra_height + 8 :, extra_width + 8 :].min() == 1


def test_long_titles_are_shortened_to_their_column():
    font = sheets.ImageFont.load_default(size=14)
    long = "a very long name of a net indeed"
    for width in (0, 5, 20, 60, 1000):
        short = sheets._shortened(long, font, width)
        assert font.getlength(short) <= width
        assert short in ("", long) or short.endswith("…")
    assert sheets._shortened("two\nlines", font, 1000) == "two lines"
    white = torch.ones(3, 40, 40)
    sheet = contact_sheet([[white, white]], cell=40, column_titles=["", long], row_titles=[long])
    assert sheet.shape[2] <= 3 * 40 + 4 * 8 + 1
    near(sheet[:, :, -7:], (1.0, 1.0, 1.0))


LAYERS = ",".join(f"relu{block}_{n}" for block in range(1, 6) for n in (1, 2))


@pytest.mark.parametrize(
    "title",
    ["a", "", "a very long name of a net indeed", f"style_layers=[{LAYERS}]", "one\ntwo, 3"],
)
def test_broken_titles_lose_nothing_and_fit(title: str) -> None:
    font = sheets.ImageFont.load_default(size=14)
    for width in (60, 90, 128, 256, 5000):
        lines = sheets._broken(title, font, width)
        assert all(font.getlength(line) <= width for line in lines)
        if len(lines) < sheets.MOST_LINES:
            assert "".join("".join(lines).split()) == "".join(title.split())
    assert len(sheets._broken(title, font, 128)) < sheets.MOST_LINES
    assert lines == title.split("\n")
    assert "".join(sheets._broken(title, font, 3)) == ""
    assert sheets._broken("style_layers=[relu1_2,relu2_2]", font, 100) == [
        "style_layers=", "[relu1_2,", "relu2_2]"
    ]  # fmt: skip


def test_columns_whose_titles_differ_at_their_ends_can_be_told_apart() -> None:
    white = torch.ones(3, 100, 100)
    titles = [f"style_layers=[{LAYERS},{last}]" for last in ("fc6", "fc7")]
    sheet = contact_sheet([[white, white]], cell=100, column_titles=titles)
    one, other = sheet[:, :, 8:108], sheet[:, :, 116:216]
    assert not torch.equal(one, other)
    assert torch.equal(one[:, -100:], other[:, -100:])  # the images
    near(sheet[:, :, 108:116], (1.0, 1.0, 1.0))  # no title reaches into the next column
    endless = contact_sheet([[white]], cell=100, column_titles=["word " * 1000])
    assert endless.shape[1] < 3 * 100 + sheets.MOST_LINES * 20


def test_sheets_that_make_no_sense():
    picture = torch.zeros(3, 4, 4)
    with pytest.raises(ValueError, match="at least one picture"):
        contact_sheet([[None]])
    with pytest.raises(ValueError, match="0 row and 2 column titles for 1 rows and 1 columns"):
        contact_sheet([[picture]], column_titles=["a", "b"])
    with pytest.raises(PictureError, match="NaN"):
        contact_sheet([[picture * float("nan")]])


def test_a_title_may_have_several_lines() -> None:
    white = torch.ones(3, 40, 40)
    single = contact_sheet([[white]], cell=40, column_titles=["a"])
    double = contact_sheet([[white]], cell=40, column_titles=["a\na"])
    added = double.shape[1] - single.shape[1]
    assert added == 18
    assert torch.equal(double[:, :30], single[:, :30])  # the first line stays where it was
    assert double[:, 30 : 30 + added].min() < 0.5


def test_a_tall_picture_is_converted_band_by_band():
    every = torch.arange(3 * 1300 * 2).remainder(256).to(torch.uint8).reshape(1300, 2, 3)
    image = Image.fromarray(every.numpy())
    assert to_pil(to_tensor(image)).tobytes() == image.tobytes()
    broken = to_tensor(image)
    broken[0, 0, 0] = broken[1, 1299, 1] = torch.nan
    with pytest.raises(PictureError, match=f"2 of its {3 * 1300 * 2} values"):
        to_pil(broken)
