"""A session whose entries somebody else keeps."""

from __future__ import annotations

import pytest

from pi.errors import PiError, SessionError
from pi.messages import user_message
from pi.store.hosted import HostedSession
from tests.sessionkit import REPLY


def test_entries_are_handed_over_in_order_and_bring_the_session_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = []
    session = HostedSession.of("/p", keep=rows.append, session_id="t-7")
    first = session.append_message(user_message("one", 1))
    session.append_message(REPLY)
    session.sync()
    session.close()
    assert [row["id"] for row in rows] == [first["id"], session.leaf_id]
    again = HostedSession.of("/p", rows.copy(), keep=rows.append, session_id="t-7")
    assert (again.id, again.path, again.cwd) == ("t-7", None, "/p")
    assert again.messages() == session.messages()
    again.append_message(user_message("two", 2))
    assert [row["parentId"] for row in rows] == [None, rows[0]["id"], rows[1]["id"]]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [(OSError(28, "No space left"), "could not be kept: .*No space left"), (PiError("no"), "^no$")],
)
def test_what_cannot_be_kept_did_not_happen(error, words):
    rows = []

    def keep(entry):
        if len(rows) == 1:
            raise error
        rows.append(entry)

    session = HostedSession.of("/p", keep=keep)
    session.append_message(user_message("one", 1))
    with pytest.raises(SessionError if isinstance(error, OSError) else PiError, match=words):
        session.append_message(REPLY)
    assert session.messages() == [user_message("one", 1)]
    assert session.leaf_id == rows[0]["id"]


def test_a_copy_is_in_memory():
    rows = []
    session = HostedSession.of("/p", keep=rows.append)
    session.append_message(user_message("one", 1))
    copy = session.clone()
    copy.append_message(user_message("two", 2))
    assert len(rows) == 1
    assert copy.path is None
