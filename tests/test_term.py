"""Asking a terminal for its colours: the parser, and a real pseudo-terminal at the other end."""

from __future__ import annotations

import os
import pty
import termios
import threading
import time
from ast import literal_eval

import pytest

from pi.term import colors, query

WHO = b"\x1b[?62;22c"


def answer(number, text, end=b"\x1b\\"):
    return b"\x1b]%s;%s%s" % (number, text, end)


SIXTEEN = b"".join(answer(b"4;%d" % at, b"rgb:%02x/00/00" % at) for at in range(16))


@pytest.mark.parametrize(
    ("data", "foreground", "background", "count"),
    [
        (b"", None, None, 0),
        (WHO, None, None, 0),
        (answer(b"11", b"rgb:1e1e/1e1e/1e1e"), None, (30, 30, 30), 0),
        (answer(b"11", b"rgb:f/8/0", b"\x07"), None, (255, 136, 0), 0),
        (answer(b"10", b"rgb:fff/800/000"), (255, 128, 0), None, 0),
        (answer(b"11", b"rgba:ffff/0000/0000/8000"), None, (255, 0, 0), 0),
        (b"typed" + answer(b"10", b"rgb:ff/ff/ff") + b"\x1b[A" + SIXTEEN + WHO,
         (255, 255, 255), None, 16),
        (SIXTEEN[: len(SIXTEEN) // 2], None, None, 0),
        (answer(b"11", b"rgb:ff/ff"), None, None, 0),
        (answer(b"11", b"#ffffff"), None, None, 0),
        (answer(b"11", b"rgb:fffff/ff/ff"), None, None, 0),
        (b"\x1b]11;rgb:ff/ff/ff", None, None, 0),
        (answer(b"4;99", b"rgb:ff/ff/ff"), None, None, 0),
        (b"\xff\xfe\x00" * 100, None, None, 0),
    ],
)  # fmt: skip
def test_what_a_terminal_answers(data, foreground, background, count):
    found = colors.parse(data)
    assert (found.foreground, found.background, len(found.palette)) == (
        foreground, background, count,
    )  # fmt: skip
    assert colors.is_complete(data) == (WHO in data)


def test_the_sixteen_are_in_order():
    assert colors.parse(SIXTEEN).palette == tuple((at, 0, 0) for at in range(16))
    assert colors.QUERY.count(b"\x1b]4;") == 16
    assert colors.QUERY.endswith(b"\x1b[c")


def asked(terminal, limit_s):
    """What `ask` gets in a child with a terminal of its own, where `terminal(fd)` is at the other
    end; and the modes of the terminal before and after."""
    inside, outside = os.pipe()
    child, master = pty.fork()
    if child == 0:
        before = termios.tcgetattr(0)
        data = query.ask(0, 1, colors.QUERY, colors.is_complete, limit_s)
        same = termios.tcgetattr(0) == before
        os.write(outside, repr((data, same)).encode())
        os._exit(0)
    thread = threading.Thread(target=terminal, args=(master,), daemon=True)
    thread.start()
    os.close(outside)
    with os.fdopen(inside, "rb") as stream:
        told = stream.read()
    os.waitpid(child, 0)
    os.close(master)
    thread.join(2)
    return literal_eval(told.decode())


def test_a_terminal_that_answers():
    def terminal(master):
        got = b""
        while not got.endswith(b"\x1b[c"):
            got += os.read(master, 1000)
        os.write(master, answer(b"11", b"rgb:00/2b/36"))
        time.sleep(0.01)
        os.write(master, WHO)

    data, is_same = asked(terminal, 5.0)
    assert colors.parse(data).background == (0, 43, 54)
    assert is_same


def test_a_terminal_that_says_nothing():
    started = time.monotonic()
    data, is_same = asked(lambda master: os.read(master, 1000), 0.05)
    assert data == b""
    assert is_same
    assert time.monotonic() - started < 5


def test_what_is_no_terminal_is_not_asked():
    inside, outside = os.pipe()
    assert query.ask(inside, outside, b"question", colors.is_complete) == b""
    os.close(outside)
    assert os.read(inside, 10) == b""
    os.close(inside)
    assert not query.is_in_front(inside)
