"""The write tool."""

from __future__ import annotations

import os
import threading

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.tools.workspace import Workspace
from pi.tools.write import tool
from tests.filekit import failure, run


@pytest.fixture
def write(tmp_path):
    return tool(Workspace(str(tmp_path), environ={"HOME": str(tmp_path / "home")}))


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("a.txt", "a.txt"),
        ("new/deep/a.txt", "new/deep/a.txt"),
        ("@a.txt", "a.txt"),
        ("~/a.txt", "home/a.txt"),
        ("a\xa0b", "a b"),
        ("trailing/", "trailing"),
    ],
)
def test_a_file_is_written_and_named_as_given(write, tmp_path, given, place):
    outcome = run(write, path=given, content="héllo\r\n")
    assert outcome.content == [{"type": "text", "text": f"Successfully wrote to {given}"}]
    assert (outcome.details, outcome.structured) == (None, None)
    assert (tmp_path / place).read_bytes() == "héllo\r\n".encode()


def test_an_old_file_is_replaced(write, tmp_path):
    (tmp_path / "a.sh").write_text("old and longer")
    (tmp_path / "a.sh").chmod(0o755)
    run(write, path="a.sh", content="")
    assert (tmp_path / "a.sh").read_bytes() == b""
    assert (tmp_path / "a.sh").stat().st_mode & 0o777 == 0o755
    assert os.listdir(tmp_path) == ["a.sh"]


def test_half_an_emoji_is_replaced(write, tmp_path):
    run(write, path="a", content="x\ud83dy\ud83d\ude00")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "x\ufffdy😀"


def test_files_that_cannot_be_written(write, tmp_path):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for path, code, where in [
        ("folder", "EISDIR", "folder"),
        (".", "EISDIR", ""),
        ("file/below", "EEXIST", "file"),
        ("pipe", "EINVAL", "pipe"),
        ("x" * 300, "ENAMETOOLONG", "x" * 300),
    ]:
        message = failure(write, path=path, content="new")
        assert message.startswith(f"{code}: ")
        assert f"'{os.path.join(tmp_path, where).rstrip('/')}'" in message
    assert (tmp_path / "file").read_text() == "kept"
    assert sorted(os.listdir(tmp_path)) == ["file", "folder", "pipe"]


def test_parallel_writes_leave_one_whole_content(write, tmp_path):
    contents = [letter * 50_000 for letter in "abcdefgh"]
    threads = [
        threading.Thread(target=run, args=(write,), kwargs={"path": "a", "content": content})
        for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "a").read_text() in contents
    assert os.listdir(tmp_path) == ["a"]


def test_a_cancelled_call_writes_nothing(write, tmp_path):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run(write, token, path="a", content="x")
    assert os.listdir(tmp_path) == []


def test_declaration(write):
    assert write.name == "write"
    assert write.parameters["required"] == ["path", "content"]
    assert write.snippet
    assert write.guidelines
