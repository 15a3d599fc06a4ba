"""PictureGrids: content, stylised, style in columns, one file for each validation."""

import pytest
import torch
from PIL import Image
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stylenet.callbacks import PictureGrids, RegionGrids, StyleGrids

PAD, LINE, CELL = 8, 28, 256
RED, CYAN, BLUE = (255, 0, 0), (0, 255, 255), (0, 0, 255)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_validation_leaves_a_file_named_by_its_step(fit, tmp_path):
    grids = PictureGrids(tmp_path / "pictures")
    assert grids.last is None
    fit(grids, max_steps=10, val_check_interval=4)
    assert names(tmp_path / "pictures") == ["step_000004.png", "step_000008.png"]
    assert grids.last == tmp_path / "pictures" / "step_000008.png"
    assert grids.last_step == 8


def test_the_columns_are_content_stylised_and_style(fit, tmp_path):
    grids = PictureGrids(tmp_path)
    fit(grids, max_steps=4)
    with Image.open(grids.last) as picture:
        picture = picture.convert("RGB")
    assert picture.size == (PAD + 3 * (CELL + PAD), PAD + LINE + 3 * (CELL + PAD))
    middle = PAD + LINE + CELL // 2
    columns = [PAD + CELL // 2 + i * (CELL + PAD) for i in range(3)]
    for x, expected in zip(columns, (RED, CYAN, BLUE), strict=True):
        assert picture.getpixel((x, middle)) == expected


@pytest.mark.parametrize(("rows", "shown"), [(1, 1), (2, 2), (3, 3), (4, 3)])
def test_there_are_no_more_rows_than_asked_for(rows, shown, fit, tmp_path):
    """Three validation pictures come in batches of two."""
    grids = PictureGrids(tmp_path, rows=rows)
    fit(grids, max_steps=4)
    with Image.open(grids.last) as picture:
        assert picture.height == PAD + LINE + shown * (CELL + PAD)


def test_a_grid_shows_its_own_validation_only(fit, tmp_path):
    """Pictures do not pile up from one validation to the next."""
    grids = PictureGrids(tmp_path, rows=100)
    fit(grids, max_steps=8)
    assert len(names(tmp_path)) == 2
    for name in names(tmp_path):
        with Image.open(tmp_path / name) as picture:
            assert picture.height == PAD + LINE + 3 * (CELL + PAD)


def test_the_sanity_check_draws_nothing(fit, tmp_path):
    grids = PictureGrids(tmp_path / "pictures")
    fit(grids, max_steps=2, num_sanity_val_steps=2)
    assert grids.last is None
    assert not (tmp_path / "pictures").exists()


def test_a_task_that_hands_out_nothing_draws_nothing(fit, tmp_path, tiny_task):
    class Quiet(tiny_task):
        def validation_step(self, batch, batch_idx):
            return None

    grids = PictureGrids(tmp_path / "pictures")
    fit(grids, task=Quiet())
    assert grids.last is None


def test_tensorboard_gets_the_grid(fit, tmp_path):
    logger = TensorBoardLogger(tmp_path, name="tb")
    grids = PictureGrids(tmp_path / "pictures")
    fit(grids, logger=logger)
    logger.experiment.flush()
    read = EventAccumulator(logger.log_dir)
    read.Reload()
    shown = read.Images("val/pictures")
    assert [image.step for image in shown] == [4, 8]
    with Image.open(grids.last) as file:
        assert (shown[-1].width, shown[-1].height) == file.size


def test_the_file_holds_what_the_task_handed_out(fit, tmp_path, tiny_task):
    class Half(tiny_task):
        def validation_step(self, batch, batch_idx):
            grey = torch.full_like(batch, 0.5).to(torch.bfloat16)  # as bf16 training hands out
            return {"content": grey, "stylised": grey + 1.0}  # out of range: shown as white

    grids = PictureGrids(tmp_path)
    fit(grids, task=Half(), max_steps=4)
    with Image.open(grids.last) as picture:
        picture = picture.convert("RGB")
    middle = PAD + LINE + CELL // 2
    assert picture.getpixel((PAD + CELL // 2, middle)) in ((127,) * 3, (128,) * 3)
    assert picture.getpixel((PAD + CELL + PAD + CELL // 2, middle)) == (255, 255, 255)


@pytest.mark.parametrize("reconstructs", [True, False])
def test_styles_are_columns_below_their_pictures(fit, tmp_path, tiny_task, reconstructs):
    flat = torch.ones(1, 3, 6, 6)
    colours = {"green": (0.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0)}

    class Several(tiny_task):
        styles = {k: flat * torch.tensor(v)[:, None, None] for k, v in colours.items()}  # noqa: RUF012

        def validation_step(self, batch, batch_idx):
            shown = {"content": batch, "stylised": {"green": 1 - batch, "blue": 0 * batch}}
            return shown | ({"reconstruction": 0 * batch + 1} if reconstructs else {})

    grids = StyleGrids(tmp_path, rows=1)
    fit(grids, max_steps=4, task=Several())
    with Image.open(grids.last) as picture:
        picture = picture.convert("RGB")
    white, black, green = (255, 255, 255), (0, 0, 0), (0, 255, 0)
    own = [white] if reconstructs else []
    expected = [[white, *own, green, BLUE], [RED, *own, CYAN, black]]
    size = (PAD + len(expected[0]) * (CELL + PAD), PAD + LINE + 2 * (CELL + PAD))
    assert picture.size == size
    for row, wanted in enumerate(expected):
        y = PAD + LINE + CELL // 2 + row * (CELL + PAD)
        xs = [PAD + CELL // 2 + i * (CELL + PAD) for i in range(len(wanted))]
        assert [picture.getpixel((x, y)) for x in xs] == wanted


@pytest.mark.parametrize("reconstructs", [True, False])
def test_a_grid_of_regions_shows_where_each_style_was(fit, tmp_path, tiny_task, reconstructs):
    class Regional(tiny_task):
        def __init__(self):
            super().__init__()
            self.styles = {
                "grey": torch.full((1, 3, 40, 20), 0.5),
                "black": torch.zeros(1, 3, 30, 30),
            }

        def validation_step(self, batch, batch_idx):
            regions = torch.zeros(len(batch), 2, *batch.shape[-2:])
            regions[:, 0, :, :3] = regions[:, 1, :, 3:] = 1
            own = {"reconstruction": batch} if reconstructs else {}
            return {"content": batch, "regions": regions, "stylised": 1 - batch, **own}

    grids = RegionGrids(tmp_path)
    fit(grids, task=Regional(), max_steps=4)
    with Image.open(grids.last) as picture:
        picture = picture.convert("RGB")
    left = PAD + (1 + reconstructs) * (CELL + PAD)
    row = picture.height - PAD - CELL // 2  # the last picture's
    red, blue = picture.getpixel((left + 20, row)), picture.getpixel((left + CELL - 20, row))
    assert red[0] > 200 > 100 > red[2]
    assert blue[2] > 200 > 100 > blue[0]
    # the styles' frames have the colours of their regions
    top = PAD + LINE + CELL // 2
    across = [picture.getpixel((x, top)) for x in range(PAD, PAD + 2 * CELL + PAD)]
    assert red in across[:CELL]
    assert (128, 128, 128) in across[:CELL] or (127, 127, 127) in across[:CELL]
    assert blue in across[CELL:]
    assert (0, 0, 0) in across[CELL:]
