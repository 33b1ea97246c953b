"""How layers of settings meet, and what old names mean."""

from __future__ import annotations

import pytest

from pi.settings.merge import clean, lookup, merged, modernised


def test_objects_merge_and_values_replace():
    user = {"retry": {"enabled": True, "provider": {"maxRetries": 1}}, "theme": "a", "x": {"y": 1}}
    project = {"retry": {"provider": {"timeoutMs": 5}}, "theme": "b", "x": {"z": 2}}
    assert merged([user, project]) == {
        "retry": {"enabled": True, "provider": {"maxRetries": 1, "timeoutMs": 5}},
        "theme": "b",
        "x": {"y": 1, "z": 2},
    }


@pytest.mark.parametrize("key", ["packages", "extensions", "skills", "prompts", "themes"])
def test_resource_lists_follow_each_other(key):
    assert merged([{key: ["a"]}, {key: ["b", "a"]}]) == {key: ["a", "b", "a"]}
    assert merged([{key: ["a"]}, {}]) == {key: ["a"]}


def test_other_lists_replace():
    assert merged([{"enabledModels": ["a"]}, {"enabledModels": ["b"]}]) == {"enabledModels": ["b"]}
    assert merged([{"npmCommand": ["a"]}, {"npmCommand": []}]) == {"npmCommand": []}


@pytest.mark.parametrize(
    ("user", "project", "result"),
    [
        (["read", "ls"], ["+grep", "-ls"], ["read", "ls", "+grep", "-ls"]),
        (["read"], ["bash", "+ls"], ["bash", "+ls"]),
        (["read"], [], []),
        (["+ls"], ["-bash"], ["+ls", "-bash"]),
    ],
)
def test_a_list_of_tools_changes_or_replaces(user, project, result):
    assert merged([{"defaultTools": user}, {"defaultTools": project}])["defaultTools"] == result


def test_layers_are_not_changed():
    user, project = {"skills": ["a"], "retry": {"enabled": True}}, {"skills": ["b"]}
    merged([user, project])["retry"]["enabled"] = True
    clean(user)
    assert (user, project) == ({"skills": ["a"], "retry": {"enabled": True}}, {"skills": ["b"]})


@pytest.mark.parametrize(
    ("data", "left", "problems"),
    [
        ({"theme": 5, "future": [1]}, {"future": [1]}, ["theme: expected a string, got 5"]),
        (
            {"retry": {"maxRetries": "3", "enabled": False}},
            {"retry": {"enabled": False}},
            ["retry.maxRetries: expected a whole number of at least 0, got a string"],
        ),
        ({"retry": 5}, {}, ["retry: expected an object, got 5"]),
        (
            {"retry": {"provider": []}},
            {"retry": {}},
            ["retry.provider: expected an object, got a list"],
        ),
        ({"theme": None, "retry": None}, {"theme": None, "retry": None}, []),
        (
            {"extensions": ["a", 5]},
            {"extensions": ["a"]},
            ["extensions[1]: expected a string, got 5"],
        ),
        ({"compaction": {"reserveTokens": -1}}, {"compaction": {"reserveTokens": -1}}, []),
    ],
)
def test_wrong_values_go_and_the_rest_stays(data, left, problems):
    assert clean(data) == (left, problems)


def test_a_project_may_not_decide_everything():
    left, problems = clean({"httpProxy": "http://x", "theme": "dark"}, "project")
    assert left == {"theme": "dark"}
    assert problems == ["httpProxy: only the user's own settings can set this"]
    assert clean({"httpProxy": "http://x"}, "user")[1] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"queueMode": "all"}, {"steeringMode": "all"}),
        ({"queueMode": "all", "steeringMode": "one-at-a-time"}, {"steeringMode": "one-at-a-time"}),
        ({"websockets": True}, {"transport": "websocket"}),
        ({"websockets": False}, {"transport": "sse"}),
        ({"websockets": True, "transport": "auto"}, {"transport": "auto"}),
        ({"skills": {"customDirectories": ["x"]}}, {"skills": ["x"]}),
        ({"skills": {"enableSkillCommands": False}}, {"enableSkillCommands": False}),
        ({"retry": {"maxDelayMs": 5}}, {"retry": {"provider": {"maxRetryDelayMs": 5}}}),
        (
            {"retry": {"maxDelayMs": 5, "provider": {"maxRetryDelayMs": 7}}},
            {"retry": {"provider": {"maxRetryDelayMs": 7}}},
        ),
    ],
)
def test_old_names_are_read_as_new_ones(old, new):
    before = repr(old)
    assert modernised(old) == new
    assert repr(old) == before


def test_lookup():
    assert lookup({"a": {"b": 0}}, "a.b") == 0
    assert lookup({"a": {"b": 0}}, "a.b.c") is None
    assert lookup({"a": []}, "a.0") is None


def test_a_wrong_entry_of_a_resource_list_costs_no_other():
    data = {"packages": ["npm:x", 5, {"skills": []}, {"source": "./y"}], "skills": [1, "a"]}
    found, problems = clean(data)
    assert found == {"packages": ["npm:x", {"source": "./y"}], "skills": ["a"]}
    assert [problem.split(":")[0] for problem in problems] == [
        "packages[1]",
        "packages[2]",
        "skills[0]",
    ]
    assert data["packages"][1] == 5
    assert clean({"packages": "npm:x"})[0] == {}
