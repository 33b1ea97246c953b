"""Putting a conversation together: flags, settings, session, model, tools and prompt to a harness.

    configured = open_configuration(os.environ, "/home/u/app")
    opened = open_conversation(configured, arguments)
    opened.harness.prompt(...)
    opened.close()

Every mode starts here, so that the same flags mean the same everywhere. Nothing is printed: what
the user should know is in `warnings`.
"""

from __future__ import annotations

import os

from pi.auth.apply import authoriser
from pi.client import Client
from pi.errors import UsageError
from pi.harness import Harness, Setup
from pi.models.select import Want, choose, require
from pi.prompt import Parts, build_sections
from pi.request import Options
from pi.resources.context import find_context_files, read_text
from pi.retry import Policy
from pi.runtime import user_agent
from pi.selection import open_session
from pi.text.unicode import clean
from pi.tools.base import declaration
from pi.tools.registry import builtin
from pi.tools.select import ToolFlags, select
from pi.tools.workspace import Workspace
from pi.transcript import Prompt
from pi.transport import Limits, Transport
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pi.configuration import Configuration
    from pi.flags import Arguments
    from pi.models.select import Choice
    from pi.request import Model
    from pi.selection import Opened
    from pi.session import Session
    from pi.settings import Settings
    from pi.tools.base import Tool


class Pictures(Value):
    """How pictures are to be prepared: the model's limits, and the two image settings."""

    limits: Callable[[], Mapping[str, int]]
    resize: bool = True
    block: bool = False


class Conversation(Value):
    """A harness ready for prompts, and what belongs to it; `with` closes it.

    `warnings` are lines for the user, from every step that was taken. `pictures` says how images
    of prompts are to be prepared.
    """

    harness: Harness
    transport: Transport
    choice: Choice
    pictures: Pictures
    warnings: list[str]

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Make the session durable and close the connections."""
        try:
            self.harness.close()
        finally:
            self.transport.close()


def open_conversation(
    configured: Configuration, arguments: Arguments, confirm: Callable[[str], bool]
) -> Conversation | None:
    """Choose session, model, tools and prompt by the flags, and join them.

    `confirm` is asked before a session of another folder is copied into this one; None when it
    says no. Raises UsageError, NoModelError or SessionError, before anything was sent.
    """
    opened = open_session(configured, arguments, confirm)
    if opened is None:
        return None
    try:
        return _joined(configured, arguments, opened)
    except BaseException:
        opened.session.close()
        raise


def _joined(configured: Configuration, arguments: Arguments, opened: Opened) -> Conversation:
    session = opened.session
    choice = _choose_model(configured, arguments, opened)
    model = require(choice, configured.models)
    configured.settings.compaction(f"{model['provider']}/{model['id']}")  # refuses bad numbers
    transport = _transport(configured)
    parts = _Parts(configured, arguments, opened, model, choice.thinking)
    harness = Harness(
        Setup(
            session,
            Client(transport, authoriser(configured.models.keys), limits=_limits(configured)),
            model,
            choice.thinking,
            parts.tools(),
            parts.prompt,
            parts.options,
            retry=_retry_policy(configured.settings),
            steering_mode=configured.settings.get("steeringMode"),
            follow_up_mode=configured.settings.get("followUpMode"),
        )
    )
    parts.harness = harness
    if opened.resumes and arguments.get("thinking") and model.get("reasoning"):
        _record_level(session, choice.thinking)
    notices = [choice.notice] if choice.notice else []
    warnings = [*session.warnings, *choice.warnings, *notices, *parts.warnings]
    return Conversation(harness, transport, choice, parts.pictures(), warnings)


def _choose_model(configured: Configuration, arguments: Arguments, opened: Opened) -> Choice:
    session, resumes = opened.session, opened.resumes
    patterns = arguments.get("models")
    api_key = arguments.get("api-key")
    if api_key is not None and not (arguments.get("model") or patterns):
        raise UsageError("--api-key needs a model to go with: give --model or --models")
    want = Want(
        provider=arguments.get("provider"),
        model=arguments.get("model"),
        models=None if patterns is None else [part.strip() for part in patterns.split(",")],
        thinking=arguments.get("thinking"),
        api_key=api_key,
        resumes=resumes,
        session_model=session.model() if resumes else None,
        session_thinking=session.thinking_level() if resumes else None,
    )
    return choose(want, configured.models, configured.settings)


def _record_level(session: Session, level: str) -> None:
    if session.thinking_level() != level:
        session.append("thinking_level_change", thinkingLevel=level)


def _transport(configured: Configuration) -> Transport:
    proxy = configured.settings.get("httpProxy")
    return Transport(environ=configured.environ, proxy=proxy, user_agent=user_agent())


def _limits(configured: Configuration) -> Limits:
    idle = configured.settings.get("httpIdleTimeoutMs")
    seconds = None if idle in (0, "disabled", None) else idle / 1000
    return Limits(first_byte_s=seconds, idle_s=seconds)


def _retry_policy(found: Settings) -> Policy:
    return Policy(
        enabled=found.get("retry.enabled"),
        max_retries=int(found.get("retry.maxRetries")),
        base_delay_ms=int(found.get("retry.baseDelayMs")),
        max_delay_ms=int(found.get("retry.maxAgentDelayMs")),
        max_requested_ms=int(found.get("retry.provider.maxRetryDelayMs")),
    )


class _Parts:
    """What depends on the conversation: tools, prompt and request options.

    The tools ask for model and level at each use, so that a change takes effect at once.
    """

    def __init__(
        self,
        configured: Configuration,
        arguments: Arguments,
        opened: Opened,
        model: Model,
        thinking: str,
    ) -> None:
        self.harness: Harness | None = None
        self.warnings: list[str] = []
        self._configured = configured
        self._arguments = arguments
        self._session = opened.session
        self._cwd = opened.cwd
        self._start = (model, thinking)
        self._settings = configured.settings
        self._sections = self._section_builder()

    def tools(self) -> dict[str, Tool]:
        """The active tools, bound to the session's folder."""
        available = builtin(self._workspace())
        flags = ToolFlags(
            self._arguments.get("tools"),
            self._arguments.get("exclude-tools"),
            self._arguments.get("no-tools", False),
            self._arguments.get("no-builtin-tools", False),
        )
        layers = [names for _, _, names in self._settings.each("defaultTools")]
        return {name: available[name] for name in select(list(available), flags, layers)}

    def prompt(self, tools: Mapping[str, Tool]) -> Prompt:
        """The prompt to be in force with these tools."""
        active = list(tools.values())
        return Prompt("", self._sections(active), [declaration(tool) for tool in active])

    def pictures(self) -> Pictures:
        """How images of prompts are to be prepared."""
        return Pictures(
            lambda: image_limits(self._current()[0]),
            self._settings.get("images.autoResize"),
            self._settings.get("images.blockImages"),
        )

    def options(self, model: Model, thinking: str) -> Options:
        """How requests of this conversation are made."""
        retention = self._configured.environ.get("PI_CACHE_RETENTION")
        return Options(
            thinking=thinking,
            session_id=self._session.id,
            cache="long" if retention == "long" else "short",
            budgets=self._settings.get("thinkingBudgets"),
        )

    def _workspace(self) -> Workspace:
        return Workspace(
            self._cwd,
            environ=self._configured.environ,
            shell_path=self._settings.get("shellPath"),
            command_prefix=self._settings.get("shellCommandPrefix"),
            session_env=self._session_env,
            can_see_images=lambda: "image" in self._current()[0].get("input", ()),
            image_limits=lambda: image_limits(self._current()[0]),
            auto_resize=lambda: self._settings.get("images.autoResize"),
        )

    def _current(self) -> tuple[Model, str]:
        if self.harness is None:
            return self._start
        return self.harness.model, self.harness.thinking

    def _session_env(self) -> dict[str, str | None]:
        model, thinking = self._current()
        return {
            "PI_SESSION_ID": self._session.id,
            "PI_SESSION_FILE": self._session.path,
            "PI_PROVIDER": model["provider"],
            "PI_MODEL": model["id"],
            "PI_REASONING_LEVEL": thinking,
        }

    def _section_builder(self) -> Callable[[list[Tool]], dict[str, str]]:
        """The prompt's fixed parts, read once; only the tools may change later."""
        arguments, agent_dir, cwd = self._arguments, self._configured.agent_dir, self._cwd
        custom = _text_or_file(arguments.get("system-prompt"), self._configured.cwd)
        if custom is None:
            custom = _file_text(os.path.join(agent_dir, "SYSTEM.md"))
        added = arguments.get("append-system-prompt")
        if added is None:
            text = _file_text(os.path.join(agent_dir, "APPEND_SYSTEM.md"))
            appended = [] if text is None else [text]
        else:
            appended = [_text_or_file(text, self._configured.cwd) for text in added]
        files = []
        if not arguments.get("no-context-files"):
            files, problems = find_context_files(agent_dir, cwd)
            self.warnings += problems
        return lambda tools: build_sections(Parts(cwd, tools, custom, appended, files))


def image_limits(model: Model) -> dict[str, int]:
    """How large an image may be for a model; see `pi.images.DEFAULT_LIMITS`."""
    images = (model.get("inputLimits") or {}).get("images") or {}
    return images.get("resize") or {}


def _text_or_file(value: str | None, cwd: str) -> str | None:
    """A flag's text, or the content of the file of that name if there is one."""
    if not value:
        return None if value is None else ""
    path = os.path.join(cwd, os.path.expanduser(value))
    if "\n" not in value and os.path.isfile(path):
        try:
            return read_text(path)
        except OSError as error:
            raise UsageError(f"Cannot read {path}: {error.strerror}") from None
    return clean(value)


def _file_text(path: str) -> str | None:
    try:
        return read_text(path)
    except OSError:  # there is none, which is the usual case
        return None
