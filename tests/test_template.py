"""Prompt templates: reading them, splitting arguments, filling places."""

from __future__ import annotations

import os

import pytest

from pi.resources.template import arguments, filled, load_template


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("  \n ", []),
        ("a b", ["a", "b"]),
        ("a\nb\tc", ["a", "b", "c"]),
        ('one "two three" four', ["one", "two three", "four"]),
        ("'it is' don't", ["it is", "don't"]),
        ("\"\" x ''", ["", "x", ""]),
        (r'"say \"hi\"" \'x', ['say "hi"', r"\'x"]),
        (r"'a \" b'", [r"a \" b"]),
        ('say "unclosed words', ["say", '"unclosed', "words"]),
        ('"one"two three', ["onetwo", "three"]),
        ("a'b c'd", ["a'b", "c'd"]),
        ('"', ['"']),
        (r'"open\" x', [r'"open\"', "x"]),
        (r'"a\\" b', [r'"a\\"', "b"]),
    ],
)
def test_arguments(text, words):
    assert arguments(text) == words


WORDS = ["one", "two three", "four"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("$1|$2|$3|$4|", "one|two three|four||"),
        ("$@|$ARGUMENTS", "one two three four|one two three four"),
        ("${1:-x}|${9:-y z}|${9:-}", "one|y z|"),
        ("${@:-none}|${ARGUMENTS:-none}", "one two three four|one two three four"),
        ("${@:2}|${@:1:2}|${@:9}|${@:2:0}", "two three four|one two three||"),
        ("${@:0}", "one two three four"),
        ("$0|$10|$$1|$x|${1}|${x:-y}", "||$one|$x|${1}|${x:-y}"),
        ("$99999999999999999999|${@:1:99999999999999999999}", "|one two three four"),
    ],
)  # fmt: skip
def test_places(body, text):
    assert filled(body, WORDS) == text


def test_places_in_arguments_stay_as_they_are():
    assert filled("$1 ${2:-$1}", ["$2 $@ ${1:-x}"]) == "$2 $@ ${1:-x} $1"
    assert filled("${1:-a}${@:-b}", [""]) == "ab"


def test_reading(tmp_path):
    path = tmp_path / "review.md"
    path.write_text('---\ndescription: Look\nargument-hint: "[what]"\n---\nDo $1\n')
    template, problems = load_template(str(path))
    assert (template.name, template.description, template.hint) == ("review", "Look", "[what]")
    assert (template.body, problems) == ("Do $1", [])


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("\n\n  First line \nsecond", "  First line "),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + "..."),
        ("---\ndescription: 5\n---\nbody", "body"),
        ("", ""),
    ],
)
def test_without_a_description_the_first_line_says_what_it_is(tmp_path, text, description):
    path = tmp_path / "a.md"
    path.write_text(text)
    assert load_template(str(path))[0].description == description


def test_what_cannot_be_read_is_told_once(tmp_path):
    broken = tmp_path / "broken.md"
    broken.write_text("---\na: [\n---\nx")
    assert load_template(str(broken)) == (
        None,
        [f"{broken}: line 2: the list is not closed; template not loaded"],
    )
    huge = tmp_path / "huge.md"
    huge.write_bytes(b"x" * (2 << 20))
    os.mkfifo(tmp_path / "pipe.md")
    for path in (huge, tmp_path / "pipe.md", tmp_path / "gone.md", tmp_path):
        template, (problem,) = load_template(str(path))
        assert template is None
        assert problem.startswith(f"{path}: cannot be read (")


def test_huge_texts_take_a_time_that_grows_with_their_size():
    assert filled("${1:-" * 100_000, ["x"]) == "${1:-" * 100_000
    assert filled("${1:-x}" * 100_000 + "$1" * 100_000, ["y"]) == "y" * 200_000
    assert len(arguments("a 'b c' " * 100_000)) == 200_000
    assert arguments('"a\\" ' * 50_001) == ['a" a\\"'] * 25_000 + ['"a\\"']
