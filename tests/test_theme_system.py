"""The theme of the terminal's own colours, and which theme is meant."""

from __future__ import annotations

import random

import pytest

from pi.theme import choice, color, system
from pi.theme.depth import depth
from pi.theme.role import ROLES
from pi.theme.swatch import Reported
from pi.theme.theme import Theme

SOLARIZED = (
    (7, 54, 66), (220, 50, 47), (133, 153, 0), (181, 137, 0), (38, 139, 210), (211, 54, 130),
    (42, 161, 152), (238, 232, 213), (0, 43, 54), (203, 75, 22), (88, 110, 117), (101, 123, 131),
    (131, 148, 150), (108, 113, 196), (147, 161, 161), (253, 246, 227),
)  # fmt: skip
PASTEL = tuple((200 + at, 190 + at, 210 - at) for at in range(16))
TERMINALS = {
    "black": Reported((229, 229, 229), (0, 0, 0)),
    "white": Reported((0, 0, 0), (255, 255, 255)),
    "solarized dark": Reported((131, 148, 150), (0, 43, 54), SOLARIZED),
    "solarized light": Reported((101, 123, 131), (253, 246, 227), SOLARIZED),
    "grey": Reported(None, (119, 119, 119)),
    "grey on grey": Reported((130, 130, 130), (120, 120, 120), PASTEL),
    "red": Reported((255, 255, 0), (200, 0, 0), SOLARIZED),
    "no foreground": Reported(None, (40, 42, 54), PASTEL),
    "half a palette": Reported((0, 0, 0), (250, 250, 250), PASTEL[:8]),
}


def worst(colors, name):
    panels = [colors[each.name] for each in ROLES.values() if each.kind == "panel"]
    return min(color.contrast(colors[name], panel) for panel in panels)


@pytest.mark.parametrize("name", TERMINALS)
def test_all_text_can_be_read_on_the_background_and_on_every_panel(name):
    reported = TERMINALS[name]
    colors = system.made(reported, "dark")[0].colors
    for role in ROLES.values():
        if role.kind == "text":
            assert color.contrast(colors[role.name], reported.background) >= 4.5, role.name
            assert worst(colors, role.name) >= 4.5, role.name


def test_any_terminal_can_be_read():
    source = random.Random(4)

    def any_color():
        return tuple(source.randrange(256) for _ in range(3))

    for _ in range(40):
        palette = [any_color() for _ in range(16)]
        reported = Reported(any_color(), any_color(), source.choice(((), palette)))
        colors = system.made(reported, "dark")[0].colors
        texts = [each.name for each in ROLES.values() if each.kind == "text"]
        assert min(worst(colors, name) for name in texts) >= 4.5, reported


def test_what_can_be_read_stays_as_the_terminal_has_it():
    palette = [(255, 255, 255)] * 16
    palette[1], palette[2] = (255, 160, 160), (20, 60, 20)
    reported = Reported((220, 220, 220), (0, 0, 0), palette)
    colors = system.made(reported, "light")[0].colors
    assert colors["error"] == (255, 160, 160)
    assert colors["text"] == (220, 220, 220)
    lighter = colors["success"]
    assert lighter != (20, 60, 20)
    hues = [color.oklch_of(rgb)[2] for rgb in (lighter, (20, 60, 20))]
    assert abs(hues[0] - hues[1]) < 3


def test_a_colour_that_is_moved_gains_no_chroma():
    colors = system.made(Reported((0, 0, 0), (255, 255, 255), PASTEL), "dark")[0].colors
    for name in ("error", "success", "accent"):
        assert color.oklch_of(colors[name])[1] <= 0.05


def test_panels_differ_from_the_background_and_from_each_other():
    for name in ("black", "white", "solarized dark", "solarized light"):
        colors = system.made(TERMINALS[name], "dark")[0].colors
        kinds = ("toolPendingBg", "toolSuccessBg", "toolErrorBg", "selectedBg")
        found = {colors[each] for each in kinds} | {TERMINALS[name].background}
        assert len(found) == 5


def test_secondary_text_is_quieter_than_text():
    for name in ("black", "white", "solarized dark"):
        colors = system.made(TERMINALS[name], "dark")[0].colors
        back = TERMINALS[name].background
        order = [color.contrast(colors[each], back) for each in ("text", "muted", "dim")]
        assert order == sorted(order, reverse=True)


def test_a_silent_terminal_draws_its_own_colours():
    data, faint = system.made(Reported(palette=SOLARIZED), "light")
    assert data.appearance == "light"
    assert data.colors["error"] == 1
    assert data.colors["text"] == data.colors["muted"] == data.colors["selectedBg"] == ""
    assert {"muted", "dim", "toolOutput"} <= set(faint)
    assert "error" not in faint
    assert "text" not in faint
    assert Theme(data, "truecolor", faint=faint).fg("error", "x") == "\x1b[38;5;1mx\x1b[39m"


@pytest.mark.parametrize(
    ("reported", "variable", "expected"),
    [
        (Reported(background=(0, 0, 0)), "0;15", "dark"),
        (Reported(background=(255, 255, 255), scheme="dark"), "", "light"),
        (Reported((0, 0, 0), (130, 130, 130)), "", "light"),
        (Reported((255, 255, 255), (110, 110, 110)), "", "dark"),
        (Reported((120, 120, 120), (100, 100, 100)), "", "dark"),
        (Reported(scheme="light"), "15;0", "light"),
        (Reported(), "0;15", "light"),
        (Reported(), "15;0", "dark"),
        (Reported(), "0;default;7", "light"),
        (Reported(), "15;8", "dark"),
        (Reported(), "0;default", "dark"),
        (Reported(), "7", "dark"),
        (Reported(), "0;99", "dark"),
        (Reported(), "0;\u0667", "dark"),
        (Reported(), "", "dark"),
    ],
)
def test_dark_or_light(reported, variable, expected):
    assert choice.appearance(reported, {"COLORFGBG": variable}) == expected


@pytest.mark.parametrize(
    ("setting", "dark", "light"),
    [
        (None, "system", "system"),
        ("", "system", "system"),
        ("sea", "sea", "sea"),
        ("paper/night", "night", "paper"),
        (" paper / night ", "night", "paper"),
        ("a/b/c", "a/b/c", "a/b/c"),
        ("/night", "/night", "/night"),
    ],
)
def test_which_theme_a_setting_means(setting, dark, light):
    assert choice.wanted(setting, "dark") == dark
    assert choice.wanted(setting, "light") == light


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm"}, "256"),
        ({"TERM": "xterm-direct"}, "truecolor"),
        ({"TERM": "xterm-kitty"}, "truecolor"),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "x"}, "truecolor"),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "STY": "1.pts"}, "256"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "xterm-16color"}, "16"),
        ({}, "16"),
        ({"TERM": "xterm", "TERM_PROGRAM": "iTerm.app"}, "truecolor"),
        ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, "256"),
        ({"TERM": "xterm", "WT_SESSION": ""}, "truecolor"),
        ({"TERM": "xterm", "PI_TRUE_COLOR": "1"}, "truecolor"),
        ({"TERM": "xterm", "COLORTERM": "truecolor", "PI_TRUE_COLOR": "0"}, "256"),
        ({"TERM": "xterm", "COLORTERM": "truecolor", "PI_TRUE_COLOR": "auto"}, "truecolor"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "plain"),
        ({"TERM": "xterm", "NO_COLOR": "1", "FORCE_COLOR": "3"}, "mono"),
        ({"TERM": "xterm", "NO_COLOR": ""}, "256"),
        ({"TERM": "dumb", "NO_COLOR": "1"}, "plain"),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, "16"),
        ({"TERM": "dumb", "FORCE_COLOR": "2"}, "256"),
        ({"TERM": "dumb", "FORCE_COLOR": "3"}, "truecolor"),
        ({"TERM": "xterm", "FORCE_COLOR": "0"}, "mono"),
        ({"TERM": "xterm", "CLICOLOR": "0"}, "mono"),
        ({"TERM": "xterm", "CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, "256"),
    ],
)
def test_how_many_colours(environ, expected):
    assert depth(environ) == expected


def test_colours_without_a_terminal():
    environ = {"TERM": "xterm", "COLORTERM": "truecolor"}
    assert depth(environ, is_terminal=False) == "plain"
    assert depth({**environ, "NO_COLOR": "1"}, is_terminal=False) == "plain"
    assert depth({**environ, "FORCE_COLOR": "2"}, is_terminal=False) == "256"
    assert depth({**environ, "CLICOLOR_FORCE": "1"}, is_terminal=False) == "truecolor"
    assert depth(environ, true_color=False) == "256"
    assert depth({"TERM": "xterm", "PI_TRUE_COLOR": "0"}, true_color=True) == "truecolor"
