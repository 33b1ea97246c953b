"""Which session comes next: a new one, another file, a copy of this one or of a part of it.

    new_session(agent)
    switch_to(agent, "/home/u/.pi/agent/sessions/.../x.jsonl")
    fork(agent, "a0b1c2d3")          "the text of that user message", to be edited and sent again
    clone(agent)

Each lets the session take over in the agent (`Agent.replace`): what runs is aborted first, and a
failure leaves the old session in place. Model, level and tools of the new conversation follow from
flags, settings and the session, as at the start of the program. An extension may refuse; what they
return says whether it was done.
"""

from __future__ import annotations

import os

from pi import paths
from pi.assembly.selection import Opened
from pi.errors import SessionError
from pi.messages import text_of
from pi.session import Session
from pi.store.find import check_cwd
from pi.store.format import role_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.agent.agent import Agent


def new_session(
    agent: Agent,
    parent: str | None = None,
    setup: Callable[[Session], object] | None = None,
) -> bool:
    """Go on in a new session of this folder; `parent` is the file it names as its origin.

    `setup` may add to it before anybody sees it.
    """
    if _is_refused(agent, "session_before_switch", reason="new"):
        return False
    path = agent.session.path
    folder = None if path is None else os.path.dirname(path)
    cwd = agent.conversation.workspace.cwd
    agent.replace(lambda: _opened(agent, Session.create(cwd, folder, parent=parent)), "new", setup)
    return True


def switch_to(agent: Agent, path: str) -> bool:
    """Go on in the session of a file, in the folder it belongs to; a missing file is a new one.

    Raises SessionError when the file is no session or its folder is gone.
    """
    home = paths.home_dir(agent.configured.environ)
    path = paths.absolute(path, agent.configured.cwd, home)
    if _is_refused(agent, "session_before_switch", reason="resume", target_session_file=path):
        return False
    agent.replace(lambda: _from_file(agent, path), "resume")
    return True


def fork(agent: Agent, entry_id: str) -> str | None:
    """Go on in a copy of what came before a user message; returns that message's text, None when
    an extension refused.

    Raises SessionError for an entry that is none.
    """
    entry = agent.session.tree.get(entry_id)
    if entry is None or role_of(entry) != "user":
        raise SessionError(f"{entry_id} is not the id of a user message in this session")
    if _is_refused(agent, "session_before_fork", entry_id=entry_id, position="before"):
        return None
    _branch_off(agent, entry.get("parentId"))
    return text_of(entry["message"])


def clone(agent: Agent, leaf_id: str | None = None) -> bool:
    """Go on in a copy of the active branch, or of the one that ends at `leaf_id`.

    Raises SessionError when there is nothing to copy.
    """
    leaf_id = leaf_id or agent.session.leaf_id
    if leaf_id is None:
        raise SessionError("the session is empty: there is nothing to clone")
    if _is_refused(agent, "session_before_fork", entry_id=leaf_id, position="at"):
        return False
    _branch_off(agent, leaf_id)
    return True


def fork_points(agent: Agent) -> list[tuple[str, str]]:
    """What `fork` takes: (entry id, text) of each user message that has text, on any branch."""
    return agent.session.user_messages()


def _branch_off(agent: Agent, leaf_id: str | None) -> None:
    session = agent.session
    if session.path is not None and leaf_id is not None and not os.path.exists(session.path):
        raise SessionError("the session is not on disk yet: send a message, then copy it")
    agent.replace(lambda: _opened(agent, session.branch_off(leaf_id)), "fork")


def _is_refused(agent: Agent, event: str, **fields: Any) -> bool:
    """Whether an extension keeps the session from being left."""
    if not agent.hooks.wants(event):
        return False
    answers: list[Any] = []
    agent.errands.run(
        lambda errand: answers.append(agent.hooks.fire(event, errand.token, **fields).cancel)
    )
    return bool(answers[0])


def _from_file(agent: Agent, path: str) -> Opened:
    session = Session.open(path, cwd=agent.conversation.workspace.cwd)
    try:
        check_cwd(path, session.cwd)
    except SessionError:
        session.close()
        raise
    return _opened(agent, session, session.cwd)


def _opened(agent: Agent, session: Session, cwd: str | None = None) -> Opened:
    return Opened(session, cwd or agent.conversation.workspace.cwd, session.is_begun())
