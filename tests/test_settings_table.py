"""The table: complete, consistent, and its own defaults valid."""

from __future__ import annotations

import pytest

from pi.settings.kind import check
from pi.settings.table import GROUPS, ROWS, row

USER_ONLY = {"cacheWarming", "defaultProjectTrust", "httpProxy", "selfUpdateCommand", "deviceId"}
RESOURCES = {"packages", "extensions", "skills", "prompts", "themes"}


def test_no_key_is_there_twice():
    assert len(ROWS) == sum(len(rows) for rows in GROUPS.values())


@pytest.mark.parametrize("rule", ROWS.values(), ids=ROWS.keys())
def test_each_row_is_whole(rule):
    assert rule.default is None or check(rule.kind, rule.default, rule.key) == []
    assert rule.about.endswith(".")
    assert rule.scope in ("both", "user")
    assert rule.merge in ("over", "join", "tools")
    if rule.default is not None and rule.read is not None:
        assert rule.read(rule.default) == rule.default


def test_scopes_and_merges():
    assert {key for key, rule in ROWS.items() if rule.scope == "user"} == USER_ONLY
    assert {key for key, rule in ROWS.items() if rule.merge == "join"} == RESOURCES
    assert {key for key, rule in ROWS.items() if rule.strict} == {
        "compaction.reserveTokens",
        "compaction.keepRecentTokens",
        "compaction.modelOverrides",
    }


def test_no_key_is_the_parent_of_another():
    for key in ROWS:
        assert not any(other.startswith(f"{key}.") for other in ROWS)


def test_an_unknown_key_is_an_error():
    with pytest.raises(KeyError):
        row("retry.maxRetires")


@pytest.mark.parametrize(
    ("key", "given", "used"),
    [
        ("httpIdleTimeoutMs", "disabled", 0),
        ("httpIdleTimeoutMs", " 1500 ", 1500),
        ("httpIdleTimeoutMs", 0, 0),
        ("fullscreenWheelScrollLines", 1000, 100),
        ("fullscreenWheelScrollLines", "auto", "auto"),
        ("editorPaddingX", -2, 0),
        ("editorPaddingX", 2.9, 2),
        ("autocompleteMaxVisible", 99, 20),
    ],
)
def test_values_are_brought_into_range(key, given, used):
    assert check(row(key).kind, given, key) == []
    assert row(key).read(given) == used


@pytest.mark.parametrize("value", [-1, "abc", "-5", "nan", True, None])
def test_delays_that_are_none(value):
    assert check(row("httpIdleTimeoutMs").kind, value, "x") != []
