"""Progress: one line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

from pi.packages.progress import Step
from pi.packages.ticker import Ticker


class Broken(io.StringIO):
    """A stream whose reader left."""

    def write(self, text):
        raise BrokenPipeError


def steps(ticker):
    for done in range(0, 101, 10):
        ticker.step(Step("download", "x@1", done, 100))
    ticker.step(Step("unpack", "x@1\x1b[2J", 3, None))
    ticker.line("clone git:h/u/r")
    ticker.clear()


def test_elsewhere_each_piece_of_work_is_one_line():
    stream = io.StringIO()
    steps(Ticker(stream, is_terminal=False))
    lines = stream.getvalue().splitlines()
    assert lines == ["download x@1 (0 kB)", "unpack x@1\ufffd[2J", "clone git:h/u/r"]


def test_a_terminal_has_one_line_that_is_gone_at_the_end():
    stream, times = io.StringIO(), iter(range(1000))
    steps(Ticker(stream, is_terminal=True, clock=lambda: next(times) * 0.03))
    drawn = stream.getvalue().split("\r\x1b[K")
    assert "\n" not in stream.getvalue()
    assert drawn[1] == "download x@1 0 %"
    assert drawn[-3:] == ["unpack x@1\ufffd[2J", "clone git:h/u/r", ""]
    assert 3 <= sum("download" in each for each in drawn) <= 6
    assert all(len(each) <= 78 for each in drawn)


def test_a_stream_nobody_reads_stops_nothing():
    steps(Ticker(Broken(), is_terminal=True))
    steps(Ticker(Broken(), is_terminal=False))
