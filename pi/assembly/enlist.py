"""How extensions come into a conversation: found, asked about trust, loaded.

    enlisting = Enlisting(Face("rpc", dialogs), host_of, ["./guard.py"])
    configured = open_configuration(environ, cwd, enlisting=enlisting)
    crew = configured.crew()
    crew.hooks.wants("tool_call"); crew.warnings()

A conversation has extensions of its own (`Crew`); another one, or a reload, loads them anew. They
come in two stages, since those of the user may decide whether the project is trusted:

    1  named on the command line, the user's        asked by `project_trust`, if that is open
    2  the project's, if it is trusted

They are at work in the order: command line, project, user. What they register for models counts
before a model is chosen. Without any, nothing of `pi.extensions` is loaded but `nohooks`.
"""

from __future__ import annotations

import os

from pi.errors import PiError
from pi.extensions.nohooks import NO_HOOKS
from pi.resources import trust
from pi.resources.discover import EXTENSIONS, discover
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TextIO

    from pi.cancel import CancelToken
    from pi.extensions.extension import Extension
    from pi.extensions.nohooks import NoHooks
    from pi.extensions.ui import Ui
    from pi.models.opening import Models
    from pi.resources.discover import Found, Place

_ORDER = ("temporary", "project", "user")
"""The scopes in the order in which their extensions are at work."""


class Face(Value):
    """How pi is used, as extensions see it.

    `mode` is tui, rpc, json or print. `ui` is what reaches the user, None: nobody is there. `tell`
    gets the events there are before a session is. `stream` is where it is told what installing
    packages takes.
    """

    mode: str = "print"
    ui: Ui | None = None
    tell: Callable[[Any], object] = lambda event: None
    stream: TextIO | None = None


class Crew(Value):
    """The extensions of one conversation; `problems` are of those that could not be loaded."""

    hooks: NoHooks
    host: Any  # what `host_of` made; None: there are none
    problems: Sequence[str] = ()

    def warnings(self) -> list[str]:
        """Lines for the user."""
        return list(self.problems)


NO_CREW = Crew(NO_HOOKS, None)


class Enlisting:
    """Which extensions a process takes; see the module's head.

    `host_of` makes what extensions reach the program by (`pi.hosting`). `named` are paths and
    packages of the command line, `functions` those of a program; `is_closed` leaves all others out.
    When `token` fires, loading is not waited for. `flags` are the values of their own flags, as
    soon as they are known.
    """

    def __init__(
        self,
        face: Face,
        host_of: Callable[[Enlisting, Models], Any],
        named: Sequence[str] = (),
        *,
        is_closed: bool = False,
        functions: Sequence[Callable[..., Any]] = (),
        token: CancelToken | None = None,
    ) -> None:
        self.face = face
        self.host_of = host_of
        self.named = named
        self.is_closed = is_closed
        self.functions = functions
        self.token = token
        self.flags: Mapping[str, Any] = {}
        self.answers: dict[str, bool | None] = {}  # of extensions, about trusting a project

    def muster(self, models: Models) -> Muster:
        """What will be the extensions of a conversation, with these models."""
        return Muster(self, models)


class Muster:
    """The extensions of one conversation while they come in."""

    def __init__(self, enlisting: Enlisting, models: Models) -> None:
        self._enlisting = enlisting
        self._models = models
        self._host: Any = None
        self._loaded: dict[str, Extension | None] = {}  # by path; None: it could not be loaded
        self._own: list[Extension] = []  # functions of the program
        self._bus: Any = None
        self._found: list[Found] = []
        self._problems: list[str] = []
        self._crew: Crew | None = None

    def trusts(self, place: Place) -> bool | None:
        """What extensions say about trusting the project of `place`; None: nothing."""
        project = os.path.realpath(place.project)
        answers = self._enlisting.answers
        if project not in answers:
            answers[project] = self._asked(place)
        return answers[project]

    def crew(self, place: Place) -> Crew:
        """The extensions of a conversation in the project of a place."""
        if self._crew is None:
            self._load(place)
            self._crew = self._joined(place)
        return self._crew

    # --- inside ----------------------------------------------------------------------------------

    def _load(self, place: Place) -> None:
        """Load what is found, and was not before."""
        enlisting = self._enlisting
        found, problems = discover(EXTENSIONS, place, (), is_closed=enlisting.is_closed)
        self._problems += (line for line in problems if line not in self._problems)
        self._found = sorted(found, key=lambda each: _ORDER.index(each.scope))
        new = [each for each in self._found if each.path not in self._loaded]
        functions = [] if self._host else list(enlisting.functions)
        if not new and not functions:
            return
        from pi.extensions.bus import Bus  # noqa: PLC0415 - only with extensions
        from pi.extensions.load import load  # noqa: PLC0415

        host = self._hosted(place)
        self._bus = self._bus or Bus(host)
        cache = os.path.join(place.agent_dir, "cache", "bytecode")
        loaded = load(new, host, token=enlisting.token, bus=self._bus, cache=cache)
        self._loaded.update({each.path: None for each in new})
        self._loaded.update({each.path: each for each in loaded.extensions})
        self._problems += loaded.problems
        for function in functions:
            self._take(function)

    def _take(self, function: Callable[..., Any]) -> None:
        """Let a function of the program be an extension. What it raises is the program's."""
        from pi.extensions.api import Api  # noqa: PLC0415 - only with extensions
        from pi.extensions.context import Context  # noqa: PLC0415
        from pi.extensions.extension import Extension  # noqa: PLC0415
        from pi.extensions.host import Line  # noqa: PLC0415

        code = getattr(function, "__code__", None)
        extension = Extension(code.co_filename if code else repr(function), Line(self._host))
        extension.context = Context(extension)
        function(Api(extension, self._bus))
        extension.line.is_loading = False
        self._own.append(extension)

    def _hosted(self, place: Place) -> Any:
        if self._host is None:
            self._host = self._enlisting.host_of(self._enlisting, self._models)
        self._host.place = place
        return self._host

    def _extensions(self) -> list[Extension]:
        loaded = (self._loaded.get(each.path) for each in self._found)
        return [*self._own, *(extension for extension in loaded if extension is not None)]

    def _joined(self, place: Place) -> Crew:
        extensions = self._extensions()
        if not extensions or self._host is None:
            return Crew(NO_HOOKS, None, self._problems) if self._problems else NO_CREW
        from pi.extensions.runner import Runner  # noqa: PLC0415 - only with extensions

        runner = Runner(extensions, self._host)
        self._host.is_trusted = place.is_trusted
        self._host.hooks = runner
        for path, line in runner.conflicts():
            self._problems.append(f"{shown(path)}: {line}; the first one counts")
        self._register(extensions)
        return Crew(runner, self._host, self._problems)

    def _register(self, extensions: Sequence[Extension]) -> None:
        """Let the models know of the providers and virtual models that were registered."""
        extra = self._models.extra
        extra.clear()
        for extension in extensions:
            path = extension.path
            for name, config in extension.providers:
                self._try(path, extra.register_provider, name, config)
            for model in extension.virtual_models:
                self._try(path, extra.register_virtual_model, model)

    def _try(self, path: str, register: Callable[..., object], *registered: Any) -> None:
        try:
            register(*registered, source=path)
        except PiError as error:
            line = str(error)
            self._problems.append(line if line.startswith(path) else f"{shown(path)}: {line}")

    def _asked(self, place: Place) -> bool | None:
        """Load what does not depend on the project, and ask it."""
        self._load(place)
        extensions = self._extensions()
        if not any("project_trust" in extension.handlers for extension in extensions):
            return None
        from pi.extensions.runner import Runner  # noqa: PLC0415 - only with extensions

        event = Runner(extensions, self._hosted(place)).fire(
            "project_trust", self._enlisting.token, cwd=place.project
        )
        if event.trusted not in ("yes", "no"):
            return None
        answer = event.trusted == "yes"
        if event.remember:
            self._remember(place, answer)
        return answer

    def _remember(self, place: Place, answer: bool) -> None:
        try:
            trust.keep(place.agent_dir, {place.project: answer})
        except PiError as error:
            self._problems.append(f"the decision about trust is not kept: {error}")
