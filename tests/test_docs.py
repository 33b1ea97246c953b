"""The documentation: commands run, files are valid, links lead somewhere, tables are up to date."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from pi import flags
from pi.models import config
from pi.settings.kind import check
from pi.settings.table import ROWS
from pi.theme import document
from pi.theme.role import ROLES
from pi.wire import _ROWS as EVENTS
from tests import launch

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```([a-z]+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def name_of(path):
    return str(path.relative_to(ROOT))


@lru_cache
def text_of(path):
    return path.read_text("utf-8")


def blocks(kind, file=""):
    """(page, content) of each fenced block of a kind."""
    return [
        pytest.param(content, id=f"{name_of(page)}:{text_of(page)[: match.start()].count(chr(10))}")
        for page in PAGES
        for match in BLOCK.finditer(text_of(page))
        for found, target, content in [match.groups()]
        if (found, target) == (kind, file)
    ]


def in_docs(parameters):
    return [found for found in parameters if found.id.startswith("docs/")]


@pytest.fixture
def home(tmp_path):
    """A home whose PATH has `pi`."""
    home = launch.make_home(tmp_path)
    script = tmp_path / "bin/pi"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.join(launch.command())} "$@"\n')
    script.chmod(0o755)
    return home


@pytest.mark.slow
@pytest.mark.parametrize("commands", in_docs(blocks("sh")))
def test_commands_run(home, commands):
    env = launch.environment(home)
    env["PATH"] = f"{home.home.parent}/bin:{Path(sys.executable).parent}:{env['PATH']}"
    done = subprocess.run(
        ["sh", "-e"], input=commands, cwd=home.project, env=env, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert "Error:" not in done.stderr
    if "-p" in commands.split():
        assert "demo model" in done.stdout or ">" in commands


def test_the_first_command_of_the_readme_runs(home):
    wanted = 'python3 pi.py --model demo -p "What is in this folder?"'
    assert wanted in text_of(ROOT / "README.md")
    (home.project / "a.txt").write_text("alpha\n")
    done = launch.run(home, *shlex.split(wanted)[2:])
    assert (done.code, done.stderr) == (0, "")
    assert "a.txt" in done.stdout


@pytest.mark.parametrize("commands", blocks("sh"))
def test_options_that_are_shown_exist(commands):
    shown = re.findall(r"^(?:.*\| )?(?:python3 )?pi(?:\.py)? ([^|>;#\n]*)", commands, re.MULTILINE)
    for line in shown:
        words = shlex.split(line)
        if "--no-such-option" not in words and words[0].startswith("-"):  # else a subcommand
            assert flags.parse(words).unknown == {}, line
    assert shown or not re.search(r"\bpi(\.py)? -", commands)


@pytest.mark.parametrize("text", blocks("json", "models.json"))
def test_models_json_examples_are_valid(tmp_path, text):
    path = tmp_path / "models.json"
    path.write_text(text)
    found = config.load(str(path))
    assert found.problems == []
    assert found.entries
    assert not found.broken
    assert any(entry["models"] or entry["modelOverrides"] for entry in found.entries.values())


@pytest.mark.parametrize("text", blocks("json", "settings.json"))
def test_settings_examples_are_valid(text):
    def leaves(value, path=""):
        for key, item in value.items():
            below = f"{path}.{key}" if path else key
            if below not in ROWS and isinstance(item, dict):
                yield from leaves(item, below)
            else:
                yield below, item

    found = list(leaves(json.loads(text)))
    assert found
    assert [key for key, _ in found if key not in ROWS] == []
    assert [problem for key, item in found for problem in check(ROWS[key].kind, item, key)] == []


@pytest.mark.parametrize("text", blocks("json", "theme.json"))
def test_theme_examples_are_valid(text):
    excerpt = json.loads(text)
    whole = {**excerpt, "colors": {**dict.fromkeys(ROLES, ""), **excerpt["colors"]}}
    found, problems = document.read(whole)
    assert problems == []
    assert found.name == "sea"


def test_every_example_is_of_a_kind_that_is_tested():
    kinds = {match.groups()[:2] for page in PAGES for match in BLOCK.finditer(text_of(page))}
    assert kinds <= {
        ("sh", ""),
        ("json", "models.json"),
        ("json", "settings.json"),
        ("json", "auth.json"),
        ("json", "theme.json"),
        ("json", "rpc"),  # by the tests of RPC mode
        ("python", ""),  # by tests/test_sdk_docs.py
        ("python", "extension"),  # by tests/test_extension_docs.py
        ("json", ""),  # values to look at
    }


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_resolve(page):
    assert text_of(page).startswith("# ")
    for target in LINK.findall(text_of(page)):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.is_file(), target
        if anchor:
            assert anchor in anchors(text_of(there)), target


def anchors(text):
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}


def test_every_page_is_in_the_index():
    listed = {target.partition("#")[0] for target in LINK.findall(text_of(ROOT / "docs/README.md"))}
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= listed


def test_tables_are_those_of_the_program():
    done = subprocess.run(
        [sys.executable, str(ROOT / "build/docs.py"), "--check"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_stale_table_is_named(tmp_path):
    script = tmp_path / "build/docs.py"
    for name in ("build/docs.py", "pi/data/providers.json"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text_of(ROOT / name))
    page = tmp_path / "docs/page.md"
    page.parent.mkdir()
    page.write_text("before\n<!-- table: exit-codes -->\nold\n<!-- end of table -->\nafter\n")
    command = [sys.executable, str(script)]
    env = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    stale = subprocess.run([*command, "--check"], capture_output=True, text=True, env=env)
    assert (stale.returncode, stale.stderr) == (1, "")
    assert stale.stdout.startswith("docs/page.md: stale")
    subprocess.run(command, check=True, capture_output=True, env=env)
    lines = page.read_text().split("\n")
    assert lines[:2] + lines[-4:] == [
        *("before", "<!-- table: exit-codes -->"),
        *(lines[-4], "<!-- end of table -->", "after", ""),
    ]
    assert "old" not in lines
    assert "| 141 | the reader of standard output went away |" in lines
    assert subprocess.run([*command, "--check"], env=env, capture_output=True).returncode == 0


def test_every_event_is_described():
    page = text_of(ROOT / "docs/json.md")
    described = set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
    assert {name for name, _ in EVENTS.values()} <= described


def test_every_exit_status_of_the_program_is_in_the_readme():
    from pi.modes.print import EXIT_CODES  # noqa: PLC0415 - one test only

    for status, meaning in EXIT_CODES:
        assert f"| {status} | {meaning} |" in text_of(ROOT / "README.md")


def test_known_differences_have_their_reasons():
    sys.path.insert(0, str(ROOT / "build"))
    try:
        from parity.known import KNOWN  # noqa: PLC0415 - it is found by its folder
    finally:
        sys.path.remove(str(ROOT / "build"))
    page = text_of(ROOT / "docs/differences.md")
    reasons = {}
    for part in re.split(r"^##+ ", page, flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        reasons[title] = text.strip()
    assert [row.title for row in KNOWN if not reasons.get(row.title)] == []
    for row in KNOWN:
        re.compile(row.pattern)
        re.compile(row.scenario)
        assert row.pattern or row.scenario, f"{row.title} would hide everything"
