"""Searching one file: lines, numbers and neighbours, whatever the size and the encoding."""

from __future__ import annotations

import os

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.text import regex
from pi.text.linematch import LineMatcher
from pi.tools import linesearch
from pi.tools.linesearch import Search


def search(path, pattern: str, context: int = 0, *, named: bool = True) -> list[tuple]:
    token = CancelToken()
    matcher = LineMatcher(regex.parse(pattern), token.check)
    return list(Search(matcher, context, token).lines(str(path), named=named))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "file"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"a\nb\na", [(1, "a"), (3, "a")]),
        (b"a\r\nxa\r\n", [(1, "a"), (2, "xa")]),
        (b"\xef\xbb\xbfa\n", [(1, "a")]),
        (b"a \xff\xfe\n", [(1, "a \ufffd\ufffd")]),
        ("a é\n".encode("utf-16"), [(1, "a é")]),
        (b"\xfe\xff" + "x\na😀".encode("utf-16-be"), [(2, "a😀")]),
        (b"x\0\na\0b\n", [(2, "a\0b")]),
        ("a\u2028b\x0cc\n".encode(), [(1, "a\u2028b\x0cc")]),
        (b"", []),
        (b"\n\n", []),
    ],
)
def test_lines(file, data, wanted):
    file.write_bytes(data)
    assert search(file, "a") == [(number, line, True) for number, line in wanted]


def test_the_start_of_a_line_is_behind_the_byte_order_mark(file):
    file.write_bytes(b"\xef\xbb\xbfa\n")
    assert search(file, "^a$") == [(1, "a", True)]


CONTEXTS = [
    # context, what is shown: a match has no sign, a neighbour a minus
    (0, "3 8 9 15"),
    (1, "-2 3 -4 -7 8 9 -10 -14 15 -16"),
    (2, "-1 -2 3 -4 -5 -6 -7 8 9 -10 -11 -13 -14 15 -16 -17"),
    (99, "-1 -2 3 -4 -5 -6 -7 8 9 -10 -11 -12 -13 -14 15 -16 -17 -18 -19 -20"),
]


@pytest.mark.parametrize(("context", "wanted"), CONTEXTS)
@pytest.mark.parametrize("chunk", [7, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_neighbours(file, monkeypatch, context, wanted, chunk, encoding):
    monkeypatch.setattr(linesearch, "_FIRST_CHUNK", chunk)
    monkeypatch.setattr(linesearch, "_CHUNK", chunk)
    text = "".join(
        f"{'hit' if number in (3, 8, 9, 15) else 'no'} {number}\n" for number in range(1, 21)
    )
    file.write_bytes(text.encode(encoding))
    found = search(file, "hit", context)
    assert " ".join(f"{number if match else -number}" for number, _, match in found) == wanted
    assert [line.split()[1] for _, line, _ in found] == [str(number) for number, _, _ in found]


def test_a_binary_file_counts_only_if_it_is_named(file):
    file.write_bytes(b"a\n\0a\n")
    assert search(file, "a", named=False) == []
    assert len(search(file, "a", named=True)) == 2


def test_a_file_that_turns_binary_late_is_searched_up_to_there(file):
    file.write_bytes(b"a\n" * (1 << 20) + b"\0a\n" * (1 << 18))
    found = search(file, "a", named=False)
    assert 100_000 < len(found) < 1 << 20


def test_a_large_file_is_searched_to_its_end(file):
    file.write_bytes(b"line\n" * 500_000 + b"needle\n")
    assert search(file, "needle", 1) == [(500_000, "line", False), (500_001, "needle", True)]
    assert len(search(file, "[ei]ne$")) == 500_000


def test_a_huge_line_is_searched_in_pieces_and_found_once(file, monkeypatch):
    monkeypatch.setattr(linesearch, "MAX_LINE_BYTES", 1000)
    monkeypatch.setattr(linesearch, "_CHUNK", 400)
    file.write_bytes(b"x\n" + b"ab" * 100_000 + b"\nab\n")
    found = search(file, "ab", 1)
    assert [number for number, _, _ in found] == [1, 2, 3]
    assert found[0] == (1, "x", False)
    assert found[-1] == (3, "ab", True)


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo", "unreadable"])
def test_what_cannot_be_read_has_no_lines(file, kind):
    if kind == "folder":
        file.mkdir()
    if kind == "fifo":
        os.mkfifo(file)
    if kind == "unreadable":
        os.symlink(file.name, file)  # a loop: modes do not stop the superuser
    assert search(file, "a") == []


def test_a_search_can_be_stopped(file):
    file.write_bytes(b"x" * (3 << 20))
    token = CancelToken()
    token.cancel()
    lines = Search(LineMatcher(regex.parse("a"), token.check), 0, token).lines(
        str(file), named=True
    )
    with pytest.raises(Cancelled):
        next(lines)
