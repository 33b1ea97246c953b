"""Front matter as YAML: what is understood, what is told, and that nothing else can happen."""

from __future__ import annotations

import random

import pytest

from pi.text.yamlsubset import YamlError, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# only a comment\n\n", None),
        ("name: x", {"name": "x"}),
        ("a: 1\nb: -2.5\nc: true\nd: False\ne: null\nf: ~\ng:\nh: 0x1F\ni: 1e3", {
            "a": 1, "b": -2.5, "c": True, "d": False, "e": None, "f": None, "g": None, "h": 31,
            "i": 1000.0}),
        ("a: yes\nb: tRue\nc: 1.2.3\nd: 2024-01-02\ne: v1", {
            "a": "yes", "b": "tRue", "c": "1.2.3", "d": "2024-01-02", "e": "v1"}),
        ("a: one # two\nb: c#d\nc: https://x/y", {"a": "one", "b": "c#d", "c": "https://x/y"}),
        ("a: first\n  second\n\n  third\nb: 1", {"a": "first second\nthird", "b": 1}),
        ("a:\n  on the next line\n  and more", {"a": "on the next line and more"}),
        ("a: 'it''s'\nb: \"x\\ty\\u00e9\\\"\"\nc: \"\"", {"a": "it's", "b": 'x\tyé"', "c": ""}),
        ('a: "one\n  two\n\n  three\\\n  four"', {"a": "one two\nthreefour"}),
        ("'a b': 1\n\"c: d\": 2\ne-f: 3\n-x: 4", {"a b": 1, "c: d": 2, "e-f": 3, "-x": 4}),
        ("a: |\n  one\n    two\n\n  three\n\nb: 1", {"a": "one\n  two\n\nthree\n", "b": 1}),
        ("a: >\n  one\n  two\n\n  three\n    deep\n  end\n", {
            "a": "one two\nthree\n  deep\nend\n"}),
        ("a: |-\n  x\nb: >+\n  y\n\nc: |2\n    z\n", {"a": "x", "b": "y\n\n", "c": "  z\n"}),
        ("a: [x, 'y', 3, [z], {k: v}, ]\nb: {}\nc: []", {
            "a": ["x", "y", 3, ["z"], {"k": "v"}], "b": {}, "c": []}),
        ("a: [x, # first\n  y,\n  z]\nb: {c: d, e: ,\n f}", {
            "a": ["x", "y", "z"], "b": {"c": "d", "e": None, "f": None}}),
        ("a:\n- x\n- y\nb:\n  - z", {"a": ["x", "y"], "b": ["z"]}),
        ("- a: 1\n  b: 2\n- - c\n  - d\n-\n  e: 3\n-", [
            {"a": 1, "b": 2}, ["c", "d"], {"e": 3}, None]),
        ("metadata:\n  a: 1\n  # a remark\n  b:\n    c: d\ne: f", {
            "metadata": {"a": 1, "b": {"c": "d"}}, "e": "f"}),
        ("just words", "just words"),
    ],
)  # fmt: skip
def test_what_is_understood(text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: b: c", 1, "quotes"),
        ("a: 1\nb: [x\nc", 2, "not closed"),
        ("a: 'x\nb: 1", 1, "not closed"),
        ("a: {b: 1", 1, "not closed"),
        ("a: 1\na: 2", 2, "twice"),
        ("a: 1\n\nwords", 3, "key: value"),
        ("a: 1\n  b: 2", 2, "quotes"),
        ("a:\n    b: 1\n  c: 2", 3, "indented"),
        ("a: 1\n\tb: 2", 2, "tab"),
        ("a: &x 1", 1, "anchor"),
        ("a: *x", 1, "alias"),
        ("a: !!str 1", 1, "tag"),
        ("? a\n: b", 1, "?"),
        ("%YAML 1.2", 1, "%"),
        ("a: @x", 1, "quotes"),
        ("a: \"\\q\"", 1, "escape"),
        ("a: \"\\uZZZZ\"", 1, "escape"),
        ("a: 'x' y", 1, "left over"),
        ("a: |x\n  y", 1, "begins no text"),
        ("a: [x: y]", 1, "braces"),
        ("a: " + "[" * 500, 1, "deep"),
        ("\n".join("  " * n + "a:" for n in range(500)), 42, "deep"),
    ],
)  # fmt: skip
def test_what_is_not_understood_names_its_line(text, line, word):
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert (caught.value.line, word in str(caught.value)) == (line, True), str(caught.value)


def test_the_first_line_can_be_called_otherwise():
    with pytest.raises(YamlError, match=r"^line 8: "):
        parse("a: 1\nb: *c", first_line=7)


def test_damaged_text_gives_a_value_or_a_line():
    whole = "name: x\nlist: [a, 'b']\nm:\n  k: \"v\\n\"\n  - z\nt: >-\n  fold\n"
    rng = random.Random(5)
    marks = "\n :-[]{}'\"|>#&*!\t\\\0\ud800é,?%"
    outcomes = set()
    for _ in range(3000):
        text = list(whole)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(text))
            text[at : at + rng.randrange(3)] = rng.choice(marks)
        try:
            outcomes.add(type(parse("".join(text))))
        except YamlError as error:
            outcomes.add(YamlError if 1 <= error.line <= len(text) else None)
    assert {dict, YamlError} <= outcomes
    assert None not in outcomes


@pytest.mark.parametrize(
    "text",
    [
        "- []\n" * 50_000,
        "a: [" + "'b'," * 50_000 + "]",
        "a" + " " * 200_000 + "b",
        'a: "' + "\\" * 100_000 + "x",
        "a:\n" + "  - - b\n" * 30_000,
        "a: " + "[x, " * 30 + "\n" * 100_000,
        "".join(f"k{n}: 'v'\n" for n in range(50_000)),
        "a: >\n" + "  b\n\n   c\n" * 50_000,
        "a: 'x\n" + "\n" * 200_000,
    ],
)
def test_huge_texts_are_read_in_a_time_that_grows_with_their_size(text):
    try:
        assert parse(text)
    except YamlError as error:
        assert "line 1" in str(error)  # noqa: PT017 - either is fine, as long as it ends
