"""What tools share."""

from __future__ import annotations

import os
import threading

import pytest

from pi.tools.workspace import Workspace, show_name


def test_defaults(tmp_path):
    space = Workspace(str(tmp_path))
    assert space.environ is os.environ
    assert (space.shell_path, space.command_prefix) == (None, None)
    assert dict(space.session_env()) == {}
    assert space.can_see_images()
    assert space.auto_resize()
    assert dict(space.image_limits()) == {}


def test_paths_follow_the_given_home(tmp_path):
    space = Workspace(str(tmp_path), environ={"HOME": "/home/ann"})
    assert space.path("~/x") == "/home/ann/x"
    assert space.path("x") == str(tmp_path / "x")


def test_existing_finds_the_stored_name_and_path_does_not(tmp_path):
    (tmp_path / "it\u2019s").write_text("")
    space = Workspace(str(tmp_path))
    assert space.existing("it's") == str(tmp_path / "it\u2019s")
    assert space.path("it's") == str(tmp_path / "it's")
    assert space.existing("missing") == str(tmp_path / "missing")


def test_a_file_is_locked_under_all_its_names(tmp_path):
    (tmp_path / "real").write_text("")
    (tmp_path / "link").symlink_to("real")
    spaces = Workspace(str(tmp_path)), Workspace("/")
    order = []

    def second() -> None:
        with spaces[1].lock(str(tmp_path / "link")):
            order.append("second")

    with spaces[0].lock(str(tmp_path / "real")):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.03)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain é 中", "plain é 中"),
        ("two\nlines", "two\\nlines"),
        ("a\tb\rc\x1b[31m", "a\\tb\\rc\\x1b[31m"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c"),
        (os.fsdecode(b"caf\xe9"), "caf\ufffd"),
    ],
)
def test_names_on_one_line(name, shown):
    assert show_name(name) == shown
