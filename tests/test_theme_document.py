"""Theme files: what they may say, and what is said about those that are wrong."""

from __future__ import annotations

import pytest

from pi.theme import document
from pi.theme.notation import ColorError, Reference, parse
from pi.theme.role import ROLES
from pi.theme.schema import schema
from tests.themekit import REQUIRED, theme_file

FORMS = [
    ("#0af", (0, 170, 255)),
    ("#00AAFF", (0, 170, 255)),
    ("", ""),
    (0, 0),
    (255, 255),
    (39.0, 39),
    ("primary", Reference("primary")),
    ("39", Reference("39")),
    (" #fff ", Reference(" #fff ")),
    ("oklch(0.62 .1 200deg)", (28, 152, 158)),
    ("OKLCH( 62%  0.1   -160 )", (28, 152, 158)),
    ("oklch(+62% +0.1 +560)", (28, 152, 158)),
    ("okhsl(250deg 0.6 0.55)", (78, 136, 194)),
    ("okhsl(0 0% 100%)", (255, 255, 255)),
    ("oklch(0% 0 0)", (0, 0, 0)),
]
WRONG = [
    (256, "256 is no index"),
    (-1, "-1 is no index"),
    (1.5, "expected"),
    (None, "expected"),
    (True, "expected"),
    ([], "expected"),
    (float("inf"), "expected"),
    ("#ffff", "six hexadecimal digits"),
    ("#ggg", "six hexadecimal digits"),
    ("#\u0661\u0662\u0663", "six hexadecimal digits"),
    ("oklch(62%, 0.1, 200)", "is not like"),
    ("oklch(62% 40% 200)", "is not like"),
    ("oklch(62% 0.1 200 / 50%)", "is not like"),
    ("oklch(none 0.1 200)", "is not like"),
    ("oklch(50% 0.1 0.5turn)", "is not like"),
    ("okhsl(250% 60% 55%)", "is not like"),
    ("okhsl(250 60% 55deg)", "is not like"),
    ("oklch(-5% 0.1 200)", "lightness must be from 0% to 100%"),
    ("oklch(150% 0.1 200)", "lightness must be"),
    ("oklch(50% -0.1 200)", "chroma must not be negative"),
    ("oklch(50% 1e999 200)", "chroma must not be negative"),
    ("okhsl(20 160% 50%)", "saturation must be"),
    ("okhsl(1e999 60% 50%)", "hue must be in degrees"),
]


@pytest.mark.parametrize(("value", "expected"), FORMS)
def test_the_forms_of_a_colour(value, expected):
    assert parse(value) == expected


@pytest.mark.parametrize(("value", "message"), WRONG)
def test_what_is_no_colour(value, message):
    with pytest.raises(ColorError) as error:
        parse(value)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_every_role_has_a_colour_and_five_may_lack():
    found, problems = document.read(theme_file(colors={"text": "#010203", "muted": 7}))
    assert problems == []
    assert list(found.colors) == list(ROLES)
    assert (len(ROLES), len(REQUIRED)) == (56, 51)
    assert found.colors["scrollbarThumb"] == found.colors["searchMatchText"] == (1, 2, 3)
    assert found.colors["scrollbarTrack"] == 7
    assert found.colors["searchMatchBg"] == found.colors["selectedBg"]
    assert found.colors["thinkingMax"] == found.colors["thinkingXhigh"]


def test_variables_lead_on():
    variables = {"a": "b", "b": "c", "c": "okhsl(250 60% 55%)", "none": "", "index": 39}
    colors = {"accent": "a", "text": "none", "border": "index"}
    found, problems = document.read(
        theme_file(colors=colors, vars=variables, export={"pageBg": "b"})
    )
    assert problems == []
    assert [found.colors[name] for name in colors] == [(78, 136, 194), "", 39]
    assert found.export == {"pageBg": (78, 136, 194)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "expected an object"),
        ({}, "name: is missing"),
        ({"name": "x"}, "colors: is missing"),
        (theme_file(name=""), "name: expected a string that is not empty"),
        (theme_file(name=3), "name: expected a string"),
        (theme_file(name="a/b"), 'has a "/"'),
        (theme_file(name="system"), "take another name"),
        (theme_file(name="a\x1b[31m"), "name: has characters"),
        (theme_file(extra=1), "extra: not allowed; there are $schema, name"),
        (theme_file(colors={"foo": 1}), "colors.foo: not allowed"),
        (theme_file(export={"foo": "#fff"}), "export.foo: not allowed; there are pageBg, cardBg"),
        (theme_file(appearance="grey"), 'appearance: expected "dark" or "light"'),
        (theme_file(appearance=["dark"]), 'appearance: expected "dark" or "light"'),
        (theme_file(vars=[]), "vars: expected an object"),
        (theme_file(export=None), "export: expected an object"),
        ({"name": "x", "colors": []}, "colors: expected an object"),
        (theme_file(**{"$schema": 1}), "$schema: expected a string"),
        (theme_file(colors={"accent": "nope"}), 'colors.accent: "nope" is no variable'),
        (theme_file(colors={"accent": 256}), "colors.accent: 256 is no index"),
        (
            theme_file(colors={"accent": "a"}, vars={"a": "b", "b": "a"}),
            "colors.accent: variables lead in a circle: a -> b -> a",
        ),
        (
            theme_file(colors={"accent": "a"}, vars={"a": "a"}),
            "colors.accent: variables lead in a circle: a -> a",
        ),
    ],
)
def test_a_theme_that_cannot_be_used(data, message):
    found, problems = document.read(data)
    assert found is None
    assert any(message in problem for problem in problems), problems
    assert all(problem.isprintable() for problem in problems)


def test_missing_roles_are_named_together():
    data = theme_file()
    del data["colors"]["accent"], data["colors"]["bashMode"]
    assert document.read(data) == (None, ["colors: without accent, bashMode"])


@pytest.mark.parametrize("more", [{"vars": {"x": "#zz"}}, {"export": {"pageBg": "#zz"}}])
def test_what_nothing_needs_costs_only_a_word(more):
    found, problems = document.read(theme_file(**more))
    assert found is not None
    assert found.export == {}
    assert len(problems) == 1
    assert problems[0].endswith(': "#zz" is not # and three or six hexadecimal digits')


def test_a_very_long_chain_is_no_work():
    count = 30_000
    variables = {f"v{at}": f"v{at + 1}" for at in range(count)} | {f"v{count}": "#123456"}
    colors = dict.fromkeys(REQUIRED, "v0")
    found, problems = document.read(theme_file(colors=colors, vars=variables))
    assert problems == []
    assert found.colors["bashMode"] == (0x12, 0x34, 0x56)
    found, problems = document.read(theme_file(vars={**variables, f"v{count}": "v5"}))
    assert found is not None
    assert len(problems) == document.MAX_PROBLEMS + 1
    assert problems[-1].startswith("vars: and ")


def test_the_schema_names_every_role():
    colors = schema()["properties"]["colors"]
    assert list(colors["properties"]) == list(ROLES)
    assert colors["required"] == REQUIRED
    assert "As text where it lacks." in colors["properties"]["scrollbarThumb"]["description"]
    assert colors["additionalProperties"] is False
    assert list(schema()["properties"]) == list(document.KEYS)
    assert {entry["$ref"] for entry in colors["properties"].values()} == {"#/$defs/color"}
