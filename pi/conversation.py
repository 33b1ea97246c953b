"""A conversation as a program holds it: the verbs of `pi.agent.agent`, in the caller's thread.

    conversation.ask("hi").text                  the simple form
    for event in conversation.prompt("hi"): ...  with its events, typed (`pi.events`)
    conversation.steer("only the tests"); conversation.abort()         from anywhere
    conversation.set_model("haiku"); conversation.set_thinking("high")
    conversation.fork(); conversation.snapshot().to_json()

Made by `pi.sdk`. Verbs may be called from any thread, and from within a loop over events.
"""

from __future__ import annotations

import os
from binascii import b2a_base64

from pi.agent.agent import Agent
from pi.agent.prompting import ignore
from pi.agent.reception import INTERACTIVE
from pi.assembly.assembly import Own, join
from pi.assembly.selection import Opened
from pi.errors import UsageError
from pi.events import AgentSettled, Notice
from pi.files import read_bounded, reason
from pi.flags import Arguments
from pi.models.naming import Naming
from pi.models.select import check_usable
from pi.providers.faux import Script, faux_model
from pi.providers.thinking import LEVELS, clamp
from pi.run import Run
from pi.snapshot import is_model, snapshot_of
from pi.text.imagefmt import detect
from pi.tools.function import tool_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pi.errors import PiError
    from pi.messages import Message
    from pi.request import Model
    from pi.run import Answer
    from pi.session import Session
    from pi.snapshot import Snapshot
    from pi.tools.base import Tool

PICTURE_MAX_BYTES = 64 << 20


class Conversation:
    """A conversation; `with` closes it. See the module's head.

    `warnings` are lines for the user from its making; more may be added later.
    """

    def __init__(self, agent: Agent, arguments: Arguments, own: Own) -> None:
        self._agent = agent
        self._arguments = arguments
        self._own = own
        self.warnings: list[str] = [*agent.configured.warnings, *agent.conversation.warnings]

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, reason: str = "startup", previous: str | None = None) -> None:
        """Let extensions learn of the session; done by whoever makes a conversation."""
        self._agent.start(reason, previous)

    def close(self) -> None:
        """Abort what runs, make the session durable, and take no more prompts."""
        self._agent.close()

    # --- prompts ---------------------------------------------------------------------------------

    def prompt(self, message: str, images: Sequence[Any] = ()) -> Run:
        """Start working on a message; iterate the result for its events, or take its `answer()`.

        An image is the path of a file, or a dict with `data` (base64) and `mimeType`. Raises
        PiError where the message cannot be taken, as when another one is being worked on.
        """
        pictures = [_picture(image, self.cwd) for image in images]
        run = Run(self._agent.abort)
        is_started = False

        def accepted(disposition: str) -> None:
            nonlocal is_started
            is_started = True  # what is told from now on is of this run
            if disposition == "handled":  # by an extension; what that began is a run of its own
                undo()
                run.end()

        def see(event: Any) -> None:
            if is_started:
                run.take(event)
                if type(event) is AgentSettled:
                    undo()

        def refused(error: PiError) -> None:
            undo()
            run.fail(error)

        undo = self._agent.subscribe(see)
        try:
            self._agent.prompt(
                message,
                accepted=accepted,
                refused=refused,
                images=pictures,
                source=INTERACTIVE,
            )
        except BaseException:
            undo()
            raise
        return run

    def ask(self, message: str, images: Sequence[Any] = ()) -> Answer:
        """Work on a message to the end and return the answer; `str` of it is its text.

        Raises ProviderError where the model failed, AbortedError, or another PiError.
        """
        return self.prompt(message, images).answer()

    def steer(self, message: str) -> None:
        """Say something to the run in progress: it enters after the answer's tool calls.

        While nothing runs it waits for the next prompt; so does what comes too late.
        """
        self._queue("steer", message)

    def follow_up(self, message: str) -> None:
        """Say something more when the run would stop."""
        self._queue("followUp", message)

    def abort(self) -> None:
        """Stop what runs; returns at once."""
        self._agent.abort()

    def wait(self) -> None:
        """Wait until nothing runs."""
        self._agent.wait()

    @property
    def is_running(self) -> bool:
        """Whether a message is being worked on."""
        return self._agent.is_streaming

    def subscribe(self, subscriber: Callable[[Any], object]) -> Callable[[], None]:
        """Call `subscriber` with each event of all runs, on their thread. Returns the undoing."""
        return self._agent.subscribe(subscriber)

    def compact(self, instructions: str | None = None) -> dict[str, Any]:
        """Put a summary in the place of the older part; see `Harness.compact`. Raises PiError."""
        return self._agent.compaction(instructions)()

    # --- model, thinking, tools ------------------------------------------------------------------

    @property
    def model(self) -> Model:
        """The model in force; read only."""
        return self._agent.harness.model

    def set_model(self, model: str | Model | Script, thinking: str | None = None) -> None:
        """Use another model from the next request on; named as for `--model`, or given.

        Raises NoModelError for a name that fits none or has no key, UsageError for one that fits
        several.
        """
        found, level = self._found(model)
        check_usable(found, self._agent.configured.models)
        wanted = thinking or level or self.thinking
        self._agent.harness.set_model(found, clamp(found, wanted))

    @property
    def thinking(self) -> str:
        """The thinking level in force."""
        return self._agent.harness.thinking

    def set_thinking(self, level: str) -> None:
        """Use another thinking level, or the nearest one the model has. Raises UsageError."""
        if level not in LEVELS:
            raise UsageError(f'"{level}" is no thinking level; levels are {", ".join(LEVELS)}')
        self._agent.harness.set_thinking(clamp(self.model, level))

    @property
    def tools(self) -> list[str]:
        """The names of the active tools."""
        return list(self._agent.harness.tools)

    def available_tools(self) -> list[str]:
        """The names of all tools that `set_tools` takes."""
        return list(self._available())

    def set_tools(self, names: Sequence[str]) -> None:
        """Use exactly these tools from the next prompt on. Raises UsageError for an unknown one."""
        available = self._available()
        for name in names:
            if name not in available:
                raise UsageError(f'there is no tool "{name}"; there are {", ".join(available)}')
        self._agent.harness.tools = {name: available[name] for name in names}

    def add_tool(self, function: Callable[..., Any] | Tool) -> Tool:
        """Let the model call a plain function from the next prompt on; see `pi.tools.function`."""
        tool = tool_of(function)
        self._agent.conversation.toolbox.bring(tool)
        self._agent.harness.tools = {**self._agent.harness.tools, tool.name: tool}
        return tool

    # --- what was said ---------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The session: its entries, its tree, its name."""
        return self._agent.session

    @property
    def cwd(self) -> str:
        """The folder the tools work in."""
        return self._agent.conversation.workspace.cwd

    @property
    def messages(self) -> list[Message]:
        """The messages of the active branch, after compaction."""
        return self.session.messages()

    def stats(self) -> dict[str, Any]:
        """Counts, tokens and cost of the whole session; see `pi.stats`."""
        return self._agent.harness.stats()

    def snapshot(self) -> Snapshot:
        """All that another machine or provider needs to go on, as plain values."""
        return snapshot_of(self.session.context(), self.model, self.thinking)

    def fork(self, before: str | None = None) -> Conversation:
        """A new conversation that begins with a copy of this one; both go on for themselves.

        With `before`, the entry id of a user message (`session.user_messages()`), with what came
        before that. It is kept where this one is: beside its file, or in memory.
        """
        session = self.session
        if before is None and not session.is_begun():
            raise UsageError("there is nothing to fork yet: send a message first")
        forked = session.clone() if before is None else session.branch_before(before)[0]
        harness = self._agent.harness
        brought = self._agent.conversation.toolbox.brought(self.tools)
        own = Own(harness.model, brought, self._own.sections)
        kept = {key: value for key, value in self._arguments.values.items() if key in _FORKED}
        arguments = Arguments({**kept, "thinking": harness.thinking}, [], [], {})
        opened = Opened(forked, self.cwd, forked.is_begun())
        configured = self._agent.configured.apart()
        joined = join(configured, arguments, opened, own=own)
        made = Conversation(Agent(configured, arguments, joined, own), arguments, own)
        made.set_tools([name for name in self.tools if name in made.available_tools()])
        made.begin("fork", session.path)
        return made

    # --- inside ----------------------------------------------------------------------------------

    def _found(self, model: str | Model | Script) -> tuple[Model, str | None]:
        given = given_model(model)
        if given is not None:
            return given, None
        models = self._agent.configured.models
        naming = Naming(models.book, models.keys, text=model)
        found = naming.model()
        self.warnings += naming.warnings
        return found

    def _available(self) -> Mapping[str, Tool]:
        return self._agent.conversation.toolbox.available()

    def _queue(self, behaviour: str, message: str) -> None:
        self._agent.queue(
            behaviour, message, accepted=ignore, refused=self._refuse, source=INTERACTIVE
        )

    def _refuse(self, error: PiError) -> None:
        self._agent.emit(Notice("error", str(error)))


_FORKED = ("system-prompt", "append-system-prompt", "no-context-files")
"""The flags that a fork keeps; the others were about the session, or are in force already."""


def given_model(model: str | Model | Script | None) -> Model | None:
    """The model that is used as it is; None for a name. Raises UsageError for what is neither."""
    if isinstance(model, Script):
        return faux_model(model)
    if model is None or isinstance(model, str):
        return None
    if not is_model(model):
        raise UsageError("a model is a name, a dict with provider, id and api, or a Script")
    return model


def _picture(image: Any, cwd: str) -> dict[str, Any]:
    """An image as a block that is not prepared yet. Raises UsageError for what is none."""
    if isinstance(image, dict):
        if all(isinstance(image.get(key), str) for key in ("data", "mimeType")):
            return image
        raise UsageError("an image needs data (base64) and mimeType, or is the path of a file")
    path = os.path.join(cwd, os.fspath(image))
    try:
        data = read_bounded(path, PICTURE_MAX_BYTES)
    except OSError as error:
        raise UsageError(reason(error, "read the image")) from None
    kind = detect(data)
    if kind is None:
        raise UsageError(f"{path} is no image in a format pi knows")
    return {"type": "image", "data": b2a_base64(data, newline=False).decode(), "mimeType": kind}
