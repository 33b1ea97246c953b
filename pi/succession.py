"""Which session comes next: a new one, another file, a copy of this one or of a part of it.

    new_session(agent)
    switch_to(agent, "/home/u/.pi/agent/sessions/.../x.jsonl")
    fork(agent, "a0b1c2d3")          "the text of that user message", to be edited and sent again
    clone(agent)

Each lets the session take over in the agent (`Agent.replace`): what runs is aborted first, and a
failure leaves the old session in place. Model, level and tools of the new conversation follow from
flags, settings and the session, as at the start of the program.
"""

from __future__ import annotations

import os

from pi import paths
from pi.errors import SessionError
from pi.messages import text_of
from pi.selection import Opened
from pi.session import Session
from pi.store.find import check_cwd
from pi.store.format import role_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.agent import Agent


def new_session(agent: Agent, parent: str | None = None) -> None:
    """Go on in a new session of this folder; `parent` is the file it names as its origin."""
    path = agent.session.path
    folder = None if path is None else os.path.dirname(path)
    cwd = agent.conversation.workspace.cwd
    agent.replace(lambda: _opened(agent, Session.create(cwd, folder, parent=parent)))


def switch_to(agent: Agent, path: str) -> None:
    """Go on in the session of a file, in the folder it belongs to; a missing file is a new one.

    Raises SessionError when the file is no session or its folder is gone.
    """
    home = paths.home_dir(agent.configured.environ)
    path = paths.absolute(path, agent.configured.cwd, home)
    agent.replace(lambda: _from_file(agent, path))


def fork(agent: Agent, entry_id: str) -> str:
    """Go on in a copy of what came before a user message; returns that message's text.

    Raises SessionError for an entry that is none.
    """
    entry = agent.session.tree.get(entry_id)
    if entry is None or role_of(entry) != "user":
        raise SessionError(f"{entry_id} is not the id of a user message in this session")
    _branch_off(agent, entry.get("parentId"))
    return text_of(entry["message"])


def clone(agent: Agent) -> None:
    """Go on in a copy of the active branch. Raises SessionError when there is nothing to copy."""
    if agent.session.leaf_id is None:
        raise SessionError("the session is empty: there is nothing to clone")
    _branch_off(agent, agent.session.leaf_id)


def fork_points(agent: Agent) -> list[tuple[str, str]]:
    """What `fork` takes: (entry id, text) of each user message that has text, on any branch."""
    users = (entry for entry in agent.session.entries() if role_of(entry) == "user")
    found = ((entry["id"], text_of(entry["message"])) for entry in users)
    return [(entry_id, words) for entry_id, words in found if words]


def _branch_off(agent: Agent, leaf_id: str | None) -> None:
    session = agent.session
    if session.path is not None and leaf_id is not None and not os.path.exists(session.path):
        raise SessionError("the session is not on disk yet: send a message, then copy it")
    agent.replace(lambda: _opened(agent, session.branch_off(leaf_id)))


def _from_file(agent: Agent, path: str) -> Opened:
    session = Session.open(path, cwd=agent.conversation.workspace.cwd)
    try:
        check_cwd(path, session.cwd)
    except SessionError:
        session.close()
        raise
    return _opened(agent, session, session.cwd)


def _opened(agent: Agent, session: Session, cwd: str | None = None) -> Opened:
    resumes = any(role_of(entry) for entry in session.branch())
    return Opened(session, cwd or agent.conversation.workspace.cwd, resumes)
