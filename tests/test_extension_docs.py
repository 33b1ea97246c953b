"""The pages on extensions: each extension they show is loaded, and their tables are whole."""

from __future__ import annotations

import re

import pytest

from pi.extensions.hook import HOOKS
from pi.extensions.host import Host
from pi.extensions.load import load
from pi.models import registration
from pi.models.virtual import RouteRequest, Turn
from pi.resources.discover import Found
from tests.launch import ROOT
from tests.modelkit import Kit

PAGES = {
    name: (ROOT / "docs" / name).read_text("utf-8")
    for name in ("extensions.md", "custom-provider.md", "virtual-models.md")
}
BLOCK = re.compile(r"^```python extension\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(match[1], id=f"{name}:{text[: match.start()].count(chr(10)) + 2}")
    for name, text in PAGES.items()
    for match in BLOCK.finditer(text)
]


class Ear(Host):
    """A program that remembers what it is told, and can do nothing else."""

    def __init__(self):
        self.told = []

    def report(self, fault):
        self.told.append(fault)

    def notice(self, level, text):
        self.told.append(text)


def rows(page, head):
    """The first cells of the table that begins with `head`."""
    table = PAGES[page].partition(f"| {head} |")[2].partition("\n\n")[0]
    return {
        name
        for cell in re.findall(r"^\| (.*?) \|", table, re.M)
        for name in re.findall(r"`(\w+)`", cell)
    }


@pytest.mark.parametrize("text", BLOCKS)
def test_extensions_that_are_shown_can_be_loaded(tmp_path, text):
    path = tmp_path / "shown.py"
    path.write_text(text)
    host = Ear()
    loaded = load([Found(str(path), "cli", "temporary")], host)
    assert ([*loaded.problems], host.told) == ([], [])
    (extension,) = loaded.extensions
    kit = Kit(tmp_path)
    for name, config in extension.providers:
        registration.provider(name, config, "shown.py", kit.catalog)
    for definition in extension.virtual_models:
        kit.extra.register_virtual_model(definition)
    counted = ("handlers", "tools", "commands", "providers", "virtual_models")
    assert any(getattr(extension, each) for each in counted)


def test_every_page_has_one():
    assert {block.id.partition(":")[0] for block in BLOCKS} == set(PAGES)


def test_every_event_is_said_to_happen():
    when = PAGES["extensions.md"].partition("## What happens when")[2].partition("## Events")[0]
    named = set(re.findall(r"`(\w+)`", when))
    told_elsewhere = {name for name in HOOKS if name not in named}
    assert told_elsewhere == {
        *("session_info_changed", "session_before_compact", "session_compact"),
        *("session_compact_failed", "session_before_tree", "session_tree"),
        *("model_select", "thinking_level_select"),
        *("user_bash", "ui_prompt_start", "ui_prompt_end"),
    }


def test_every_field_of_a_route_is_described():
    request = RouteRequest({}, "off", [], None)
    assert rows("virtual-models.md", "field of the request") == vars(request).keys() - {"signal"}
    assert {"state", "failed", "reason"} <= set(Turn.__match_args__)
