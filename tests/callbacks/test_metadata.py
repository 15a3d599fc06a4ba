"""Metadata of a run: plain data that say how to make it again."""

import json
import platform
import subprocess

import pytest
import torch

from stylenet.callbacks import metadata


def git(folder, *words):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of one commit, in which ``metadata.py`` believes to lie."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "metadata.py").write_text("one\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "one")
    monkeypatch.setattr(metadata, "__file__", str(tmp_path / "metadata.py"))
    return tmp_path


def test_the_commit_is_that_of_the_working_tree(repository):
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "-a", "v1", "-m", "a tag is no commit")
    assert metadata.commit() == head
    (repository / "metadata.py").write_text("two\n")
    assert metadata.commit() == f"{head}-dirty"


def test_outside_of_a_repository_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "installed"
    folder.mkdir()
    monkeypatch.setattr(metadata, "__file__", str(folder / "metadata.py"))
    assert metadata.commit() is None


def test_code_that_the_repository_does_not_track_has_no_commit(repository, monkeypatch):
    installed = repository / ".venv" / "metadata.py"
    installed.parent.mkdir()
    installed.write_text("one\n")
    monkeypatch.setattr(metadata, "__file__", str(installed))
    assert metadata.commit() is None


def test_without_git_there_is_no_commit(repository, monkeypatch):
    monkeypatch.setenv("PATH", str(repository / "nothing"))
    assert metadata.commit() is None


def test_versions_name_what_is_installed(monkeypatch):
    found = metadata.versions()
    assert found["python"] == platform.python_version()
    assert found["torch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert set(metadata.PACKAGES) < set(found)
    new = {"numpy", "pillow", "omegaconf", "scikit-image", "safetensors", "pycocotools"}
    assert new < set(found)
    monkeypatch.setattr(metadata, "PACKAGES", ("torch", "no-such-package"))
    assert set(metadata.versions()) == {"python", "torch"}


def test_the_hardware_is_told():
    found = metadata.hardware()
    assert found["threads"] == torch.get_num_threads()
    assert len(found["gpus"]) == torch.cuda.device_count()
    assert found["machine"]
    assert found["processor"]


def test_the_cpus_name_and_memory(tmp_path, monkeypatch):
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(metadata, "_CPU_INFO", info)
    monkeypatch.setattr(platform, "processor", lambda: "another way")
    sizes = {"SC_PHYS_PAGES": 3 * 2**19, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(metadata.os, "sysconf", sizes.__getitem__, raising=False)
    info.write_text("processor\t: 0\nmodel name\t: A CPU @ 2 GHz\n\nmodel name\t: A CPU\n")
    assert metadata.hardware()["cpu"] == "A CPU @ 2 GHz"
    assert metadata.hardware()["memory_gib"] == 6.0
    info.write_text("processor\t: 0\nBogoMIPS\t: 100\n")  # as on ARM
    assert metadata.hardware()["cpu"] == "another way"
    info.unlink()
    monkeypatch.delattr(metadata.os, "sysconf")
    assert metadata.hardware()["cpu"] == "another way"
    assert metadata.hardware()["memory_gib"] is None


def test_metadata_are_plain_json():
    found = metadata.run_metadata(["train.py", "style=udnie"])
    assert json.loads(json.dumps(found)) == found
    assert found["command"] == ["train.py", "style=udnie"]
    assert {"commit", "versions", "hardware"} < set(found)
