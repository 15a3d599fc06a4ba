"""W&B runs: online where that works, else offline, without a prompt and without a wait."""

import http.server
import inspect
import os
import socket
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import wandb
from omegaconf import OmegaConf
from PIL import Image

from stylenet.callbacks.pictures import show_picture
from stylenet.errors import StylenetError
from stylenet.loggers import choose_mode, wandb_logger
from stylenet.loggers import weights_and_biases as module

KEY = "0123456789" * 4
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def isolated(monkeypatch, tmp_path):
    """No key, no mode, no home of whoever runs the tests; no W&B service of an earlier test."""
    for name in [name for name in os.environ if name.startswith("WANDB")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / "no_netrc"))
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
        monkeypatch.delenv(proxy.upper(), raising=False)
    monkeypatch.setattr("builtins.input", lambda *a: pytest.fail("prompted"))
    wandb.teardown()
    yield
    wandb.finish()
    wandb.teardown()


@pytest.fixture
def server(monkeypatch):
    """``server(status)``: a server on this machine that answers everything with this status."""
    running = []

    def start(status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                body = b'{"errors": [{"message": "who are you"}]}'
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *args):
                pass

        httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
        running.append(httpd)
        address = f"http://127.0.0.1:{httpd.server_port}"
        monkeypatch.setenv("WANDB_BASE_URL", address)
        monkeypatch.setattr(module, "SECONDS_TO_ANSWER", 600.0)  # it answers, if slowly
        return address

    yield start
    wandb.teardown()
    for httpd in running:
        httpd.shutdown()
        httpd.server_close()


@pytest.fixture
def silent_server(monkeypatch):
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{listening.getsockname()[1]}")
        yield listening


@pytest.mark.parametrize("mode", ["online", "offline", "disabled"])
def test_a_mode_asked_for_is_taken_as_it_is(mode, monkeypatch):
    assert choose_mode(mode) == (mode, f"{mode} as asked")
    monkeypatch.setenv("WANDB_MODE", mode)
    assert choose_mode(None) == (mode, f"{mode} as asked")


def test_the_setting_goes_before_the_environment(monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert choose_mode("offline")[0] == "offline"


def test_an_unknown_mode_is_an_error_with_the_known_ones(monkeypatch):
    with pytest.raises(
        StylenetError, match=r"'of'.*online, offline, disabled.*logger\.wandb\.mode"
    ):
        choose_mode("of")
    monkeypatch.setenv("WANDB_MODE", "onlin")
    with pytest.raises(StylenetError, match="WANDB_MODE"):
        choose_mode(None)


def test_without_a_key_offline_and_no_server_is_asked(monkeypatch):
    monkeypatch.setattr(module, "_answers", lambda *a: pytest.fail("asked a server"))
    mode, reason = choose_mode(None)
    assert mode == "offline"
    assert "WANDB_API_KEY" in reason
    assert "wandb login" in reason


def test_with_a_key_and_a_silent_server_offline_in_time(silent_server, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setattr(module, "SECONDS_TO_ANSWER", 0.3)
    mode, reason = choose_mode(None)
    assert mode == "offline"
    assert "no answer" in reason


def test_with_a_key_and_a_name_that_is_never_resolved_offline_in_time(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", "http://wandb.example:1")
    release = threading.Event()

    def never(*args, **kwargs):
        release.wait()
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(module, "SECONDS_TO_ANSWER", 0.2)
    mode, _ = choose_mode(None)
    release.set()
    assert mode == "offline"


def test_with_a_key_and_a_refusing_port_offline_at_once(silent_server, monkeypatch):
    silent_server.close()
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setattr(module, "SECONDS_TO_ANSWER", 3600.0)  # which are not waited for
    assert choose_mode(None)[0] == "offline"


def test_an_answer_that_is_no_http_is_no_answer(silent_server, monkeypatch):
    def babble():
        connection, _ = silent_server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"220 mail.example ESMTP\r\n")

    babbler = threading.Thread(target=babble)
    babbler.start()
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    assert choose_mode(None)[0] == "offline"
    babbler.join()


@pytest.mark.parametrize("status", [200, 404])
def test_with_a_key_and_any_answer_online(status, server, monkeypatch):
    server(status)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    assert choose_mode(None) == ("online", "key found and server answering")


def test_a_key_in_a_netrc_file_counts_for_its_server_only(server, monkeypatch, tmp_path):
    address = server(200)
    file = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(file))
    # W&B writes host and port there
    file.write_text(f"machine {address.removeprefix('http://')} login user password {KEY}\n")
    assert choose_mode(None)[0] == "online"
    file.write_text(f"machine elsewhere.example login user password {KEY}\n")
    assert choose_mode(None)[0] == "offline"
    file.write_text("no netrc file at all\n")
    assert choose_mode(None)[0] == "offline"


def test_the_home_folders_netrc_file_is_read(server, monkeypatch, tmp_path):
    address = server(200)
    monkeypatch.delenv("NETRC")
    file = tmp_path / "home" / ".netrc"
    file.write_text(f"machine {address.removeprefix('http://')} login user password {KEY}\n")
    file.chmod(0o600)
    assert choose_mode(None)[0] == "online"


def finish():
    """End the run; W&B's service writes on for a moment, and is done when it is gone."""
    wandb.finish()
    wandb.teardown()


def logger(folder, mode, run_id="run00001", **more):
    names = {"project": "p", "name": "a name", "group": "a group"}
    return wandb_logger(folder, mode=mode, id=run_id, **names, **more)


def test_all_that_a_run_can_be_started_with_is_in_the_configuration():
    known = set(OmegaConf.load(ROOT / "conf" / "logger" / "wandb.yaml").wandb)
    taken = set(inspect.signature(wandb.init).parameters)
    # W&B's own dir is ours from the beginning, and anonymous can no longer be given
    assert known - {"_target_", "save_dir"} == taken - {"dir", "anonymous"}


def test_what_is_given_reaches_the_run(tmp_path, wandb_file):
    given = {"entity": "me", "tags": ["paper"], "notes": "why", "job_type": "train"}
    run = logger(tmp_path, "offline", **given, settings={"x_disable_stats": True}, save_code=None)
    assert run.experiment.settings.x_disable_stats
    finish()
    (start,) = [r.run for r in wandb_file.records(tmp_path) if r.HasField("run")]
    assert (start.entity, list(start.tags)) == ("me", ["paper"])
    assert (start.notes, start.job_type) == ("why", "train")


def test_what_wandb_does_not_take_is_said(tmp_path):
    with pytest.raises(StylenetError, match=r"tag.*conf/logger/wandb\.yaml"):
        logger(tmp_path, "offline", tag="paper")


def test_online_without_a_key_is_an_error_and_no_prompt(tmp_path, monkeypatch):
    monkeypatch.setattr(wandb, "init", lambda **k: pytest.fail("W&B would prompt"))
    with pytest.raises(StylenetError, match=r"no API key.*WANDB_API_KEY.*mode=offline"):
        logger(tmp_path, "online")


@pytest.mark.parametrize("status", [401, 404])
def test_a_refused_key_is_an_error_in_words_and_in_time(
    status, server, monkeypatch, tmp_path, slowness
):
    server(status)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setattr(sys, "stdin", None)
    start = time.monotonic()
    with pytest.raises(StylenetError, match=rf"did not start.*online.*{status}.*Check the key"):
        logger(tmp_path, "online")
    assert time.monotonic() - start < 20 * slowness()


def test_a_key_of_the_wrong_length_is_an_error_in_words(server, monkeypatch, tmp_path):
    server(200)
    monkeypatch.setenv("WANDB_API_KEY", "short")
    with pytest.raises(StylenetError, match=r"(?s)API key.*Check the key") as caught:
        logger(tmp_path, "online")
    assert ".." not in str(caught.value)


def test_an_offline_run_holds_losses_pictures_and_settings(tmp_path, wandb_file):
    run = logger(tmp_path, "offline")
    run.log_hyperparams({"loss": {"style_weight": 5.0}, "seed": 3})
    losses = {10: 0.5, 20: 0.25}
    for step, loss in losses.items():
        run.log_metrics({"train/loss/total": loss}, step=step)
    picture = torch.zeros(3, 4, 6)
    picture[0] = 1.0
    show_picture(SimpleNamespace(loggers=[run], global_step=20), "val/pictures", picture)
    finish()

    rows = wandb_file.history(tmp_path)
    found = {
        row["trainer/global_step"]: row["train/loss/total"]
        for row in rows
        if "train/loss/total" in row
    }
    assert found == losses
    (shown,) = [row for row in rows if any(key.startswith("val/pictures") for key in row)]
    assert shown["trainer/global_step"] == 20
    (file,) = tmp_path.rglob("media/images/val/*.png")
    with Image.open(file) as written:
        assert written.size == (6, 4)
        assert written.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    assert file.name in str(shown)
    assert wandb_file.config(tmp_path)["loss"] == {"style_weight": 5.0}
    (start,) = [r.run for r in wandb_file.records(tmp_path) if r.HasField("run")]
    assert (start.run_id, start.project, start.display_name) == ("run00001", "p", "a name")
    assert start.run_group == "a group"


def test_the_reader_joins_records_over_blocks(tmp_path, wandb_file):
    run = logger(tmp_path, "offline")
    words = "".join(chr(ord("a") + i % 26) for i in range(100_000))  # over three blocks
    run.experiment.log({"text": words})
    for step in range(300):
        run.log_metrics({"train/loss/total": step / 7}, step=step)
    finish()
    rows = wandb_file.history(tmp_path)
    assert [row["text"] for row in rows if "text" in row] == [words]
    losses = [row["train/loss/total"] for row in rows if "train/loss/total" in row]
    assert losses == [step / 7 for step in range(300)]


def test_the_run_lies_below_the_folder_and_nowhere_else(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    logger(tmp_path / "run", "offline")
    finish()
    assert len(list((tmp_path / "run").rglob("*run00001.wandb"))) == 1
    assert list(elsewhere.iterdir()) == []


def test_a_disabled_run_writes_nothing(tmp_path):
    run = logger(tmp_path / "run", "disabled")
    run.log_metrics({"train/loss/total": 1.0}, step=1)
    finish()
    assert list((tmp_path / "run").rglob("*.wandb")) == []
