"""What differs between runs, in words."""

from __future__ import annotations

from stylenet.settings.differences import label, named_values, settings_of, what_differs


def test_where_things_lie_is_no_setting() -> None:
    given = ["norm=batch", "+data.more=3", "~scheduler", "logger=none", "paths.runs=x", "run.dir=y"]
    assert settings_of(given) == {"norm": "batch", "data.more": "3", "scheduler": "null"}


def test_only_what_differs_is_named_and_shortly() -> None:
    runs = [
        settings_of(["style=photos/me.jpg", "norm=batch", "loss.style_weight=3"]),
        settings_of(["style=photos/me.jpg", "norm=instance", "loss.style_weight=3"]),
        settings_of(["style=photos/me.jpg", "net/padding=zeros", "loss.style_weight=5"]),
    ]
    keys = what_differs(runs)
    assert keys == ["norm", "loss.style_weight", "net/padding"]
    assert named_values(runs[0], keys) == {
        "norm": "batch",
        "style_weight": "3",
        "padding": "default",
    }
    assert label(named_values(runs[1], keys[:2])) == "norm=instance, style_weight=3"


def test_a_word_alone_says_enough_a_number_does_not() -> None:
    assert label({"norm": "batch"}) == "batch"
    assert label({"width": "0.5"}) == "width=0.5"
    assert label({"norm": "default"}) == "norm=default"


def test_keys_that_end_alike_keep_their_beginnings() -> None:
    assert named_values({"data.size": "3", "net.size": "4"}, ["data.size", "net.size"]) == {
        "data.size": "3",
        "net.size": "4",
    }


def test_paths_are_named_by_their_ends() -> None:
    values = {"style": "photos/me.jpg", "content": "/a/b.png", "recipe": "johnson2016/udnie"}
    assert list(named_values(values, list(values)).values()) == ["me", "b", "johnson2016/udnie"]
