"""The themes there are: pi's own, files, clashes, broken files."""

from __future__ import annotations

import json
import os

import pytest

from pi import settings
from pi.resources.discover import Found, Place
from pi.resources.theme import BUILT_IN, View, built_in, load_theme, load_themes, read_themes
from pi.theme import color
from pi.theme.role import ROLES
from pi.theme.swatch import Reported
from pi.theme.theme import Theme
from tests.themekit import theme_file

PAGES = {
    "dark": [(0, 0, 0), (30, 30, 30), (40, 44, 52)],
    "light": [(255, 255, 255), (250, 248, 240)],
}


def written(folder, name, data):
    path = folder / f"{name}.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return Found(str(path), "auto", "user", str(folder))


def test_pi_s_own_are_there_without_a_place():
    themes = load_themes(None)
    assert themes.names() == ["system", "dark", "light"]
    assert themes.warnings == []
    files = [os.path.basename(row["path"] or "") for row in themes.listed()]
    assert files == ["", "dark.json", "light.json"]
    assert [themes.theme(name).appearance for name in BUILT_IN] == ["dark", "light"]


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_text_of_pi_s_own_themes_can_be_read(name):
    theme = Theme(built_in(name).document)
    panels = [theme.rgb(role.name) for role in ROLES.values() if role.kind == "panel"]
    panels.remove(theme.rgb("searchMatchBg"))
    panels += [theme.concrete(value) for value in theme.export.values()]
    for role in ROLES.values():
        if role.kind == "text" and role.name != "searchMatchText":
            lowest = min(
                color.contrast(theme.rgb(role.name), each) for each in panels + PAGES[name]
            )
            assert lowest >= 4.5, role.name
    found, match = theme.rgb("searchMatchBg"), theme.rgb("searchMatchText")
    assert color.contrast(found, match) >= 4.5
    assert len(theme.export) == 3


def test_a_file_stands_in_for_one_of_pi_and_clashes_are_told(tmp_path):
    first = written(tmp_path, "a", theme_file("dark", {"accent": "#010203"}))
    second = written(tmp_path, "b", theme_file("dark"))
    third = written(tmp_path, "c", theme_file("sea"))
    themes = read_themes([first, second, third])
    assert themes.names() == ["system", "dark", "light", "sea"]
    assert themes.theme("dark").hex("accent") == "#010203"
    assert themes.theme("dark").info["scope"] == "user"
    assert themes.warnings == [
        f"{second.path}: theme not loaded: {first.path} has the same name, dark"
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "not valid JSON at line 1, column 2"),
        ("[]", "expected an object, got a list"),
        ("", "name: is missing"),
        ('{"name": "x", "name": "y"}', "colors: is missing"),
        ("[" * 100_000, "broken.json: "),
        (theme_file("system"), "take another name"),
        (theme_file("x", {"accent": "oklch(9)"}), 'colors.accent: "oklch(9)" is not like'),
        ('{"name": NaN}', "NaN is no JSON number"),
    ],
)
def test_a_broken_file_costs_itself_alone(tmp_path, data, message):
    broken = written(tmp_path, "broken", data)
    themes = read_themes([broken, written(tmp_path, "sea", theme_file())])
    assert themes.names() == ["system", "dark", "light", "sea"]
    assert any(message in line for line in themes.warnings), themes.warnings
    for line in themes.warnings:
        assert line.startswith(broken.path)
        assert line.endswith("; theme not loaded")
        assert line.isprintable()


def test_files_that_cannot_be_read(tmp_path):
    assert "does not exist" in load_theme(str(tmp_path / "gone.json"))[1][0]
    assert "cannot be read" in load_theme(str(tmp_path))[1][0]
    os.mkfifo(tmp_path / "pipe.json")
    assert "cannot be read" in load_theme(str(tmp_path / "pipe.json"))[1][0]
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00{")
    assert load_theme(str(tmp_path / "bytes.json"))[0] is None


def test_which_theme_is_chosen(tmp_path):
    themes = read_themes([written(tmp_path, "sea", theme_file())])
    white = View(reported=Reported(background=(255, 255, 255)))
    assert themes.chosen("sea")[0].name == "sea"
    assert themes.chosen("light/dark", white)[0].name == "light"
    assert themes.chosen("light/dark")[0].name == "dark"
    assert themes.chosen(None, white)[0].appearance == "light"
    theme, problem = themes.chosen("no\x1bpe", View("256"))
    assert (theme.name, theme.mode) == ("system", "256")
    assert problem.startswith('there is no theme "no\ufffdpe"; using system. There are: system, ')


def test_where_themes_are_found(tmp_path):
    agent, project = tmp_path / "agent", tmp_path / "app"
    for folder in (agent / "themes/deeper", project / ".pi/themes", tmp_path / "listed/deep"):
        folder.mkdir(parents=True)
    written(agent / "themes", "mine", theme_file("mine"))
    written(agent / "themes", "both", theme_file("both", {"accent": "#010101"}))
    written(agent / "themes/deeper", "no", theme_file("no"))
    written(project / ".pi/themes", "both", theme_file("both", {"accent": "#020202"}))
    written(tmp_path / "listed/deep", "listed", theme_file("listed"))
    named = written(tmp_path, "named", theme_file("named"))
    (agent / "settings.json").write_text(json.dumps({"themes": [str(tmp_path / "listed")]}))

    def found(*, trusted=True, **options):
        loaded = settings.load(str(agent), str(project), trusted=trusted)
        place = Place(str(agent), str(tmp_path), str(project), str(project), trusted, loaded)
        return load_themes(place, [named.path], **options)

    own = ["system", "dark", "light"]
    themes = found()
    assert themes.names() == [*own, "both", "listed", "mine", "named"]
    assert themes.theme("both").hex("accent") == "#020202"
    assert [line.split(": ")[1] for line in themes.warnings] == ["theme not loaded"]
    themes = found(trusted=False)
    assert themes.theme("both").hex("accent") == "#010101"
    assert themes.warnings == []
    assert found(is_closed=True).names() == [*own, "named"]
