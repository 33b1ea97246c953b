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

from pi.assembly.briefing import Briefing
from pi.assembly.selection import open_session
from pi.assembly.toolbox import Toolbox
from pi.auth.apply import authoriser, locator
from pi.client import Client
from pi.course.promptcut import PromptCut
from pi.course.state import Setup
from pi.course.summariser import open_summariser
from pi.errors import UsageError
from pi.extensions.nohooks import NO_HOOKS
from pi.harness import Harness
from pi.messages import image
from pi.models.select import NO_MODEL, Want, choose, require
from pi.prompt import build_sections
from pi.promptoptions import options_of, parts_with
from pi.request import Options
from pi.retry import Policy
from pi.routing import RoutedClient
from pi.runtime import user_agent
from pi.tools.base import declaration
from pi.tools.select import ToolFlags
from pi.tools.workspace import Workspace
from pi.transcript import Prompt, replay
from pi.transport import Limits, Transport
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.assembly.configuration import Configuration
    from pi.assembly.enlist import Crew
    from pi.assembly.selection import Opened
    from pi.extensions.extension import Command
    from pi.extensions.nohooks import NoHooks
    from pi.flags import Arguments
    from pi.models.select import Choice
    from pi.request import Model
    from pi.session import Session
    from pi.settings import Settings
    from pi.tools.base import Tool


class Pictures(Value):
    """How pictures are to be prepared: the model's limits, and the two image settings."""

    limits: Callable[[], Mapping[str, int]]
    resize: bool = True
    block: bool = False

    def prepared(self, data: bytes, mime_type: str) -> tuple[list[Any], list[str]]:
        """A picture as (image blocks: one or none, what was done to it: one line or none)."""
        if self.block:
            return [], ["[Image left out: the setting images.blockImages is on.]"]
        from pi.images import prepare_image  # noqa: PLC0415 - only for pictures

        made = prepare_image(data, mime_type, self.limits(), resize=self.resize)
        blocks = [] if made.data is None else [image(made.data, made.mime_type)]
        return blocks, [made.note] if made.note else []


class Own(Value):
    """What a program that uses pi as a library brings along, in place of what would be chosen.

    `model` is used as it is. `tools` are active beside the chosen ones; one with the name of a
    built-in tool takes its place. `sections` are the whole prompt but for `cwd`.
    """

    model: Model | None = None
    tools: tuple[Tool, ...] = ()
    sections: Mapping[str, str] | None = None


NOTHING_OWN = Own()


class Conversation(Value):
    """A harness ready for prompts, and what belongs to it; `with` closes it.

    `warnings` are lines for the user, from every step that was taken. `pictures` says how images
    of prompts are to be prepared; `workspace` is where the tools and the user's own commands work.
    `briefing` has what a prompt may call, and `toolbox` all tools. `hooks` are the extensions and
    `host` is what they reach the program by; None where there are none.
    """

    harness: Harness
    transport: Transport
    choice: Choice
    pictures: Pictures
    workspace: Workspace
    warnings: list[str]
    briefing: Briefing
    toolbox: Toolbox
    hooks: NoHooks = NO_HOOKS
    host: Any = None

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def expand(self, typed: str) -> str:
        """The prompt that the user's text stands for. Raises PiError."""
        return self.briefing.library.expand(typed)

    def commands(self) -> list[dict[str, Any]]:
        """What can be typed after a slash: `{"name", "description"?, "source", "sourceInfo"}`;
        commands of extensions come first."""
        return [*map(_listed, self.hooks.commands()), *self.briefing.library.commands()]

    def close(self) -> None:
        """Make the session durable and close the connections."""
        try:
            self.harness.close()
        finally:
            self.transport.close()


def open_conversation(
    configured: Configuration,
    arguments: Arguments,
    confirm: Callable[[str], bool],
    *,
    needs_model: bool = True,
) -> Conversation | None:
    """Choose session, model, tools and prompt by the flags, and join them.

    `confirm` is asked before a session of another folder is copied into this one; None when it
    says no. `needs_model` as for `join`. Raises UsageError, NoModelError or SessionError, before
    anything was sent.
    """
    opened = open_session(configured, arguments, confirm)
    if opened is None:
        return None
    return join(configured, arguments, opened, needs_model=needs_model)


def join(
    configured: Configuration,
    arguments: Arguments,
    opened: Opened,
    *,
    needs_model: bool = True,
    own: Own = NOTHING_OWN,
) -> Conversation:
    """A conversation that goes on in a session that was opened, which it then owns.

    Unless it `needs_model`, it may have none that can be used (`NO_MODEL`, or no credentials).
    Raises UsageError or NoModelError; the session is closed then.
    """
    try:
        return joined(configured, arguments, opened, needs_model=needs_model, own=own)
    except BaseException:
        opened.session.close()
        raise


def joined(
    configured: Configuration,
    arguments: Arguments,
    opened: Opened,
    *,
    needs_model: bool = True,
    own: Own = NOTHING_OWN,
) -> Conversation:
    """The same, for a session that stays open when there is an error."""
    here, configured = configured, configured.in_project(opened.cwd)
    crew = configured.crew()
    remarks = [] if configured is here else list(configured.settings.warnings)
    session = opened.session
    choice = _choose_model(configured, arguments, opened, own)
    model = require(choice, configured.models) if needs_model else choice.model or NO_MODEL
    configured.settings.compaction(f"{model['provider']}/{model['id']}")  # refuses bad numbers
    summariser, about_summaries = open_summariser(configured.models, configured.settings)
    remarks += [*configured.trust.remarks(), *about_summaries]
    transport = _transport(configured)
    parts = _Parts(configured, arguments, opened, (model, choice.thinking), own, crew.hooks)
    setup = _setup(configured, parts, crew, _client(configured, transport))
    harness = Harness(replace(setup, summariser=summariser))
    parts.harness = harness
    harness.subscribe(PromptCut(harness, _served_now).see)
    if opened.resumes and arguments.get("thinking") and model.get("reasoning"):
        _record_level(session, choice.thinking)
    notices = [choice.notice] if choice.notice else []
    remarks += [*parts.briefing.warnings, *crew.warnings()]
    warnings = [*session.warnings, *choice.warnings, *notices, *remarks]
    return Conversation(
        harness,
        transport,
        choice,
        parts.pictures(),
        parts.workspace,
        warnings,
        parts.briefing,
        parts.toolbox,
        crew.hooks,
        crew.host,
    )


def _setup(configured: Configuration, parts: _Parts, crew: Crew, client: RoutedClient) -> Setup:
    """What the harness is made of, by the settings and with the extensions."""
    settings = configured.settings
    model, thinking = parts.start
    return Setup(
        parts.session,
        client,
        model,
        thinking,
        parts.tools(),
        parts.prompt,
        parts.options,
        retry=_retry_policy(settings),
        auto_compaction=settings.get("compaction.enabled"),
        compaction=lambda m: settings.compaction(f"{m['provider']}/{m['id']}"),
        branch_reserve_tokens=settings.get("branchSummary.reserveTokens"),
        measured=configured.models.measured,
        hooks=crew.hooks,
        report=None if crew.host is None else crew.host.complain,
        prompt_options=parts.prompt_options,
        available=parts.toolbox.available,
        steering_mode=settings.get("steeringMode"),
        follow_up_mode=settings.get("followUpMode"),
    )


def _listed(command: Command) -> dict[str, Any]:
    told = {"description": command.description} if command.description else {}
    origin = {"source": "extension", "sourceInfo": command.extension.info()}
    return {"name": command.name, **told, **origin}


def _served_now(model: Model) -> Model:
    """A local model with the window its server has now."""
    from pi.models import local  # noqa: PLC0415 - only after an answer of a local server

    return local.refreshed(model, os.environ)


def _choose_model(
    configured: Configuration, arguments: Arguments, opened: Opened, own: Own
) -> Choice:
    session, resumes = opened.session, opened.resumes
    patterns = arguments.get("models")
    api_key = arguments.get("api-key")
    if api_key is not None and not (arguments.get("model") or patterns or own.model):
        raise UsageError("--api-key needs a model to go with: give --model or --models")
    want = Want(
        provider=arguments.get("provider"),
        model=arguments.get("model"),
        models=None if patterns is None else [part.strip() for part in patterns.split(",")],
        thinking=arguments.get("thinking"),
        api_key=api_key,
        resumes=resumes,
        session_model=session.model() if resumes else None,
        session_choice=session.chosen_model()
        if resumes and configured.models.extra.names()
        else None,
        session_thinking=session.thinking_level() if resumes else None,
        given=own.model,
    )
    return choose(want, configured.models, configured.settings)


def _record_level(session: Session, level: str) -> None:
    if session.thinking_level() != level:
        session.append("thinking_level_change", thinkingLevel=level)


def _client(configured: Configuration, transport: Transport) -> RoutedClient:
    keys = configured.models.keys
    limits = _limits(configured)
    client = Client(transport, authoriser(keys, transport), locate=locator(keys), limits=limits)
    client.codec_of = configured.models.codec_of
    return RoutedClient(client, configured.models.route)


def _transport(configured: Configuration) -> Transport:
    proxy = configured.settings.get("httpProxy")
    return Transport(environ=configured.environ, proxy=proxy, user_agent=user_agent())


def _limits(configured: Configuration) -> Limits:
    idle = configured.settings.get("httpIdleTimeoutMs")
    seconds = None if idle in (0, "disabled", None) else idle / 1000
    is_usual = configured.settings.source_of("httpIdleTimeoutMs") == "default"
    return Limits(first_byte_s=seconds, idle_s=seconds, is_patient=is_usual)


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
        start: tuple[Model, str],
        own: Own,
        hooks: NoHooks,
    ) -> None:
        self.harness: Harness | None = None
        self._configured = configured
        self._arguments = arguments
        self.session = opened.session
        self._cwd = opened.cwd
        self.start = start
        self._own = own
        self._settings = configured.settings
        self.briefing = Briefing(configured, arguments, opened.cwd)
        self.workspace = self._workspace()
        self.toolbox = self._toolbox(hooks)

    def tools(self) -> dict[str, Tool]:
        """The active tools, bound to the session's folder."""
        return self.toolbox.initial(self._tools_before())

    def _toolbox(self, hooks: NoHooks) -> Toolbox:
        flags = ToolFlags(
            self._arguments.get("tools"),
            self._arguments.get("exclude-tools"),
            self._arguments.get("no-tools", False),
            self._arguments.get("no-builtin-tools", False),
        )
        layers = [names for _, _, names in self._settings.each("defaultTools")]
        return Toolbox(self.workspace, flags, layers, hooks, self._own.tools)

    def _tools_before(self) -> list[str] | None:
        """The tools in force where the session goes on; None where it says nothing about them."""
        messages = self.session.context()
        if not any(message["role"] == "system" for message in messages):
            return None
        return [tool["name"] for tool in replay(messages).tools]

    def prompt(self, tools: Mapping[str, Tool], options: dict[str, Any] | None = None) -> Prompt:
        """The prompt to be in force with these tools; `options` is what an extension made of
        `prompt_options`."""
        active = list(tools.values())
        told = self.briefing.parts(active)
        sections = build_sections(told if options is None else parts_with(told, options, active))
        if self._own.sections is not None:
            sections = {**self._own.sections, "cwd": sections["cwd"]}
        return Prompt("", sections, [declaration(tool) for tool in active])

    def prompt_options(self, tools: Mapping[str, Tool]) -> dict[str, Any]:
        """What the prompt is made of, as extensions see it."""
        return options_of(self.briefing.parts(list(tools.values())), self.toolbox.available())

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
            session_id=self.session.id,
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
            return self.start
        return self.harness.model, self.harness.thinking

    def _session_env(self) -> dict[str, str | None]:
        model, thinking = self._current()
        return {
            "PI_SESSION_ID": self.session.id,
            "PI_SESSION_FILE": self.session.path,
            "PI_PROVIDER": model["provider"],
            "PI_MODEL": model["id"],
            "PI_REASONING_LEVEL": thinking,
        }


def image_limits(model: Model) -> dict[str, int]:
    """How large an image may be for a model; see `pi.images.DEFAULT_LIMITS`."""
    images = (model.get("inputLimits") or {}).get("images") or {}
    return images.get("resize") or {}
