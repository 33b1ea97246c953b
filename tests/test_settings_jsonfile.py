"""Configuration files: what is accepted, how problems are told, what a write keeps."""

from __future__ import annotations

import json
import os
import stat
import threading

import pytest

from pi.settings.jsonfile import FileError, change, dump, parse_object, read_object, strict_json


def test_a_missing_file_is_none_and_an_empty_one_is_empty(tmp_path):
    path = tmp_path / "x.json"
    assert read_object(str(path)) is None
    assert read_object(str(path / "deeper")) is None
    path.write_bytes(b" \n")
    assert read_object(str(path)) == {}


@pytest.mark.parametrize("data", [b'\xef\xbb\xbf{"a": 1}', b'{"a": 1}\r\n', b'{\n\t"a":1.0}'])
def test_byte_order_marks_and_line_ends(tmp_path, data):
    path = tmp_path / "x.json"
    path.write_bytes(data)
    assert read_object(str(path)) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1,\n "b" 2}', "line 2, column 6"),
        ('{"a": 1,}', "not valid JSON at line 1"),
        ('{"a": NaN}', "NaN"),
        ("[1]", "expected an object, got a list"),
        ("5", "expected an object, got 5"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": 1' + "1" * 5000 + "}", "not valid JSON"),
        ("{'a': 1}", "line 1, column 2"),
    ],
)
def test_a_broken_file_is_one_line_with_its_path(text, says):
    with pytest.raises(FileError) as caught:
        parse_object(text, "/x/settings.json")
    line = str(caught.value)
    assert line.startswith("/x/settings.json: ")
    assert says in line
    assert "\n" not in line


def test_what_is_no_file_is_told(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, says in (("pipe", "named pipe"), (".", "directory")):
        with pytest.raises(FileError, match=says):
            read_object(str(tmp_path / name))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, // one\n}', {"a": 1}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ('{"a": 1, // x\n // y\n }', {"a": 1}),
        ('// top\n{"u": "http://x/,}"}', {"u": "http://x/,}"}),
        ('{"a": "q\\"//", "b": 2}', {"a": 'q"//', "b": 2}),
        ('{"a": ",]"}//', {"a": ",]"}),
    ],
)
def test_comments_and_trailing_commas(text, value):
    assert parse_object(text, "x", lenient=True) == value
    assert len(strict_json(text)) == len(text)


def test_a_problem_after_a_comment_is_reported_where_it_is():
    with pytest.raises(FileError, match="line 3, column 1"):
        parse_object('{"a": 1 // note, } ]\n\n"b": 2}', "x", lenient=True)


def test_an_open_string_does_not_take_for_ever():
    with pytest.raises(FileError):
        parse_object('{"a": "' + "\\" * 200_001, "x", lenient=True)


def test_a_change_keeps_order_other_keys_and_mode(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"z": 1, "unknown": {"é": "ü"}, "a": 2}', "utf-8")
    path.chmod(0o640)
    change(str(path), lambda data: data.update(a=3, new=4))
    assert list(json.loads(path.read_text("utf-8")).items()) == [
        ("z", 1),
        ("unknown", {"é": "ü"}),
        ("a", 3),
        ("new", 4),
    ]
    assert "é" in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    change(str(path), lambda data: data.update(a=5), mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_missing_file_and_folder_are_made(tmp_path):
    path = tmp_path / "deep" / "er" / "x.json"
    change(str(path), lambda data: data.update(a=1))
    assert json.loads(path.read_text()) == {"a": 1}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nothing_is_written_without_a_change(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"a":1}')
    change(str(path), lambda data: data.update(a=1))
    assert path.read_text() == '{"a":1}'


def test_a_broken_file_is_left_alone(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"a": 1,,}')
    with pytest.raises(FileError, match="not valid JSON"):
        change(str(path), lambda data: data.update(a=2))
    assert path.read_text() == '{"a": 1,,}'


def test_an_edit_that_raises_writes_nothing(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"a": 1}')

    def edit(data):
        data["a"] = 2
        raise KeyError("no")

    with pytest.raises(KeyError):
        change(str(path), edit)
    assert json.loads(path.read_text()) == {"a": 1}


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "link.json").symlink_to("real.json")
    change(str(tmp_path / "link.json"), lambda data: data.update(a=1))
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text()) == {"a": 1}


def test_the_lock_has_a_name_that_disturbs_nobody(tmp_path):
    change(str(tmp_path / "x.json"), lambda data: data.update(a=1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.json", "x.json.flock"]


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"):
        change(str(tmp_path / "file" / "x.json"), lambda data: data.update(a=1))


def test_changes_of_many_threads_are_all_kept(tmp_path):
    path = str(tmp_path / "x.json")

    def work(number):
        for each in range(5):
            change(path, lambda data: data.update({f"{number}.{each}": 1}))  # noqa: B023 - at once

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_object(path)) == 30


def test_a_lone_surrogate_survives():
    assert json.loads(dump({"a": "\ud83c"})) == {"a": "\ud83c"}
    assert b"\\ud83c" in dump({"a": "\ud83c"})
