"""What a folder of images is read for, and what of it is left out."""

import importlib.util
import logging
import os

import pytest
import torch
from PIL import Image

from stylenet.errors import StylenetError
from stylenet.images import PICTURE_SUFFIXES, PictureError, picture_files, read_image

HEIC = importlib.util.find_spec("pillow_heif") is not None


def test_what_is_left_out_is_said_by_kind_and_count(tmp_path, caplog):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    for name in ("b.TXT", "c.txt", "d.psd", "e", ".hidden"):
        (tmp_path / name).touch()
    with caplog.at_level(logging.WARNING):
        assert [file.name for file in picture_files(tmp_path, "content")] == ["a.png"]
    (record,) = caplog.records
    assert record.getMessage() == f"{tmp_path}: left out 2 x .txt, 1 x .psd, 1 x no suffix."


def test_many_kinds_make_one_short_line(tmp_path, caplog):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    for number in range(9):
        (tmp_path / f"x.k{number}").touch()
    with caplog.at_level(logging.WARNING):
        picture_files(tmp_path, "content")
    assert caplog.text.count("1 x") == 5
    assert "and 4 other kinds" in caplog.text


@pytest.mark.skipif(HEIC, reason="pillow-heif is installed")
def test_without_pillow_heif_heic_is_left_out_with_the_remedy(tmp_path, caplog):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    for number in range(9):
        (tmp_path / f"{number}.HEIC").touch()
    with caplog.at_level(logging.WARNING):
        assert len(picture_files(tmp_path, "content")) == 1
    assert "9 x .heic, read with: pip install 'stylenet[heic]'" in caplog.text


@pytest.mark.skipif(not HEIC, reason="pillow-heif is not installed")
def test_heic_is_read_where_pillow_heif_is_installed(tmp_path):
    pillow_heif = importlib.import_module("pillow_heif")
    image = Image.new("RGB", (32, 16), (200, 90, 30))
    pillow_heif.from_pillow(image).save(tmp_path / "a.heic")
    assert [file.name for file in picture_files(tmp_path, "content")] == ["a.heic"]
    picture = read_image(tmp_path / "a.heic")
    assert picture.shape == (3, 16, 32)
    wanted = torch.tensor([200, 90, 30]) / 255
    torch.testing.assert_close(picture[:, 8, 16], wanted, atol=0.03, rtol=0)


def test_avif_is_read(tmp_path):
    Image.new("RGB", (32, 16), (200, 90, 30)).save(tmp_path / "a.avif")
    assert ".avif" in PICTURE_SUFFIXES
    assert read_image(tmp_path / "a.avif").shape == (3, 16, 32)


def test_a_pipe_is_no_picture_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(PictureError, match="it is a device or a pipe"):
        read_image(tmp_path / "a.png")
    with pytest.raises(PictureError, match="it is a device or a pipe"):
        read_image("/dev/zero")


def test_a_folder_without_pictures_names_what_is_there(tmp_path):
    (tmp_path / "a.txt").touch()
    with pytest.raises(StylenetError, match=r"holds no picture; found were 1 x \.txt"):
        picture_files(tmp_path, "content")
