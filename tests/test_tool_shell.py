"""Running a command for the user: plain text in pieces, and all of it at the end."""

from __future__ import annotations

import os

from pi.cancel import CancelToken
from pi.proc import Exit
from pi.tools.shell import run_command
from pi.tools.shell_output import ShellOutput
from pi.tools.workspace import Workspace


def test_pieces_are_text_without_terminal_control(tmp_path):
    space = Workspace(str(tmp_path), environ={"PATH": os.environ["PATH"]})
    output = ShellOutput(str(tmp_path), plain=True)
    pieces: list[str] = []
    pause = "; sleep 0.03; "
    parts = ("printf 'a\\033[3'", "printf '1mb\\r\\n\\303'", "printf '\\251\\342'; exit 5")
    end = run_command(
        space,
        pause.join(parts),
        CancelToken(),
        output,
        on_text=pieces.append,
    )
    assert end == Exit(5)
    assert "".join(pieces) == "ab\né\ufffd"
    assert pieces[0] == "a"
    assert pieces[-1] == "\ufffd"
    assert output.cut().text == "ab\né\ufffd"


def test_nothing_is_said_about_a_command_without_output(tmp_path):
    space = Workspace(str(tmp_path), environ={"PATH": os.environ["PATH"]})
    pieces: list[str] = []
    output = ShellOutput(str(tmp_path))
    assert run_command(space, "true", CancelToken(), output, on_text=pieces.append) == Exit(0)
    assert pieces == []
    assert output.whole() == ("", False)
