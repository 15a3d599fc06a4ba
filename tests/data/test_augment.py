"""Laws of the augmentations, on pictures whose pixels say where they were."""

import pickle

import numpy as np
import pytest
from PIL import Image

from stylenet.data import CentreSquare, ColourChanged, RandomCrop, WholeSquare, augment_rng
from stylenet.errors import StylenetError


def ramp(width, height):
    """Red grows from left to right, green from top to bottom, both from 0 to 255."""
    red = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    green = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
    return Image.fromarray(np.stack([red, green, 0 * red], -1).astype(np.uint8))


def spans(square):
    """(from, to) of red along the middle row and of green down the middle column, 0 to 1."""
    pixels, middle = np.asarray(square) / 255, square.width // 2
    return pixels[middle, [0, -1], 0], pixels[[0, -1], middle, 1]


ALL = [RandomCrop(), RandomCrop(scale=(1, 1), flip=0), WholeSquare(flip=0.5), CentreSquare()]
ALL += [ColourChanged(RandomCrop())]


@pytest.mark.parametrize("augment", ALL, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 64), (300, 40), (641, 479)])
def test_any_picture_becomes_a_square_of_the_wanted_size(augment, shape):
    for index in range(5):
        square = augment(ramp(*shape), 48, augment_rng(0, 0, index))
        assert square.size == (48, 48)
        assert square.mode == "RGB"


@pytest.mark.parametrize("augment", ALL, ids=lambda a: type(a).__name__)
def test_augmentation_depends_on_its_generator_only(augment):
    picture = ramp(90, 70)
    forwards = {i: augment(picture, 16, augment_rng(0, 0, i)).tobytes() for i in range(9)}
    copy = pickle.loads(pickle.dumps(augment))
    backwards = {i: copy(picture, 16, augment_rng(0, 0, i)).tobytes() for i in range(8, -1, -1)}
    assert forwards == backwards
    assert picture.tobytes() == ramp(90, 70).tobytes(), "the picture itself stays as it is"


def test_a_crop_covers_the_drawn_share_of_the_shorter_side_and_lies_inside():
    picture, low, high = ramp(400, 200), 0.3, 0.8
    shares, lefts = [], []
    for index in range(200):
        crop = RandomCrop((low, high), flip=0)(picture, 50, augment_rng(0, 0, index))
        (left, right), (top, bottom) = spans(crop)
        assert right - left == pytest.approx((bottom - top) / 2, abs=0.03), "undistorted"
        shares.append((bottom - top) * 50 / 49)
        lefts.append(left)
    assert low - 0.03 <= min(shares) < low + 0.1
    assert high - 0.1 < max(shares) <= high + 0.03
    assert min(lefts) < 0.1
    assert max(lefts) > 0.55


def test_flips_come_with_their_probability():
    def flipped(probability):
        crop = RandomCrop((1, 1), flip=probability)
        squares = [crop(ramp(32, 32), 32, augment_rng(0, 0, i)) for i in range(200)]
        return np.mean([np.diff(spans(square)[0])[0] < 0 for square in squares])

    assert flipped(0) == 0
    assert flipped(1) == 1
    assert 0.35 < flipped(0.5) < 0.65


def test_the_whole_square_keeps_every_edge_and_the_centre_cuts_the_longer_side():
    (left, right), (top, bottom) = spans(WholeSquare()(ramp(400, 100), 50, augment_rng(0, 0, 0)))
    assert (left, right, top, bottom) == pytest.approx((0, 1, 0, 1), abs=0.03)
    (left, right), (top, bottom) = spans(CentreSquare()(ramp(400, 100), 50))
    assert (left, right, top, bottom) == pytest.approx((0.375, 0.625, 0, 1), abs=0.03)


@pytest.mark.parametrize("scale", [(0, 1), (0.8, 0.5), (0.5, 1.5), (0.5,), (float("nan"), 1)])
def test_impossible_scales_are_refused(scale):
    with pytest.raises(StylenetError, match=r"got scale=.*expected two numbers.*data\.augment"):
        RandomCrop(scale)


@pytest.mark.parametrize("augment", [RandomCrop, WholeSquare])
def test_impossible_flips_are_refused(augment):
    with pytest.raises(StylenetError, match=r"flip=1\.5, expected a probability"):
        augment(flip=1.5)


def changed(colour, seed=0, **settings):
    """One colour (3 values, 0 to 255) after a change of all squares; settings not given are 0."""
    off = {"contrast": 0.0, "saturation": 0.0, "hue": 0.0, "cast": 0.0}
    augment = ColourChanged(CentreSquare(), share=1.0, **(off | settings))
    square = augment(
        Image.new("RGB", (8, 8), tuple(int(value) for value in colour)), 4, augment_rng(0, 0, seed)
    )
    return np.asarray(square)[0, 0].astype(float)


def test_colours_change_in_their_share_of_the_squares_only():
    picture = ramp(60, 60)
    plain = np.asarray(CentreSquare()(picture, 16))
    augment = ColourChanged(CentreSquare(), share=0.75)
    squares = [np.asarray(augment(picture, 16, augment_rng(0, 0, n))) for n in range(400)]
    kept = sum(np.array_equal(square, plain) for square in squares)
    assert kept / 400 == pytest.approx(0.25, abs=0.07)
    assert np.array_equal(
        np.asarray(ColourChanged(CentreSquare(), share=0.0)(picture, 16, augment_rng(0, 0, 1))),
        plain,
    )


def test_grey_stays_grey_when_hue_and_saturation_change():
    for seed in range(5):
        assert changed((90, 90, 90), seed, hue=180, saturation=1) == pytest.approx([90] * 3, abs=1)


def test_a_turn_of_the_hue_keeps_the_mean_and_the_distance_from_grey():
    before = np.array([150.0, 120, 100])
    moved = 0
    for seed in range(8):
        after = changed(before, seed, hue=180)
        assert after.mean() == pytest.approx(before.mean(), abs=1)
        assert after.std() == pytest.approx(before.std(), abs=1)
        moved += not np.allclose(after, before, atol=2)
    assert moved >= 6


def test_contrast_saturation_and_casts_stay_within_their_bounds():
    for seed in range(20):
        contrast = (changed((200, 200, 200), seed, contrast=0.5) - 127.5) / (200 - 127.5)
        assert 0.49 < contrast[0] < 1.51
        assert np.ptp(contrast) == 0
        saturated = changed((150, 120, 100), seed, saturation=1)
        assert saturated.mean() == pytest.approx(370 / 3, abs=1)
        assert saturated.std() <= 2 * np.std([150, 120, 100]) + 1
        cast = changed((120, 120, 120), seed, cast=0.2) - 120
        assert np.abs(cast).max() <= 0.2 * 127.5 + 1
    assert np.ptp(cast) > 0


@pytest.mark.parametrize("settings", [{"contrast": 1.5}, {"cast": -0.1}, {"share": 2}])
def test_impossible_changes_of_colour_are_refused(settings):
    (name,) = settings
    with pytest.raises(StylenetError, match=f"got {name}="):
        ColourChanged(CentreSquare(), **settings)
