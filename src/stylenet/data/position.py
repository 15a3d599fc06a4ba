"""Where a training run is, so that a resumed one continues with the next batch."""

from __future__ import annotations

import pytorch_lightning as pl


def next_batch(trainer: pl.Trainer, batches: int) -> tuple[int, int] | None:
    """(epoch, batch within it) that ``trainer`` is about to train on; None if it does not say.

    To be asked when the first batch of an epoch is wanted, not earlier: a Trainer settles its
    counters between asking for a loader and asking it for a batch.

    The count of optimiser steps is what is trusted (one step per ``accumulate_grad_batches``
    batches, and one for the remainder of an epoch). Lightning's own epoch number is not: after
    a checkpoint that was written while an epoch ended, Lightning 2.6 resumes with one epoch too
    many, and first opens the finished epoch once more. It closes that one if no batch comes;
    the answer is then the epoch's end, ``(epoch, batches)``.

    Args:
        trainer: Of any state.
        batches: Batches in an epoch of the loader; a trainer may stop an epoch earlier.
    """
    if not trainer.training:
        return None
    epoch_batches = min(batches, int(trainer.num_training_batches))
    accumulated = trainer.accumulate_grad_batches
    trained = trainer.fit_loop.batch_idx + 1
    steps = -(-epoch_batches // accumulated)
    epoch, step = divmod(trainer.global_step, steps)
    if trained >= epoch_batches:
        return epoch, batches
    return epoch, step * accumulated + trained % accumulated
