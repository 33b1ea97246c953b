"""Values that are references: variables, commands, escapes."""

from __future__ import annotations

import os
import sys

import pytest

from pi.auth.value import Values, is_command, variables

ENVIRON = {"KEY": "k-1", "OTHER": "o", "EMPTY": "", "A1_b": "x"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("$KEY", "k-1"),
        ("${KEY}", "k-1"),
        ("Bearer $KEY!", "Bearer k-1!"),
        ("${KEY}${OTHER}", "k-1o"),
        ("$KEY-$A1_b.", "k-1-x."),
        ("$$KEY", "$KEY"),
        ("$$$KEY", "$k-1"),
        ("$!KEY", "!KEY"),
        ("a!b", "a!b"),
        ("5$ and $5", "5$ and $5"),
        ("${not a name} $KEY", "${not a name} k-1"),
        ("${a$KEY}", "${a$KEY}"),
        ("${open", "${open"),
        ("$", "$"),
        ("$MISSING", None),
        ("$EMPTY", None),
        ("x ${MISSING} $KEY", None),
        ("", ""),
    ],
)
def test_variables(text, value):
    assert Values(ENVIRON).resolve(text) == value


def test_a_value_is_not_read_twice():
    assert Values({"A": "$B !x $$", "B": "no"}).resolve("$A") == "$B !x $$"


def test_an_overlay_comes_first_and_its_empty_values_do_not_count():
    values = Values(ENVIRON)
    assert values.resolve("$KEY $OTHER", {"KEY": "own", "OTHER": ""}) == "own o"


def test_what_is_missing():
    values = Values(ENVIRON)
    assert values.missing("$MISSING ${EMPTY} $KEY") == ["MISSING", "EMPTY"]
    assert values.is_set("$KEY")
    assert values.is_set("!anything")
    assert not values.is_set("$MISSING")
    assert not values.is_set("")
    assert variables("$KEY ${OTHER} $$NO") == ["KEY", "OTHER"]
    assert variables("!echo $KEY") == []
    assert is_command("!x")
    assert not is_command("$!x")


class Shell:
    def __init__(self, output):
        self.output = output
        self.commands = []

    def __call__(self, command):
        self.commands.append(command)
        return self.output


@pytest.mark.parametrize(
    ("output", "value"),
    [("key\n", "key"), (" k e y \r\n", "k e y"), ("", None), ("\n", None), (None, None)],
)
def test_the_output_of_a_command(output, value):
    shell = Shell(output)
    assert Values(ENVIRON, shell).resolve("!get $KEY") == value
    assert shell.commands == ["get $KEY"]


@pytest.mark.parametrize("output", ["key", None])
def test_a_kept_command_runs_once_others_each_time(output):
    shell = Shell(output)
    values = Values({}, shell)
    assert [values.resolve("!a", keep=True) for _ in range(3)] == [output] * 3
    assert len(shell.commands) == 1
    for _ in range(2):
        values.resolve("!b")
    assert shell.commands == ["a", "b", "b"]


def test_a_failure_is_told_without_what_was_said():
    values = Values({}, Shell(None))
    values.resolve("!leak secret", what="the key of openai")
    assert values.warnings == ["the command that gives the key of openai failed or printed nothing"]


# --- with a real shell ---------------------------------------------------------------------------


def real(**environ):
    return Values({"PATH": os.environ["PATH"], **environ})


def test_a_real_command_sees_the_environment():
    assert real(NAME="v").resolve('!printf "%s\\n" "got $NAME"') == "got v"


@pytest.mark.parametrize(
    "command",
    [
        "!echo out; exit 3",
        "!echo secret >&2; false",
        "!true",
        "!no-such-command-at-all",
        "!kill -9 $$",
    ],
)
def test_a_real_command_that_fails_gives_nothing(command):
    values = real()
    assert values.resolve(command) is None
    assert "secret" not in values.warnings[0]


def test_a_flood_is_no_key():
    assert real().resolve(f'!{sys.executable} -c "print(1000000 * chr(120))"') is None


def test_standard_input_is_empty():
    assert real().resolve("!cat; echo end") == "end"
