"""pi from Python: make or take up a conversation, prompt it, read its events, steer it.

    import pi

    with pi.create(model="sonnet") as conversation:
        print(conversation.ask("What is in this folder?"))
        for event in conversation.prompt("Add a test for it"): ...     typed: `pi.events`

create         a new conversation, which may begin with a snapshot
open           one that has a file, by path, id or the beginning of an id
resume         the latest of a folder, or a new one
fork           a copy of one that has a file

They all take the wishes (`Wishes`) by name. What is not wished for follows from the user's settings
and keys, as on the command line; nothing is printed, and `conversation.warnings` has what the user
should know. Everything that goes wrong is a `PiError`, whose text is one line for a user.
"""

from __future__ import annotations

import os

from pi.agent.agent import Agent
from pi.assembly.assembly import Own, join
from pi.assembly.configuration import open_configuration
from pi.assembly.enlist import Enlisting, Face
from pi.assembly.selection import Opened, open_session
from pi.conversation import Conversation, given_model
from pi.errors import UsageError
from pi.events import ExtensionFault
from pi.flags import Arguments
from pi.hosting import host_of
from pi.resources.trust import APPROVE, NO_APPROVE
from pi.tools.function import tool_of
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pi.assembly.configuration import Configuration
    from pi.providers.faux import Script
    from pi.request import Model
    from pi.session import Session
    from pi.snapshot import Snapshot
    from pi.tools.base import Tool


class Wishes(Value):
    """What may be wished for when a conversation is made; all of it by name, none of it needed.

    cwd             the folder to work in; else the process's
    model           a name as for `--model`, a catalogue entry (a dict), or a `Script`
    thinking        off, minimal, low, medium, high, xhigh or max
    tools           names of built-in tools, exactly these; else those of settings or session
    functions       own tools: plain functions (`pi.tools.function`) or `Tool` values
    system_prompt   in place of pi's own, text or the name of a file
    instructions    added to the prompt, likewise
    context_files   whether AGENTS.md and the like are read
    trust           whether the project's settings and resources count; else as the user decided
    keep            False: nothing is kept on the disk
    session         an own store: `HostedSession`, or an object with the methods of `Session`
    session_id      for `create`: go on with the session of this id, or make it
    session_dir     where sessions are kept and looked for
    name            the display name of the session
    snapshot        for `create`: what the conversation begins with; its prompt, its tools and
                    the model of its name hold where nothing else is wished for
    extensions      functions `extend(pi)`, or paths of extensions, for this conversation
    found_extensions  True: those of the user, and of the project if it is trusted, take part too
    api_key         a key for the model, for this conversation alone
    environ         the environment to take keys and folders from; else the process's
    """

    cwd: str | None = None
    model: str | Model | Script | None = None
    thinking: str | None = None
    tools: Sequence[str] | None = None
    functions: Sequence[Callable[..., Any] | Tool] = ()
    system_prompt: str | None = None
    instructions: str | None = None
    context_files: bool = True
    trust: bool | None = None
    keep: bool = True
    session: Session | None = None
    session_id: str | None = None
    session_dir: str | None = None
    name: str | None = None
    snapshot: Snapshot | None = None
    extensions: Sequence[Callable[..., Any] | str] = ()
    found_extensions: bool = False
    api_key: str | None = None
    environ: Mapping[str, str] | None = None


def create(**wishes: Any) -> Conversation:
    """A new conversation; with `session` or `session_id`, perhaps one that goes on.

    Raises UsageError, NoModelError or SessionError, before anything was sent; TypeError for a wish
    that does not exist.
    """
    return _opened(Wishes(**wishes), {})


def open(reference: str, **wishes: Any) -> Conversation:  # noqa: A001 - it is called as pi.open
    """The conversation of a file; a path, an id, or the beginning of an id. Raises as `create`."""
    return _opened(_of_file("open", wishes), {"session": reference})


def resume(**wishes: Any) -> Conversation:
    """The latest conversation of the folder, or a new one. Raises as `create`."""
    return _opened(_of_file("resume", wishes), {"continue": True})


def fork(reference: str, **wishes: Any) -> Conversation:
    """A copy of the conversation of a file, which stays as it is. Raises as `create`."""
    return _opened(_of_file("fork", wishes), {"fork": reference})


def _of_file(verb: str, wishes: dict[str, Any]) -> Wishes:
    for name in ("session", "snapshot"):
        if wishes.get(name) is not None:
            raise UsageError(f"pi.{verb} takes no {name}: pi.create does")
    return Wishes(**wishes)


def _opened(wishes: Wishes, choice: dict[str, Any]) -> Conversation:
    early: list[Any] = []  # what extensions tell before there is a conversation
    configured = _configuration(wishes, early.append)
    arguments = _arguments(wishes, choice)
    own = Own(given_model(wishes.model), _functions(wishes), _sections(wishes))
    opened = _session(configured, arguments, wishes)
    joined = join(configured, arguments, opened, own=own)
    conversation = Conversation(Agent(configured, arguments, joined, own), arguments, own)
    try:
        conversation.warnings += map(_line, early)
        conversation.begin()
        _check_tools(wishes, conversation)
    except BaseException:
        conversation.close()
        raise
    return conversation


def _line(event: Any) -> str:
    if isinstance(event, ExtensionFault):
        return f"{event.path}: {event.event}: {event.error}"
    return event.text


def _configuration(wishes: Wishes, tell: Callable[[Any], object]) -> Configuration:
    environ = os.environ if wishes.environ is None else wishes.environ
    cwd = os.fspath(wishes.cwd or "")
    if not os.path.isdir(cwd or "."):
        raise UsageError(f"there is no folder {cwd or '(it was deleted)'} to work in")
    own = {**environ, "AI_AGENT": "pi", "PI_CODING_AGENT": "true"}
    approval = None
    if wishes.trust is not None:
        approval = APPROVE if wishes.trust else NO_APPROVE
    return open_configuration(own, os.path.abspath(cwd), approval, _enlisting(wishes, tell))


def _enlisting(wishes: Wishes, tell: Callable[[Any], object]) -> Enlisting | None:
    """How extensions come in; None where there are to be none."""
    given = wishes.extensions
    if isinstance(given, str) or callable(given):
        raise UsageError("extensions is a list, of functions and paths")
    if not given and not wishes.found_extensions:
        return None
    return Enlisting(
        Face("print", tell=tell),
        host_of,
        [os.fspath(each) for each in given if not callable(each)],
        is_closed=not wishes.found_extensions,
        functions=[each for each in given if callable(each)],
    )


def _arguments(wishes: Wishes, choice: dict[str, Any]) -> Arguments:
    """The wishes as the flags they are on the command line. Raises UsageError."""
    if isinstance(wishes.tools, str):
        raise UsageError(f'tools is a list of names, not a text: ["{wishes.tools}"]')
    values = {
        **choice,
        **_of_snapshot(wishes.snapshot),
        **({} if wishes.model is None else {"model": wishes.model}),
        **({} if wishes.thinking is None else {"thinking": wishes.thinking}),
        "tools": ",".join(wishes.tools) if wishes.tools else None,
        "no-tools": wishes.tools is not None,
        "system-prompt": wishes.system_prompt,
        "append-system-prompt": None if wishes.instructions is None else [wishes.instructions],
        "no-context-files": not wishes.context_files,
        "no-session": not wishes.keep,
        "session-id": wishes.session_id,
        "session-dir": wishes.session_dir,
        "name": wishes.name,
        "api-key": wishes.api_key,
    }
    given = {name: value for name, value in values.items() if value not in (None, False)}
    if not isinstance(given.get("model"), str):
        given.pop("model", None)  # it is used as it is, see `given_model`
    return Arguments(given, [], [], {})


def _of_snapshot(snapshot: Snapshot | None) -> dict[str, Any]:
    """What a snapshot wishes for. Its model is looked up by name: what it says about addresses
    and headers comes from elsewhere, and must not decide where a key of this machine is sent."""
    if snapshot is None:
        return {}
    model = snapshot.model
    name = f"{model['provider']}/{model['id']}" if model else None
    return {"thinking": snapshot.thinking, "model": name}


def _functions(wishes: Wishes) -> tuple[Tool, ...]:
    tools = tuple(tool_of(function) for function in wishes.functions)
    names = [tool.name for tool in tools]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f'two functions are called "{name}": give one another name')
    return tools


def _session(configured: Configuration, arguments: Arguments, wishes: Wishes) -> Opened:
    if wishes.session is not None:
        opened = Opened(wishes.session, configured.cwd, wishes.session.is_begun())
    else:
        opened = open_session(configured, arguments, _refuse)
    if wishes.snapshot is None:
        return opened
    if opened.resumes:
        opened.session.close()
        raise UsageError("a snapshot is for a new session, and this one has messages already")
    for message in wishes.snapshot.history():
        opened.session.append_message(message)
    return Opened(opened.session, opened.cwd, opened.session.is_begun())


def _refuse(question: str) -> bool:
    """The answer to whether a session of another folder is to be copied into this one."""
    about = question.partition("\n")[0]
    raise UsageError(f"{about}; give that as cwd, or copy the session with pi.fork")


def _sections(wishes: Wishes) -> Mapping[str, str] | None:
    if wishes.snapshot is None or wishes.system_prompt is not None:
        return None
    return wishes.snapshot.sections or None


def _check_tools(wishes: Wishes, conversation: Conversation) -> None:
    """Tell of tools that are not to be had: raise for a wished one, warn of a snapshot's."""
    for name in wishes.tools or ():
        if name.isidentifier() and name not in conversation.tools:
            known = ", ".join(conversation.available_tools())
            raise UsageError(f'there is no tool "{name}"; there are {known}')
    if wishes.snapshot is not None and wishes.tools is None:
        conversation.warnings += [
            f'the snapshot\'s tool "{tool["name"]}" is not here: give it as a function'
            for tool in wishes.snapshot.tools
            if tool["name"] not in conversation.tools
        ]
