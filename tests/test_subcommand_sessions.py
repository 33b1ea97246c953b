"""`pi sessions list` and `check`, as whole runs."""

from __future__ import annotations

import pytest

from pi.messages import user_message
from pi.session import Session
from pi.store.find import default_folder
from pi.subcommands import sessions
from tests.sessionkit import REPLY, content, host, line, user


@pytest.fixture
def home(tmp_path):
    """(environment, project folder, its session folder)"""
    project = tmp_path / "project"
    project.mkdir()
    agent = tmp_path / "agent"
    environ = {"HOME": str(tmp_path), "PI_CODING_AGENT_DIR": str(agent)}
    return environ, str(project), default_folder(str(agent), str(project))


def talk(cwd, folder, words, seed):
    session = Session.create(cwd, folder, host=host(seed=seed))
    session.append_message(user_message(words, 1))
    session.append_message(REPLY)
    session.close()
    return session.path


def run(home, *words):
    return sessions.run(list(words), home[0], home[1])


def test_the_list_has_this_folders_sessions_or_all(home, tmp_path, capsys):
    environ, project, folder = home
    mine = talk(project, folder, "Mend the\x1b[31m roof", 1)
    elsewhere = default_folder(environ["PI_CODING_AGENT_DIR"], "/other")
    other = talk("/other", elsewhere, "Paint the door", 2)
    assert run(home, "list") == 0
    out = capsys.readouterr().out
    assert "Mend the" in out
    assert mine in out
    assert "\x1b" not in out
    assert "Paint" not in out
    assert run(home, "list", "--all", "PAINT", "hello") == 0
    out = capsys.readouterr().out
    assert other in out
    assert "(/other)" in out
    assert mine not in out
    assert run(home, "list", "nobody", "said", "this") == 0
    assert capsys.readouterr().out == "No sessions with: nobody said this\n"


def test_a_chosen_folder_is_told_apart_by_working_directory(home, tmp_path, capsys):
    shared = str(tmp_path / "shared")
    talk(home[1], shared, "mine", 1)
    talk("/other", shared, "theirs", 2)
    assert run(home, "list", "--session-dir", shared) == 0
    out = capsys.readouterr().out
    assert ("mine" in out, "theirs" in out) == (True, False)


def test_check_names_damage_and_mends_it_on_request(home, tmp_path, capsys):
    folder = home[2]
    sound = talk(home[1], folder, "fine", 1)
    hurt = tmp_path / "agent/sessions/--x--"
    hurt.mkdir(parents=True)
    damaged = hurt / "s.jsonl"
    damaged.write_bytes(content(user("1", None), line(user("2", "1"))[:30]))
    before = damaged.read_bytes()
    assert run(home, "check") == 1
    out = capsys.readouterr().out
    assert out.endswith("1 sound, 1 damaged\n")
    assert f"{damaged}: skipped 1 unfinished last line (line 3)" in out
    assert damaged.read_bytes() == before
    assert run(home, "check", sound) == 0
    assert capsys.readouterr().out == "1 sound\n"
    assert run(home, "check", "--repair") == 0
    assert "1 sound, 1 mended" in capsys.readouterr().out
    assert damaged.read_bytes() == content(user("1", None))
    assert (hurt / "s.damaged-1").read_bytes() == before
    assert run(home, "check") == 0


def test_what_cannot_be_checked_is_a_line_and_status_1(home, tmp_path, capsys):
    (tmp_path / "bad.jsonl").write_text("no\n")
    assert run(home, "check", str(tmp_path / "bad.jsonl"), "missing.jsonl") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Session file is not a valid pi session: {tmp_path}/bad.jsonl"
    assert lines[1].endswith("missing.jsonl: cannot be read: No such file or directory")
    assert lines[2] == "2 damaged"


def test_nothing_there(home, capsys):
    assert run(home, "check") == 0
    assert run(home, "list") == 0
    assert capsys.readouterr().out == "No sessions\nNo sessions\n"
    assert run(home) == 0
    assert capsys.readouterr().out == sessions.USAGE


def test_words_it_does_not_know(run_pi):
    for words in (["frob"], ["list", "--repair"], ["check", "--all"], ["list", "--frob"]):
        finished = run_pi("sessions", *words)
        assert finished.code == 2
        assert len(finished.stderr.splitlines()) == 1
        assert finished.stdout == ""
