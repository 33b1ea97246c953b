"""docs/sdk.md: each of its blocks is run, and its tables say what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import pi
from pi.errors import PiError
from pi.sdk import Wishes
from tests.launch import ROOT, make_home

PAGES = {name: (ROOT / name).read_text("utf-8") for name in ("docs/sdk.md", "README.md")}
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(match[1], id=f"{name}:{text[: match.start()].count(chr(10)) + 2}")
    for name, text in PAGES.items()
    for match in BLOCK.finditer(text)
]


def rows(head):
    """The first cells of the table that begins with `head`."""
    table = PAGES["docs/sdk.md"].partition(f"| {head} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)`", table, re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_run(tmp_path, block):
    home = make_home(tmp_path)
    environ = {"HOME": str(home.home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", block]
    done = subprocess.run(
        command, cwd=home.project, env=environ, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert ("print" in block) == bool(done.stdout)


def test_there_are_blocks_of_both_pages():
    assert {block.id.partition(":")[0] for block in BLOCKS} == set(PAGES)


def test_every_wish_is_on_the_page():
    assert rows("wish") == list(Wishes.__match_args__)


def test_every_error_is_on_the_page():
    errors = {
        name
        for name in pi._PUBLIC
        if name.endswith("Error") and issubclass(getattr(pi, name), PiError)
    }
    assert set(rows("error")) | {"PiError", "ToolError"} == errors


def test_every_public_name_is_on_the_page():
    words = set(re.findall(r"\w+", PAGES["docs/sdk.md"]))
    assert set(pi._PUBLIC) - words - {"Wishes", "Conversation"} == {"tool_of"}
