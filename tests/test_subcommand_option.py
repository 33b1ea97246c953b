"""The arguments of subcommands."""

from __future__ import annotations

import pytest

from pi.errors import UsageError
from pi.subcommands.option import read

ROWS = {"--name": "NAME", "--json": ""}


@pytest.mark.parametrize(
    ("words", "plain", "options"),
    [
        (["a", "--json", "b"], ["a", "b"], {"--json": True}),
        (["--name", "x", "a"], ["a"], {"--name": "x"}),
        (["--name=x=y"], [], {"--name": "x=y"}),
        (["--name=", "-"], ["-"], {"--name": ""}),
        (["--", "--json", "a"], ["--json", "a"], {}),
    ],
)
def test_words_and_options(words, plain, options):
    given = read(words, ROWS)
    assert given.words == plain
    assert given.options == options


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--other"], "Unknown option: --other; there are: --name, --json"),
        (["-x"], "Unknown option: -x"),
        (["--json=1"], "takes no value"),
        (["--name"], "requires a value"),
        (["--name", "--json"], "requires a value"),
    ],
)
def test_what_is_wrong_is_said(words, why):
    with pytest.raises(UsageError, match=why):
        read(words, ROWS)
