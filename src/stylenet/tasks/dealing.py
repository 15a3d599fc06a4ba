"""Which style each image of a batch is painted in: a pure function of the seed and the step."""

from __future__ import annotations

import math

import numpy as np

_STREAM = 2  # beside those of stylenet.data.order


def dealt_styles(styles: int, batch: int, step: int, seed: int) -> list[int]:
    """Numbers of the styles, one for each of the ``batch`` images of this ``step``.

    The styles are dealt like a pack of cards, over and over, and shuffled again whenever the end of
    the pack and the end of a batch fall together. So no style has ever come more than once oftener
    than another, and none comes twice in a batch that is no larger than the number of styles.

    Args:
        styles: how many there are, 1 or more.
        batch: images in a batch.
        step: steps of this kind before this one, 0 or more.
        seed: 0 or more.
    """
    steps = styles // math.gcd(styles, batch)
    shuffle, place = divmod(step, steps)
    key = np.random.SeedSequence(seed, spawn_key=(_STREAM, shuffle))
    pack = np.random.Generator(np.random.Philox(key)).permutation(styles).tolist()
    return [pack[(place * batch + picture) % styles] for picture in range(batch)]
