"""A theme in use: the escape sequences, for each number of colours."""

from __future__ import annotations

import pytest

from pi.theme import depth, document
from pi.theme.role import ROLES
from pi.theme.swatch import Reported
from pi.theme.theme import Theme
from tests.themekit import theme_file

COLORS = {"accent": "#1c989e", "text": "", "userMessageBg": "#102030", "dim": 8, "warning": 214}


def theme(mode=depth.TRUECOLOR, colors=None, **more):
    data, problems = document.read(theme_file(colors=COLORS if colors is None else colors))
    assert problems == []
    return Theme(data, mode, **more)


@pytest.mark.parametrize(
    ("mode", "accent", "back", "default", "index", "high"),
    [
        ("truecolor", "38;2;28;152;158", "48;2;16;32;48", "39", "38;5;8", "38;5;214"),
        ("256", "38;5;31", "48;5;17", "39", "38;5;8", "38;5;214"),
        ("16", "36", "44", "39", "90", "93"),
    ],
)
def test_the_sequences(mode, accent, back, default, index, high):
    found = theme(mode)
    assert found.fg("accent", "x") == f"\x1b[{accent}mx\x1b[39m"
    assert found.bg("userMessageBg", "x") == f"\x1b[{back}mx\x1b[49m"
    assert found.fg("text", "x") == f"\x1b[{default}mx\x1b[39m"
    assert found.fg("dim", "x") == f"\x1b[{index}mx\x1b[39m"
    assert found.fg("warning", "x") == f"\x1b[{high}mx\x1b[39m"
    assert found.fg_code("accent") == f"\x1b[{accent}m"
    assert found.bold("x") == "\x1b[1mx\x1b[22m"


def test_without_colours_what_is_chosen_is_inverted():
    found = theme("mono")
    assert found.fg("error", "x") == found.bg("toolErrorBg", "x") == "x"
    assert found.bg("selectedBg", "x") == "\x1b[7mx\x1b[27m"
    assert found.style("x", fg="#ff0000", underline=True) == "\x1b[4mx\x1b[24m"


def test_plain_is_nothing_but_text():
    found = theme("plain", faint=("muted",))
    for role in ROLES.values():
        assert getattr(found, role.slot)(role.name, "x") == "x"
    assert found.style("x", fg="accent", bg=(1, 2, 3), bold=True, italic=True) == "x"
    assert found.inverse("x") == found.strikethrough("x") == found.italic("x") == "x"


def test_a_colour_within_a_colour_ends_in_the_outer_one():
    found = theme()
    inner = found.fg("warning", "b")
    outer = found.fg_code("accent")
    assert found.fg("accent", f"a{inner}c") == f"{outer}a\x1b[38;5;214mb{outer}c\x1b[39m"
    line = found.bg("userMessageBg", found.fg("accent", "a"))
    assert line == f"\x1b[48;2;16;32;48m{outer}a\x1b[39m\x1b[49m"


def test_style_puts_everything_together():
    found = theme().style("x", fg="accent", bg=(1, 2, 3), bold=True, underline=False)
    assert found == "\x1b[48;2;1;2;3m\x1b[38;2;28;152;158m\x1b[1mx\x1b[22m\x1b[39m\x1b[49m"


def test_faint_roles():
    found = theme(faint=("text",))
    assert found.fg("text", "x") == "\x1b[2m\x1b[39mx\x1b[22m\x1b[39m"
    assert found.hex("text") != theme().hex("text")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda it: it.fg("nope", "x"), "'nope' is no colour role"),
        (lambda it: it.bg("accent", "x"), "'accent' is a role for fg, not for bg"),
        (lambda it: it.fg("selectedBg", "x"), "'selectedBg' is a role for bg"),
        (lambda it: it.style("x", blink=True), "'blink' is no attribute"),
        (lambda it: it.hex("nope"), "'nope' is no colour role"),
    ],
)
def test_an_unknown_role_is_named(call, message):
    with pytest.raises(KeyError, match=r"nope|accent|selectedBg|blink") as error:
        call(theme())
    assert message in str(error.value)


def test_the_other_names_and_borders():
    found = theme(colors={"thinkingHigh": "#010101", "thinkingOff": "#020202"})
    assert found.getFgAnsi("accent") == found.fg_code("accent")
    assert found.getBgAnsi("selectedBg") == found.bg_code("selectedBg")
    assert found.getColorMode() == "truecolor"
    assert found.getThinkingBorderColor("high")("-") == found.fg("thinkingHigh", "-")
    assert found.thinking_border("odd")("-") == found.fg("thinkingOff", "-")
    assert found.getBashModeBorderColor()("-") == found.fg("bashMode", "-")
    with pytest.raises(AttributeError, match="setFgAnsi"):
        found.setFgAnsi("accent")


def test_values_for_a_page():
    reported = Reported((250, 240, 230), (1, 2, 3), [(at, at, at) for at in range(16)])
    told, silent = theme(reported=reported), theme()
    assert told.hex("accent") == silent.hex("accent") == "#1c989e"
    assert told.hex("text") == "#faf0e6"
    assert silent.hex("text") == "#e5e5e7"
    assert told.hex("dim") == "#080808"
    assert silent.hex("dim") == "#808080"
    assert set(told.colors) == set(ROLES)


@pytest.mark.parametrize(
    ("text", "panel", "expected"),
    [("#ffffff", "#101010", "dark"), ("#101010", "#ffffff", "light"), ("#404040", "", "light"),
     ("", "#f0f0f0", "light"), ("", "#202020", "dark"), ("", "", "dark")],
)  # fmt: skip
def test_dark_or_light_is_seen_from_the_colours(text, panel, expected):
    colors = {name: text if role.slot == "fg" else panel for name, role in ROLES.items()}
    assert theme(colors=colors).appearance == expected
    light = theme(colors=dict.fromkeys(ROLES, ""), reported=Reported(scheme="light"))
    assert light.appearance == "light"
