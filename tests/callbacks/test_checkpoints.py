"""The best checkpoint of a moved run; ``last.ckpt``, whole and of a step, whatever ends it."""

import errno
import os
import resource
import shutil
import signal
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from stylenet.callbacks import BestCheckpoint, StepCheckpoints


class At(pl.Callback):
    """Does something once after a step."""

    def __init__(self, step, act):
        self.step, self.act = step, act

    def on_train_batch_end(self, trainer, *args):
        if trainer.global_step == self.step:
            self.act()


class Watch(pl.Callback):
    """Notes after each step which step ``last.ckpt`` is of."""

    def __init__(self, file):
        self.file, self.seen = file, {}

    def on_train_batch_end(self, trainer, *args):
        self.seen[trainer.global_step] = step_of(self.file)


def step_of(file):
    if not file.exists():
        return None
    return torch.load(file, weights_only=True)["global_step"]


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def handlers_unchanged():
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(s) for s in ends]
    yield
    after = [signal.getsignal(s) for s in ends]
    for number, handler in zip(ends, before, strict=True):
        signal.signal(number, handler)
    assert after == before


def test_the_last_checkpoint_is_written_every_n_steps(fit, tmp_path):
    checkpoints = StepCheckpoints(tmp_path / "c", last_every=3)
    watch = Watch(checkpoints.last)
    fit(checkpoints, watch, max_steps=7)
    assert checkpoints.last == tmp_path / "c" / "last.ckpt"
    assert watch.seen == {1: None, 2: None, 3: 3, 4: 3, 5: 3, 6: 6, 7: 7}
    assert files(tmp_path / "c") == ["last.ckpt"]


@pytest.mark.parametrize("limits", [{"max_steps": 7}, {"max_steps": -1, "max_epochs": 2}])
def test_the_end_is_written_whatever_its_step(limits, fit, tmp_path):
    checkpoints = StepCheckpoints(tmp_path, last_every=5)
    trainer = fit(checkpoints, **limits)
    assert step_of(checkpoints.last) == trainer.global_step in (7, 8)


def test_copies_are_kept_every_so_many_steps(fit, tmp_path):
    fit(StepCheckpoints(tmp_path / "c", last_every=100, keep_every=3), max_steps=7)
    assert files(tmp_path / "c") == ["last.ckpt", "step_000003.ckpt", "step_000006.ckpt"]
    assert step_of(tmp_path / "c" / "step_000003.ckpt") == 3
    assert step_of(tmp_path / "c" / "step_000006.ckpt") == 6


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_training_after_the_step_with_a_checkpoint(number, fit, tmp_path, caplog):
    checkpoints = StepCheckpoints(tmp_path, last_every=100)
    # sent before the callback's turn, so within the third step
    trainer = fit(At(3, lambda: os.kill(os.getpid(), number)), checkpoints, max_steps=50)
    assert trainer.global_step == 3
    assert checkpoints.stopped_by is number
    assert step_of(checkpoints.last) == 3
    assert number.name in caplog.text


def test_under_nohup_a_closed_terminal_ends_nothing(fit, tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        hang_up = At(3, lambda: os.kill(os.getpid(), signal.SIGHUP))
        checkpoints = StepCheckpoints(tmp_path, last_every=100)
        assert fit(hang_up, checkpoints, max_steps=5).global_step == 5
        assert checkpoints.stopped_by is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_stopped_training_goes_on_from_its_checkpoint(fit, tmp_path, tiny_task):
    whole, stopped, resumed = tiny_task(), tiny_task(), tiny_task()
    start = {k: v.clone() for k, v in whole.state_dict().items()}
    stopped.load_state_dict(start)
    resumed.load_state_dict(start)
    fit(task=whole, max_steps=6, batches=1)
    checkpoints = StepCheckpoints(tmp_path, last_every=100)
    signalled = At(3, lambda: os.kill(os.getpid(), signal.SIGTERM))
    fit(signalled, checkpoints, task=stopped, max_steps=6, batches=1)
    again = StepCheckpoints(tmp_path, last_every=100)
    trainer = fit(again, task=resumed, max_steps=6, resume=checkpoints.last, batches=1)
    assert trainer.global_step == step_of(again.last) == 6
    assert again.stopped_by is None
    for key, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[key], value)


def test_a_second_signal_falls_to_the_handler_of_before(fit, tmp_path):
    heard = []
    signal_before = signal.signal(signal.SIGTERM, lambda *a: heard.append(a[0]))
    try:

        def twice():
            os.kill(os.getpid(), signal.SIGTERM)
            assert heard == []
            os.kill(os.getpid(), signal.SIGTERM)

        fit(At(2, twice), StepCheckpoints(tmp_path, last_every=100), max_steps=50)
    finally:
        signal.signal(signal.SIGTERM, signal_before)
    assert heard == [signal.SIGTERM]


def test_a_second_ctrl_c_ends_the_training_at_once(fit, tmp_path):
    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    checkpoints = StepCheckpoints(tmp_path, last_every=100)
    try:
        # Lightning turns the interrupt into an exit
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            fit(At(2, twice), checkpoints, max_steps=50)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert not checkpoints.last.exists()


def test_the_handlers_are_given_back_after_an_error(fit, tmp_path):
    def fail():
        raise RuntimeError("of the test")

    with pytest.raises(RuntimeError, match="of the test"):
        fit(At(2, fail), StepCheckpoints(tmp_path, last_every=100))


def test_a_forked_child_ends_by_sigterm_and_leaves_ctrl_c_to_its_parent(fit, tmp_path):
    """The child inherits the handlers; it neither stops the training nor outlives it."""
    exits = {}

    def child_gets(number):
        def act():
            child = os.fork()
            if child == 0:
                os.kill(os.getpid(), number)
                os._exit(7 if checkpoints.stopped_by is None else 8)
            exits[number] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

        return act

    checkpoints = StepCheckpoints(tmp_path, last_every=100)
    both = [At(2, child_gets(signal.SIGTERM)), At(2, child_gets(signal.SIGINT))]
    trainer = fit(*both, checkpoints, max_steps=4)
    assert exits == {signal.SIGTERM: 0, signal.SIGINT: 7}
    assert trainer.global_step == 4
    assert checkpoints.stopped_by is None


def test_with_a_worker_process_a_stopped_training_ends(fit, tmp_path, slowness):
    checkpoints = StepCheckpoints(tmp_path, last_every=100)
    stop = At(3, lambda: os.kill(os.getpid(), signal.SIGTERM))

    def too_late(*args):
        raise TimeoutError("the training hung")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.alarm(int(60 * slowness()))
    try:
        trainer = fit(stop, checkpoints, workers=1, batches=20, max_steps=50)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert trainer.global_step == step_of(checkpoints.last) == 3


def test_a_full_disk_leaves_the_checkpoint_before_and_nothing_else(fit, tmp_path, monkeypatch):
    folder, temporary = tmp_path / "c", tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    checkpoints = StepCheckpoints(folder, last_every=2, keep_every=2)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))

    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            fit(At(3, fill), checkpoints)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert step_of(checkpoints.last) == 2
    assert files(folder) == ["last.ckpt", "step_000002.ckpt"]
    assert files(temporary) == []


def test_a_disk_that_fills_while_the_file_is_moved_leaves_the_checkpoint_before(
    fit, tmp_path, monkeypatch
):
    """Between two disks moving is copying: half of the new file may have arrived."""
    checkpoints = StepCheckpoints(tmp_path / "c", last_every=2)

    def half(source, target, *args, **kwargs):
        data = Path(source).read_bytes()
        Path(source).unlink()
        Path(target).write_bytes(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    fill = At(3, lambda: monkeypatch.setattr(shutil, "move", half))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        fit(fill, checkpoints)
    assert step_of(checkpoints.last) == 2
    assert files(tmp_path / "c") == ["last.ckpt"]


def test_the_best_stays_the_best_in_a_folder_that_was_moved(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new" / "old"
    before, after = (BestCheckpoint(folder, monitor="loss") for folder in (old, new))
    before.best_model_score = torch.tensor(0.25)
    before.best_model_path = before.kth_best_model_path = f"{old}/best.ckpt"
    before.best_k_models = {f"{old}/best.ckpt": torch.tensor(0.25)}
    after.load_state_dict(before.state_dict())
    assert after.best_model_score == 0.25
    assert after.best_model_path == after.kth_best_model_path == f"{new}/best.ckpt"
    assert after.best_k_models == {f"{new}/best.ckpt": torch.tensor(0.25)}
