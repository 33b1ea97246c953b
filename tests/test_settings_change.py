"""Changing single settings in their file."""

from __future__ import annotations

import json

import pytest

from pi.errors import UsageError
from pi.settings import update
from pi.settings.jsonfile import FileError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"b": 1, "retry": {"own": 2, "enabled": true}, "theme": "x"}')
    return path


def test_single_keys_change_and_the_rest_stays(file):
    update(str(file), {"retry.enabled": False, "steeringMode": "all", "theme": None})
    data = json.loads(file.read_text())
    assert list(data.items()) == [
        ("b", 1),
        ("retry", {"own": 2, "enabled": False}),
        ("steeringMode", "all"),
    ]


def test_missing_parents_are_made_and_removing_makes_none(file):
    update(str(file), {"terminal.showImages": False, "images.autoResize": None, "gone": None})
    data = json.loads(file.read_text())
    assert data["terminal"] == {"showImages": False}
    assert "images" not in data


def test_a_key_with_dots_in_it(file):
    update(str(file), {("modelThinkingLevels", "openai/gpt-5.1"): "high"})
    assert json.loads(file.read_text())["modelThinkingLevels"] == {"openai/gpt-5.1": "high"}


def test_a_wrong_value_is_refused_and_nothing_is_written(file):
    before = file.read_text()
    with pytest.raises(UsageError, match='steeringMode: expected "all"'):
        update(str(file), {"theme": "y", "steeringMode": "often"})
    assert file.read_text() == before


def test_a_value_in_the_way_is_not_thrown_away(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text('{"retry": 5}')
    with pytest.raises(FileError, match="retry: expected an object, got 5"):
        update(str(path), {"retry.enabled": True})
    assert json.loads(path.read_text()) == {"retry": 5}


def test_a_new_file(tmp_path):
    update(str(tmp_path / "new/settings.json"), {"theme": "dark"})
    assert (tmp_path / "new/settings.json").read_text() == '{\n  "theme": "dark"\n}\n'
