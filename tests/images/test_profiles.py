"""Colours that an embedded profile gives their meaning."""

import io
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from stylenet.images import open_image, read_image, to_tensor, write_image

CASES = Path(__file__).parents[1] / "faults" / "cases"
P3_TO_SRGB = np.array(  # of linear light, both white at D65; CSS Color 4, section 12
    [
        [1.2249401, -0.2249402, 0.0],
        [-0.0420569, 1.0420571, 0.0],
        [-0.0196376, -0.0786361, 1.0982735],
    ]
)


def encoded(light):
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def p3():
    with Image.open(CASES / "icc_p3.jpg") as image:
        return image.info["icc_profile"]


def test_a_wide_profile_is_brought_to_srgb():
    with Image.open(CASES / "icc_p3.jpg") as image:
        stored = np.asarray(image) / 255
    expected = encoded(stored ** (0x233 / 256) @ P3_TO_SRGB.T)  # the gamma of its curve
    found = read_image(CASES / "icc_p3.jpg").permute(1, 2, 0).numpy()
    assert np.abs(found - expected).max() < 0.02
    assert np.abs(stored - expected).max() > 0.05  # or it would have been nothing to convert


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
def test_every_mode_of_pixels_has_its_profile_and_its_transparency(tmp_path, mode):
    plain = Image.new("RGB", (4, 4), (200, 90, 90))
    plain.save(tmp_path / "plain.png", icc_profile=p3())
    wanted = read_image(tmp_path / "plain.png")[:, 0, 0]
    image = plain.quantize(2) if mode == "P" else plain.convert(mode)
    if mode == "RGBA":
        image.putpixel((3, 3), (200, 90, 90, 0))
    if mode == "L":  # as it is: grey is grey in every profile that shares white and curve
        wanted = torch.full((3,), image.getpixel((0, 0)) / 255)
    image.save(tmp_path / "p.png", icc_profile=p3())
    found = read_image(tmp_path / "p.png")
    torch.testing.assert_close(found[:, 0, 0], wanted, atol=0.012, rtol=0)
    torch.testing.assert_close(found[:, 3, 3], torch.ones(3) if mode == "RGBA" else found[:, 0, 0])


def test_a_profile_is_applied_once():
    image = open_image(CASES / "icc_p3.jpg")
    assert torch.equal(to_tensor(image), read_image(CASES / "icc_p3.jpg"))
    with Image.open(CASES / "icc_p3.jpg") as given:
        assert torch.equal(to_tensor(given), read_image(CASES / "icc_p3.jpg"))
        assert given.info["icc_profile"] == p3()


@pytest.mark.parametrize(
    ("mode", "profile"), [("RGB", b"no profile"), ("L", "cut"), ("CMYK", "whole"), ("RGB", b"")]
)
def test_a_profile_that_is_damaged_or_of_other_pixels_is_ignored_and_said_once(
    tmp_path, caplog, mode, profile
):
    wide = p3()
    profile = {"cut": wide[:200], "whole": wide + bytes(1)}.get(profile, profile)
    Image.new(mode, (4, 4), 0).save(tmp_path / "without.tif")
    Image.new(mode, (4, 4), 0).save(tmp_path / "with.tif", icc_profile=profile)
    with caplog.at_level(logging.WARNING):
        found = [read_image(tmp_path / "with.tif") for _ in range(2)]
    assert torch.equal(found[0], read_image(tmp_path / "without.tif"))
    assert torch.equal(*found)
    said = [r.getMessage() for r in caplog.records]
    assert len(said) == (1 if profile else 0)
    assert all("colour profile" in words and "taken for sRGB" in words for words in said)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_written_files_say_that_they_are_srgb_and_are_read_as_they_were_written(tmp_path, suffix):
    picture = torch.rand(3, 8, 8).mul(255).round() / 255
    file = write_image(tmp_path / f"p{suffix}", picture)
    with Image.open(file) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        raw = np.array(image.convert("RGB"))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert torch.equal(read_image(file), torch.from_numpy(raw).permute(2, 0, 1) / 255)
    assert file.read_bytes() == write_image(tmp_path / f"q{suffix}", picture).read_bytes()


def test_sixteen_bit_grey_with_a_transparent_value_lies_on_white():
    picture = read_image(CASES / "grey16_trns.png")
    assert torch.equal(picture[:, :16], torch.ones(3, 16, 96))
    with Image.open(CASES / "grey16_trns.png") as image:
        values = torch.from_numpy(np.asarray(image)[16:] / 65535).float()
    torch.testing.assert_close(picture[0, 16:], values, atol=0.5 / 255 + 1e-6, rtol=0)
