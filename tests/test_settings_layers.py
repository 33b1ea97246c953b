"""Settings in force: files, trust, sources, warnings, compaction."""

from __future__ import annotations

import json

import pytest

from pi import settings
from pi.errors import UsageError


@pytest.fixture
def write(tmp_path):
    """write("user" or "project", value or text): makes the file; returns its path."""

    def write(scope, value):
        folder = tmp_path / ("agent" if scope == "user" else "project/.pi")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "settings.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
        return str(path)

    return write


@pytest.fixture
def load(tmp_path):
    def load(*, trusted=True):
        return settings.load(str(tmp_path / "agent"), str(tmp_path / "project"), trusted=trusted)

    return load


def test_without_files_the_defaults_hold(load):
    found = load()
    assert found.get("retry.maxRetries") == 3
    assert found.get("defaultModel") is None
    assert found.source_of("retry.maxRetries") == "default"
    assert found.warnings == []


def test_the_project_goes_over_the_user_when_it_is_trusted(write, load):
    write("user", {"theme": "dark", "retry": {"maxRetries": 1, "baseDelayMs": 5}})
    write("project", {"retry": {"maxRetries": 0}})
    found = load()
    assert (found.get("retry.maxRetries"), found.source_of("retry.maxRetries")) == (0, "project")
    assert (found.get("retry.baseDelayMs"), found.source_of("retry.baseDelayMs")) == (5, "user")
    assert found.get("theme") == "dark"
    untrusted = load(trusted=False)
    assert (untrusted.get("retry.maxRetries"), untrusted.source_of("theme")) == (1, "user")


def test_an_untrusted_project_is_not_even_warned_about(write, load):
    write("project", "{broken")
    assert load(trusted=False).warnings == []
    assert len(load().warnings) == 1


def test_a_broken_file_warns_and_stays(write, load, tmp_path):
    path = write("user", '{"theme": "dark",,}')
    found = load()
    assert found.get("theme") == "system"
    (warning,) = found.warnings
    assert warning.startswith(f"{path}: not valid JSON at line 1, column ")
    assert warning.endswith("; using the defaults")
    assert (tmp_path / "agent/settings.json").read_text() == '{"theme": "dark",,}'


def test_one_wrong_key_is_ignored_and_named(write, load):
    path = write("user", {"steeringMode": "sometimes", "theme": "dark"})
    found = load()
    assert found.get("steeringMode") == "one-at-a-time"
    assert found.get("theme") == "dark"
    assert found.warnings == [
        f'{path}: steeringMode: expected "all" or "one-at-a-time", got "sometimes"; ignored'
    ]


def test_a_byte_order_mark_is_accepted(write, load):
    write("user", '\ufeff{"theme": "dark"}')
    assert load().get("theme") == "dark"


def test_null_is_not_set(write, load):
    write("user", {"theme": None, "retry": {"maxRetries": None}})
    found = load()
    assert (found.get("theme"), found.get("retry.maxRetries")) == ("system", 3)
    assert (found.source_of("theme"), found.warnings) == ("default", [])


def test_unknown_keys_are_there_for_extensions(write, load):
    write("user", {"myExtension": {"on": True}})
    assert load().data["myExtension"] == {"on": True}


def test_each_layer_of_a_list_comes_with_its_folder(write, load, tmp_path):
    write("user", {"extensions": ["./a"]})
    write("project", {"extensions": ["./b"], "packages": [{"source": "npm:x"}]})
    assert load().each("extensions") == [
        ("user", str(tmp_path / "agent"), ["./a"]),
        ("project", str(tmp_path / "project/.pi"), ["./b"]),
    ]
    assert load().get("extensions") == ["./a", "./b"]
    assert load().each("themes") == []


def test_a_name_that_is_no_setting_is_a_mistake(load):
    for ask in (load().get, load().source_of, load().each):
        with pytest.raises(KeyError):
            ask("retry.maxRetires")


def test_compaction_of_a_model(write, load):
    write(
        "user",
        {"compaction": {"reserveTokens": 1, "modelOverrides": {"a/b": {"keepRecentTokens": 2}}}},
    )
    write(
        "project",
        {"compaction": {"enabled": False, "modelOverrides": {"a/b": {"reserveTokens": 3}}}},
    )
    found = load()
    assert found.compaction("a/b") == settings.Compaction(False, 3, 2)
    assert found.compaction("a/c") == settings.Compaction(False, 1, 20000)


@pytest.mark.parametrize(
    ("compaction", "says"),
    [
        ({"reserveTokens": -5}, "compaction.reserveTokens: expected a whole number"),
        ({"keepRecentTokens": "x"}, "compaction.keepRecentTokens"),
        ({"modelOverrides": {"a/b": {"reserveTokens": 1.5}}}, 'compaction.modelOverrides["a/b"]'),
        ({"modelOverrides": []}, "compaction.modelOverrides: expected an object"),
    ],
)
def test_wrong_compaction_numbers_stop_the_run_that_needs_them(write, load, compaction, says):
    path = write("user", {"compaction": compaction})
    found = load()  # listing models and the like go on
    assert found.warnings == []
    with pytest.raises(UsageError) as caught:
        found.compaction("a/b")
    assert str(caught.value).startswith(f"{path}: {says}")


def test_the_session_folder_of_a_project_counts_only_with_trust(write, load):
    write("user", {"sessionDir": "mine"})
    write("project", {"sessionDir": "theirs"})
    assert load(trusted=False).get("sessionDir") == "mine"
    assert load(trusted=True).get("sessionDir") == "theirs"


def test_a_project_whose_settings_are_the_users_own_counts_once(tmp_path):
    folder = tmp_path / ".pi"
    folder.mkdir()
    (folder / "settings.json").write_text('{"skills": ["x"]}')
    found = settings.load(str(folder), str(tmp_path), trusted=True)
    assert [scope for scope, _, _ in found.each("skills")] == ["user"]
