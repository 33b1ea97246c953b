"""What all parts of the host stand on: the face before there is a session, the agent from then on.

host.report(ExtensionFault("/x/guard.py", "tool_call", "TypeError: ..."))
host.obey(command, "its arguments", token)
"""

from __future__ import annotations

from pi.events import ExtensionFault, Notice
from pi.extensions.host import ExtensionError
from pi.extensions.load import unload
from pi.extensions.ui import NoUi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.cancel import CancelToken
    from pi.extensions.extension import Command
    from pi.extensions.nohooks import NoHooks
    from pi.extensions.ui import Ui
    from pi.harness import Harness
    from pi.models.opening import Models
    from pi.resources.discover import Place

CORE = "<runtime>"
"""Stands for an extension's path where it is not known which one it was."""


class Bound:
    """See the module's head. `registry` has the models, `place` is where the extensions were looked
    for, `hooks` is what they are together."""

    place: Place
    hooks: NoHooks
    is_trusted = False

    def __init__(self, enlisting: Any, models: Models) -> None:  # an Enlisting, which makes us
        self._enlisting = enlisting
        self.registry = models
        self._agent: Any = None
        self._conversation: Any = None
        self._user: Ui = enlisting.face.ui or NoUi()
        self.mode = enlisting.face.mode
        self.has_ui = enlisting.face.ui is not None

    def bind(self, agent: Any, conversation: Any) -> None:
        """The session has begun: verbs act on it from now on."""
        self._agent, self._conversation = agent, conversation

    def obey(self, command: Command, arguments: str, token: CancelToken) -> None:
        """Run a command to its end; what goes wrong in it is reported."""
        self.hooks.run_command(command, arguments, token)

    def forget(self) -> None:
        """Let go of the modules of the extensions, which were retired."""
        unload(self.hooks.extensions)

    # --- the port: always there ------------------------------------------------------------------

    def report(self, fault: ExtensionFault) -> None:
        """Tell that an extension failed."""
        self._tell(fault)

    def notice(self, level: str, text: str) -> None:
        """Tell the user a line."""
        self._tell(Notice(level, text))

    def complain(self, event: str, text: str) -> None:
        """Tell what was wrong with an answer that only the conversation could judge."""
        self._tell(ExtensionFault(CORE, event, text))

    def ui(self) -> Ui:
        """The user, as this mode reaches him."""
        return self._user

    def flag(self, name: str) -> Any:
        """What the command line gave for a flag of an extension."""
        return self._enlisting.flags.get(name)

    def cwd(self) -> str:
        """The folder of the session; before there is one, the project's."""
        return self._conversation.workspace.cwd if self._conversation else self.place.project

    def is_project_trusted(self) -> bool:
        """Whether what the project configures counts."""
        return self.is_trusted

    def token(self) -> CancelToken | None:
        """The token of the run in progress."""
        return self._agent.token if self._agent else None

    # --- for the parts ---------------------------------------------------------------------------

    @property
    def agent(self) -> Any:
        """The agent. Raises ExtensionError while there is none."""
        if self._agent is None:
            raise ExtensionError("this is not possible yet: no session has started")
        return self._agent

    @property
    def conversation(self) -> Any:
        """The conversation the extensions belong to. Raises ExtensionError before it is there."""
        if self._conversation is None:
            raise ExtensionError("this is not possible yet: no session has started")
        return self._conversation

    @property
    def harness(self) -> Harness:
        """Its harness."""
        return self.conversation.harness

    def _tell(self, event: Any) -> None:
        if self._agent is None:
            self._enlisting.face.tell(event)
        else:
            self._agent.emit(event)
