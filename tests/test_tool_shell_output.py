"""The output of a command: text, end, whole and log, for little and for much."""

from __future__ import annotations

import os
import random
import resource
import stat
import tracemalloc

import pytest

from pi.tools import shell_output
from pi.tools.shell_output import ShellOutput, log_folder


@pytest.fixture
def output(tmp_path):
    made = ShellOutput(str(tmp_path))
    yield made
    made.late(b"")


def numbered(count: int) -> bytes:
    return b"".join(b"%d\n" % number for number in range(1, count + 1))


def test_characters_that_were_cut_are_joined_and_bad_bytes_replaced(output):
    data = "é€😀".encode() + b"\xff\xe2\x82"
    pieces = [output.feed(data[at : at + 1]) for at in range(len(data))]
    assert "".join(pieces) == "é€😀\ufffd"
    assert output.finish() == "\ufffd"
    assert output.cut().text == "é€😀\ufffd\ufffd"
    assert output.whole() == ("é€😀\ufffd\ufffd", False)


@pytest.mark.parametrize(
    ("data", "by", "first", "size"),
    [
        (numbered(2000), None, "1\n", 2000),
        (numbered(2001), "lines", "2\n", 2000),
        (b"x" * 51200, None, "xxx", 1),
        (b"x" * 51201, "bytes", "xxx", 1),
        (b"a\n" + (b"y" * 99 + b"\n") * 600, "bytes", "yyy", 512),
    ],
)
def test_the_end_is_kept_and_the_log_has_all(output, tmp_path, data, by, first, size):
    output.feed(data)
    output.finish()
    cut = output.cut()
    assert cut.by == by
    assert cut.text.startswith(first)
    assert cut.kept_lines == size
    assert cut.size == len(data)
    assert cut.lines == len(data.splitlines())
    assert (output.log_path is None) == (by is None)
    if by:
        with open(output.log_path, "rb") as stream:
            assert stream.read() == data
        assert stat.S_IMODE(os.stat(output.log_path).st_mode) == 0o600
        assert os.path.dirname(output.log_path) == str(tmp_path)
    else:
        assert os.listdir(tmp_path) == []


def test_any_cutting_of_the_input_gives_the_same(tmp_path):
    dice = random.Random(3)
    parts = [b"a", b"\n", "é".encode(), b"\xff", b"long " * 40]
    data = b"".join(dice.choices(parts, k=40_000))
    at_once, in_pieces = ShellOutput(str(tmp_path)), ShellOutput(str(tmp_path))
    at_once.feed(data)
    at = 0
    while at < len(data):
        step = dice.randint(1, 5000)
        in_pieces.feed(data[at : at + step])
        at += step
    for each in (at_once, in_pieces):
        each.finish()
        each.late(b"")
    assert at_once.cut() == in_pieces.cut()
    assert at_once.whole() == in_pieces.whole()
    assert at_once.line_size == in_pieces.line_size
    with open(in_pieces.log_path, "rb") as stream:
        assert stream.read() == data


def test_much_output_takes_little_memory(output):
    block = b"0123456789abcde\n" * 4096
    tracemalloc.start()
    for _ in range(1000):
        output.feed(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
    assert output.cut().lines == 4_096_000
    whole, is_cut = output.whole()
    assert is_cut
    mark = f"\n\n[... {65_536_000 - (1 << 20)} bytes left out ...]\n\n"
    head, _, tail = whole.partition(mark)
    assert len(head) == len(tail) == 1 << 19
    assert os.path.getsize(output.log_path) == 65_536_000


@pytest.mark.parametrize(("data", "size"), [(b"ab\ncde", 3), (b"ab\ncdef\n", 4), (b"\n", 0)])
def test_the_size_of_the_last_line(output, data, size):
    for at in range(len(data)):
        output.feed(data[at : at + 1])
    assert output.line_size == size


def test_plain_text_has_no_terminal_control(tmp_path):
    output = ShellOutput(str(tmp_path), plain=True)
    assert [output.feed(b"a\x1b[3"), output.feed(b"1mb\r\n\x1b")] == ["a", "b\n"]
    assert output.finish() == ""
    assert output.cut().text == "ab\n"


def test_what_comes_late_goes_to_the_log_only(tmp_path, monkeypatch):
    monkeypatch.setattr(shell_output, "LATE_BYTES", 10)
    limited = ShellOutput(str(tmp_path))
    limited.feed(numbered(3000))
    limited.finish()
    before = limited.cut()
    limited.late(b"late 1\n")
    limited.late(b"late 2\n")
    limited.late(b"late 3\n")
    limited.late(b"")
    limited.late(b"")
    with open(limited.log_path, "rb") as stream:
        assert stream.read() == numbered(3000) + b"late 1\nlat"
    assert limited.cut() == before


def test_a_log_that_cannot_be_made_is_given_up(tmp_path):
    output = ShellOutput(str(tmp_path / "missing"))
    output.feed(numbered(3000))
    output.feed(b"end")
    assert output.log_path is None
    assert "ENOENT" in output.log_problem
    assert output.cut().text.endswith("3000\nend")


def test_a_full_disk_ends_the_log_and_not_the_output(output):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
    try:
        for _ in range(3):
            output.feed(b"x" * 49_999 + b"\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "EFBIG" in output.log_problem
    assert os.path.getsize(output.log_path) == 60_000
    assert output.cut().lines == 3


def test_logs_go_to_the_folder_for_temporary_files():
    assert log_folder({"TMPDIR": "/a", "TMP": "/b"}) == "/a"
    assert log_folder({"TMPDIR": "", "TMP": "/b"}) == "/b"
    assert log_folder({}) == "/tmp"
