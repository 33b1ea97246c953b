"""The ls tool."""

from __future__ import annotations

import os

import pytest

from pi.tools.ls import tool
from pi.tools.workspace import Workspace
from tests.filekit import failure, run, text_of


@pytest.fixture
def ls(tmp_path):
    return tool(Workspace(str(tmp_path)))


def test_a_folder(ls, tmp_path):
    for name in ["b", "A", "a2", ".hidden", "_x", "Zed", "10"]:
        (tmp_path / name).write_text("")
    (tmp_path / "Dir").mkdir()
    (tmp_path / "link").symlink_to("Dir")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "two\nlines").write_text("")
    (tmp_path / os.fsdecode(b"caf\xe9")).write_text("")
    outcome = run(ls)
    assert text_of(outcome).split("\n") == [
        "_x", ".hidden", "10", "A", "a2", "b", "broken", "caf\ufffd", "Dir/", "link/",
        "two\\nlines", "Zed",
    ]  # fmt: skip
    assert (outcome.details, outcome.structured) == (None, None)
    assert text_of(run(ls, path="")) == text_of(run(ls, path=".")) == text_of(outcome)


@pytest.mark.parametrize("limit", [None, 0, 5])
def test_an_empty_folder(ls, tmp_path, limit):
    (tmp_path / "empty").mkdir()
    arguments = {} if limit is None else {"limit": limit}
    assert text_of(run(ls, path="empty", **arguments)) == "(empty directory)"


@pytest.mark.parametrize(
    ("limit", "shown", "notice"),
    [
        (3, 3, "[3 entries limit reached. Use limit=6 for more]"),
        ("2", 2, "[2 entries limit reached. Use limit=4 for more]"),
        (0, 1, "[1 entries limit reached. Use limit=2 for more]"),
        (-4, 1, "[1 entries limit reached. Use limit=2 for more]"),
        (2.9, 2, "[2 entries limit reached. Use limit=4 for more]"),
        (None, 500, "[500 entries limit reached. Use limit=1000 for more]"),
        (600, 600, ""),
        (10**9, 600, ""),
    ],
)
def test_limits(ls, tmp_path, limit, shown, notice):
    for number in range(600):
        (tmp_path / f"f{number:03}").write_text("")
    outcome = run(ls, **({} if limit is None else {"limit": limit}))
    listing, _, end = text_of(outcome).partition("\n\n")
    assert listing.split("\n") == [f"f{number:03}" for number in range(shown)]
    assert end == notice
    assert outcome.details == ({"entryLimitReached": shown} if notice else None)


def test_the_size_limit(ls, tmp_path):
    for number in range(300):
        (tmp_path / f"{'w' * 200}{number:03}").write_text("")
    outcome = run(ls, limit=290)
    listing, _, end = text_of(outcome).partition("\n\n")
    assert listing.count("\n") + 1 == 250
    assert end == "[290 entries limit reached. Use limit=580 for more. 50.0KB limit reached]"
    assert outcome.details["entryLimitReached"] == 290
    assert outcome.details["truncation"]["totalLines"] == 290
    assert outcome.details["truncation"]["outputLines"] == 250
    assert text_of(run(ls)).endswith("\n\n[50.0KB limit reached]")


def test_what_is_no_folder(ls, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "broken").symlink_to("nowhere")
    assert failure(ls, path="file") == f"Not a directory: {tmp_path / 'file'}"
    assert failure(ls, path="none/x") == f"Path not found: {tmp_path / 'none/x'}"
    assert failure(ls, path="file/x") == f"Path not found: {tmp_path / 'file/x'}"
    assert failure(ls, path="broken") == f"Path not found: {tmp_path / 'broken'}"


def test_declaration(ls):
    assert ls.name == "ls"
    assert "required" not in ls.parameters
    assert list(ls.parameters["properties"]) == ["path", "limit"]
