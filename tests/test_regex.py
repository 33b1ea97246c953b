"""The regular expression dialect: what is read, what is refused, and which lines match."""

from __future__ import annotations

import pytest

from pi.text import regex
from pi.text.automaton import Automaton
from pi.text.linematch import LineMatcher

LINES = ["aa", "bb", "", "cc", "a.b", "Ab", "été", "x_1 y", "a\tb", "foo(bar)", "Kß", "if (x) {"]

TABLE = [
    # pattern, the lines it matches
    ("aa", ["aa"]),
    ("a.b", ["a.b", "a\tb"]),
    ("a\\.b", ["a.b"]),
    ("^$", [""]),
    ("^a", ["aa", "a.b", "a\tb"]),
    ("\\Aa", ["aa", "a.b", "a\tb"]),
    ("b$", ["bb", "a.b", "Ab", "a\tb"]),
    ("b\\z", ["bb", "a.b", "Ab", "a\tb"]),
    ("(?i)ab", ["Ab"]),
    ("a(?i)B", []),
    ("(?i:A)b", ["Ab"]),
    ("[[:upper:]]", ["Ab", "Kß"]),
    ("[^[:lower:]]$", ["foo(bar)", "if (x) {", "Kß", "été"]),
    ("\\p{Lu}", ["Ab", "Kß"]),
    ("\\p{Latin}+\\P{L}", ["a.b", "x_1 y", "a\tb", "foo(bar)", "if (x) {"]),
    ("\\w+\\s\\w", ["x_1 y", "a\tb"]),
    ("[\\w&&[^a-z]]", ["Ab", "été", "x_1 y", "Kß"]),
    ("[a-z--ab]", ["cc", "été", "x_1 y", "foo(bar)", "if (x) {"]),
    ("[ab~~bc]", ["aa", "cc", "a.b", "a\tb", "foo(bar)"]),
    ("[]x]", ["x_1 y", "if (x) {"]),
    ("[^\\n]{8}", ["foo(bar)", "if (x) {"]),
    ("[\\d_]{2}", ["x_1 y"]),
    ("\\bb", ["bb", "a.b", "a\tb", "foo(bar)"]),
    ("b\\b{end}", ["bb", "a.b", "Ab", "a\tb"]),
    ("\\<x\\>", ["if (x) {"]),
    ("o{2}", ["foo(bar)"]),
    ("o{2,}?\\(", ["foo(bar)"]),
    ("a{1}{2}", ["aa"]),
    ("(?:a|b){2}", ["aa", "bb", "foo(bar)"]),
    ("(?P<n>c)(?<m>c)", ["cc"]),
    ("\\x61\\x{61}", ["aa"]),
    ("\\u00e9t", ["été"]),
    ("(x) {", []),
    ("\\(x\\) {", ["if (x) {"]),
    ("{", ["if (x) {"]),
    ("(?x) c  c # two", ["cc"]),
    ("\\/|\\_1", ["x_1 y"]),
    ("\u212a", []),
    ("(?i)\u212a", ["Kß"]),
    ("c||d", LINES),
    ("a**", LINES),
    ("(?-u:\\w)\\W", ["a.b", "x_1 y", "a\tb", "foo(bar)", "if (x) {"]),
]


@pytest.mark.parametrize(("pattern", "wanted"), TABLE)
def test_which_lines_match(pattern, wanted):
    tree = regex.parse(pattern)
    text = "\n".join(LINES) + "\n"
    starts = LineMatcher(tree).starts(text)
    assert sorted(text[at : text.find("\n", at)] for at in starts) == sorted(wanted)
    assert sorted(filter(Automaton(tree).search, LINES)) == sorted(wanted)


REFUSED = [
    ("(a", "not closed", 1),
    ("a)", "closes no group", 2),
    ("x[a", "not closed", 2),
    ("[a-", "not closed", 1),
    ("[z-a]", "smaller to the larger", 2),
    ("*a", "nothing stands before", 1),
    ("a|+", "nothing stands before", 3),
    ("{2}", "nothing stands before", 1),
    ("a{3,2}", "at least than at most", 2),
    ("(?=a)", "look-around", 1),
    ("a(?<!b)", "look-around", 2),
    ("(a)\\1", "backreferences", 4),
    ("(?P=a)", "backreferences", 1),
    ("(?>a)", "atomic", 1),
    ("(?#a)", "comments", 1),
    ("(?y)", "unknown kind of group", 1),
    ("\\q", "unknown escape \\q", 1),
    ("[\\Z]", "unknown escape \\Z", 2),
    ("a\\", "nothing follows", 2),
    ("\\x4", "hexadecimal", 1),
    ("\\x{110000}", "no such character", 1),
    ("\\p{Nonsense}", "Unicode property 'Nonsense'", 1),
    ("[\\n]", "line feed only", 1),
    ("(" * 101 + ")" * 101, "more than 100 deep", 101),
]


@pytest.mark.parametrize(("pattern", "says", "at"), REFUSED)
def test_what_is_refused_says_what_and_where(pattern, says, at):
    with pytest.raises(regex.PatternError) as caught:
        regex.parse(pattern)
    assert says in str(caught.value)
    assert f"at character {at} of" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("pattern", ["a\\nb", "a\nb", "\\x0a"])
def test_a_line_feed_cannot_match_and_is_refused(pattern):
    with pytest.raises(regex.PatternError, match="line feed"):
        regex.parse(pattern)
    with pytest.raises(regex.PatternError, match="line feed"):
        regex.parse_literal("a\nb")


def test_repetitions_are_bounded_together():
    assert regex.size_of(regex.parse("(a{10}){10}")) > 100
    with pytest.raises(regex.PatternError, match="too large"):
        regex.parse("((a{1,1000}){1,1000}){1,1000}")
    with pytest.raises(regex.PatternError, match="too large"):
        regex.parse("a{999999999999}")


@pytest.mark.parametrize(
    ("text", "ignore_case", "wanted"),
    [("a.b", False, ["a.b"]), ("(x)", False, ["if (x) {"]), ("kSS", True, []), ("A", True, 5)],
)
def test_a_literal_is_taken_as_it_is(text, ignore_case, wanted):
    tree = regex.parse_literal(text, ignore_case=ignore_case)
    found = list(filter(Automaton(tree).search, LINES))
    assert found == wanted if isinstance(wanted, list) else len(found) == wanted


def test_classes_never_match_a_line_feed():
    patterns = r"[^a] \s \W \D . [\x00-\x7f] [\s\S] \P{L} (?s:.) [^[:alpha:]] [\W--x]"
    for pattern in patterns.split():
        assert list(LineMatcher(regex.parse(pattern)).starts("\n\n")) == [], pattern
