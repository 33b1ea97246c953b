"""What models write for paths."""

from __future__ import annotations

import os
import unicodedata

import pytest

from pi.errors import ToolError
from pi.tools.path import on_disk, resolve

CWD, HOME = "/srv/p", "/home/ann"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("a.txt", "/srv/p/a.txt"),
        ("@a.txt", "/srv/p/a.txt"),
        ("@@a.txt", "/srv/p/@a.txt"),
        ("@", "/srv/p"),
        ("", "/srv/p"),
        (".", "/srv/p"),
        (" ", "/srv/p/ "),
        ("./sub/../zz/", "/srv/p/zz"),
        ("../x", "/srv/x"),
        ("/tmp//x/../y/", "/tmp/y"),
        ("//tmp", "/tmp"),
        ("~", "/home/ann"),
        ("~/b", "/home/ann/b"),
        ("@~/b", "/home/ann/b"),
        ("~root/x", "/srv/p/~root/x"),
        ("$HOME/x", "/srv/p/$HOME/x"),
        ("file:///tmp/c%20d", "/tmp/c d"),
        ("@file:///tmp/x", "/tmp/x"),
        ("file://localhost/tmp/x", "/tmp/x"),
        ("file:///tmp/x?y#z", "/tmp/x"),
        ("file:///tmp/caf%C3%A9", "/tmp/café"),
        ("file:///tmp/%E9", "/tmp/\udce9"),
        ("file:/tmp/x", "/srv/p/file:/tmp/x"),
        ("FILE:///tmp", "/srv/p/FILE:/tmp"),
        ("https://x.y/z", "/srv/p/https:/x.y/z"),
        ("a\xa0b\u202fc\u3000d\u2003e\u205ff", "/srv/p/a b c d e f"),
        ("a\u200bb", "/srv/p/a\u200bb"),
        ("a\\b", "/srv/p/a\\b"),
        ("a\ud83cb", "/srv/p/a\ufffdb"),
        ("a\n", "/srv/p/a\n"),
    ],
)
def test_resolved(given, path):
    assert resolve(given, CWD, HOME) == path


@pytest.mark.parametrize("given", ["a\0b", "file://host/x", "file:///a%00b", "file://x"])
def test_paths_that_no_file_has(given):
    with pytest.raises(ToolError, match="Invalid path"):
        resolve(given, CWD, HOME)


def test_a_name_that_begins_with_at_is_found(tmp_path):
    (tmp_path / "@types").mkdir()
    (tmp_path / "plain").mkdir()
    (tmp_path / "@both").mkdir()
    (tmp_path / "both").mkdir()
    for given, name in [
        ("@types/new.d.ts", "@types/new.d.ts"),
        ("@plain/x", "plain/x"),
        ("@both", "both"),
        ("@neither", "neither"),
    ]:
        assert resolve(given, str(tmp_path), HOME) == str(tmp_path / name)


def test_a_name_with_an_odd_space_is_found(tmp_path):
    (tmp_path / "a\xa0b").write_text("")
    assert resolve("a\xa0b", str(tmp_path), HOME) == str(tmp_path / "a\xa0b")
    assert resolve("c\xa0d", str(tmp_path), HOME) == str(tmp_path / "c d")


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Shot 9.41\u202fAM.png", "Shot 9.41 AM.png"),
        (unicodedata.normalize("NFD", "Café.txt"), "Café.txt"),
        ("Café.txt", unicodedata.normalize("NFD", "Café.txt")),
        ("it\u2019s.txt", "it's.txt"),
        (unicodedata.normalize("NFD", "l\u2019été.txt"), "l'été.txt"),
        (os.fsdecode(b"caf\xe9\xe8.txt"), "caf\ufffd\ufffd.txt"),
        (os.fsdecode(b"caf\xe9\xe8.txt"), "caf\ufffd.txt"),
    ],
)
@pytest.mark.parametrize("rest", [(), ("sub", "file")])
def test_other_spellings_of_stored_names(tmp_path, stored, asked, rest):
    real = tmp_path.joinpath(stored, *rest)
    real.parent.mkdir(parents=True, exist_ok=True)
    real.write_text("")
    assert on_disk(os.path.join(tmp_path, asked, *rest)) == str(real)


def test_a_spelling_that_could_be_two_files_is_neither(tmp_path):
    (tmp_path / "a\u2019b").write_text("")
    (tmp_path / "a\u2018b").write_text("")
    assert on_disk(str(tmp_path / "a'b")) is None


def test_a_missing_file_stays_missing(tmp_path):
    (tmp_path / "file").write_text("")
    assert on_disk(str(tmp_path / "other")) is None
    assert on_disk(str(tmp_path / "no" / "folder" / "here")) is None
    assert on_disk(str(tmp_path / "file" / "below")) is None
    assert on_disk(str(tmp_path / "file")) == str(tmp_path / "file")
