"""Windows of lines, against splitting the whole content; the chunk size is varied by the stream."""

from __future__ import annotations

import io
import random

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.text.truncate import count_lines
from pi.tools.line_window import KEEP_BYTES, read_lines


class Trickle(io.BytesIO):
    """Gives out a few bytes at a time."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self._most = most

    def read(self, size: int = -1) -> bytes:
        return super().read(min(size, self._most))


def expected(content: bytes, start: int, limit: int | None) -> bytes | None:
    lines = content.split(b"\n")
    if start > len(lines):
        return None
    return b"\n".join(lines[start - 1 : None if limit is None else start - 1 + limit])


def test_every_window_of_random_files():
    rng = random.Random(2)
    for _ in range(1500):
        content = bytes(rng.choices(b"ab\n", k=rng.randrange(25)))
        start, limit = rng.randrange(1, 8), rng.choice([None, 0, 1, 2, 5])
        stream = Trickle(content, rng.randrange(1, 9))
        window, total = read_lines(stream, start, limit, lambda: None)
        wanted = expected(content, start, limit)
        assert total == content.count(b"\n") + 1
        if wanted is None:
            assert window is None
            continue
        assert window is not None
        assert (window.text, window.size, window.total) == (wanted, len(wanted), total)
        assert window.lines == count_lines(wanted)
        assert window.first_size == len(wanted.split(b"\n")[0])
        assert window.complete


@pytest.mark.parametrize("most", [1000, 70_000, 1 << 20])
def test_long_windows_are_kept_in_part_and_counted_whole(most):
    content = b"begin\n" + b"".join(b"%06d\n" % n for n in range(40_000)) + b"end"
    window, total = read_lines(Trickle(content, most), 2, 30_000, lambda: None)
    whole = content[6 : 6 + 30_000 * 7 - 1]
    assert window is not None
    assert window.text == whole[:KEEP_BYTES]
    assert (window.size, window.lines, window.first_size) == (len(whole), 30_000, 6)
    assert total == window.total == 40_002


def test_a_file_without_an_end():
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            return b"yes\n" * 1000

    window, total = read_lines(Endless(), 1, 2, lambda: None, most=100_000)
    assert window is not None
    assert (window.text, window.complete) == (b"yes\nyes", False)
    assert total == 25_001


def test_cancelling():
    token = CancelToken()
    chunks = 0

    def check():
        nonlocal chunks
        chunks += 1
        if chunks == 3:
            token.cancel()
        token.check()

    with pytest.raises(Cancelled):
        read_lines(Trickle(b"x\n" * 1000, 10), 1, None, check)
    assert chunks == 3
