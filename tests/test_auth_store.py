"""auth.json: reading it with care, writing it for its owner only."""

from __future__ import annotations

import json
import stat

import pytest

from pi.auth import store
from pi.settings.jsonfile import FileError

KEY = {"type": "api_key", "key": "sk-1", "env": {"A": "b"}, "more": 1}
LOGIN = {"type": "oauth", "access": "a", "refresh": "r", "expires": 5, "accountId": "x"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "agent" / "auth.json"


def write(path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")


def test_nothing_is_stored_without_a_file(path):
    assert store.load(str(path)) == ({}, [])
    assert not store.remove(str(path), "openai")
    assert not path.parent.exists()


def test_entries_are_read_whole(path):
    write(path, {"openai": KEY, "anthropic": LOGIN, "aws": {"type": "api_key", "env": {"P": "x"}}})
    stored, problems = store.load(str(path))
    assert stored["openai"] == KEY
    assert stored["anthropic"] == LOGIN
    assert stored["aws"]["env"] == {"P": "x"}
    assert problems == []


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"type": "api_key", "key": ["sk-secret"]}, "bad.key: expected a string, got a list"),
        ({"type": "api_key", "env": {"A": 1}}, "bad.env.A: expected a string"),
        ({"type": "oauth", "access": "sk-secret"}, "bad.refresh: missing"),
        ({"type": "sk-secret"}, 'bad.type: expected "api_key" or "oauth"'),
        ({}, "bad.type: expected"),
        ("sk-secret", "bad: expected an object, got a string"),
    ],
)
def test_a_wrong_entry_is_passed_over_and_told_without_its_secret(path, entry, says):
    write(path, {"bad": entry, "openai": KEY})
    stored, problems = store.load(str(path))
    assert list(stored) == ["openai"]
    assert problems[0].startswith(f"{path}: {says}")
    assert "sk-secret" not in " ".join(problems)


def test_a_broken_file_is_told_and_never_written_to(path):
    write(path, '{"openai": {"type"')
    stored, (problem,) = store.load(str(path))
    assert stored == {}
    assert problem.startswith(f"{path}: not valid JSON")
    for attempt in (lambda: store.save(str(path), "x", KEY), lambda: store.remove(str(path), "x")):
        with pytest.raises(FileError):
            attempt()
    assert path.read_text() == '{"openai": {"type"'


def test_saving_and_removing_leave_the_rest(path):
    write(path, {"other": {"type": "from the future"}, "anthropic": LOGIN})
    path.chmod(0o644)
    store.save(str(path), "openai", KEY)
    assert json.loads(path.read_text()) == {
        "other": {"type": "from the future"},
        "anthropic": LOGIN,
        "openai": KEY,
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.remove(str(path), "anthropic")
    assert not store.remove(str(path), "anthropic")
    assert list(json.loads(path.read_text())) == ["other", "openai"]


def test_a_new_file_is_for_its_owner_only(path):
    store.save(str(path), "openai", KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_former_ids(path):
    write(path, {"azure-openai-responses": KEY})
    assert list(store.load(str(path))[0]) == ["azure"]
    store.save(str(path), "azure", {"type": "api_key", "key": "new"})
    assert json.loads(path.read_text()) == {"azure": {"type": "api_key", "key": "new"}}
    write(path, {"azure-openai-responses": KEY})
    assert store.remove(str(path), "azure")
