"""How a run begins, and the prompt that is in force while it goes on.

    opening = Opening(setup, harness, token)
    opening.messages(user_message)     what the run adds first: a system message where the prompt
                                       changed, the user's, those of extensions
    opening.preface()                  a system message where the tools changed since
    opening.forced(messages)           the messages with the prompt an extension imposed

The handlers of before_agent_start may add messages, change what the prompt is made of (the session
then records the sections that changed) and which tools are active, or impose a prompt for this run
(which goes to the provider alone).
"""

from __future__ import annotations

from pi.messages import blocks_of, system_message, text_of
from pi.transcript import difference, render, replay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.cancel import CancelToken
    from pi.course.state import Setup
    from pi.extensions.event import Event
    from pi.messages import Message
    from pi.tools.base import Tool
    from pi.transcript import Prompt

    Tools = Mapping[str, Tool]

HOOK = "before_agent_start"


class Opening:
    """The beginning of one run, and its prompt; see the module's head."""

    def __init__(self, setup: Setup, harness: Any, token: CancelToken) -> None:
        self._setup = setup
        self._harness = harness  # a Harness: its tools, and where to report
        self._token = token
        self._options: dict[str, Any] | None = None  # what a handler made of them
        self._asking: dict[str, Any] | None = None  # what handlers are making of them
        self._imposed: str | None = None
        self._known: Tools | None = None  # the tools that the conversation was told of

    def messages(self, first: Message, later: list[Message]) -> list[Message]:
        """What a run begins with, `first` being the message that starts it, `later` those that
        waited for it."""
        added = self._asked(first) if self._setup.hooks.wants(HOOK) else []
        return [*self._change(), first, *later, *added]

    def preface(self) -> list[Message]:
        """What a further turn begins with: nothing, unless the tools are others than before."""
        return [] if self._harness.tools is self._known else self._change()

    def prompt(self) -> str:
        """The system prompt of this run as one text."""
        if self._imposed is not None:
            return self._imposed
        if self._asking is not None:
            return self._seen(self._asking)
        return render(self._wanted(self._harness.tools, self._options))

    def forced(self, messages: list[Message]) -> list[Message]:
        """The messages of a request, with an imposed prompt, if there is one, at their head."""
        if self._imposed is None:
            return messages
        tools = replay(messages).tools
        head: Message = {"role": "system", "content": self._imposed, "timestamp": 0}
        if tools:
            head["toolsAdded"] = tools
        return [head, *(message for message in messages if message["role"] != "system")]

    # --- inside ----------------------------------------------------------------------------------

    def _wanted(self, tools: Tools, options: dict[str, Any] | None) -> Prompt:
        if options is None:
            return self._setup.prompt(tools)
        return self._setup.prompt(tools, {**options, "selectedTools": list(tools)})

    def _change(self) -> list[Message]:
        """A system message that declares what is to be in force and is not yet; or nothing."""
        self._known = tools = self._harness.tools
        wanted = self._wanted(tools, self._options)
        sections, added, removed = difference(replay(self._setup.session.context()), wanted)
        if not (sections or added or removed):
            return []
        return [system_message(sections, self._setup.now_ms(), added, removed)]

    def _asked(self, first: Message) -> list[Message]:
        """Ask the handlers; returns the messages they add."""
        from pi.extensions.event import Lazy  # noqa: PLC0415 - only where there is a handler

        tools = self._harness.tools
        before = self._setup.prompt_options(tools)
        self._asking = asking = self._setup.prompt_options(tools)
        event = self._setup.hooks.fire(
            HOOK,
            self._token,
            check=self._check,
            **_about(first),
            system_prompt=Lazy(lambda at: self._seen(at.system_prompt_options)),
            system_prompt_options=Lazy(lambda _: asking),  # itself: to be changed in place
        )
        options, self._asking = event.system_prompt_options, None
        self._take_options(options, before, tools)
        if "system_prompt" in event.answered:
            self._imposed = event.system_prompt
        now_ms = self._setup.now_ms()
        return [_message(draft, now_ms) for draft in event.messages or ()]

    def _check(self, event: Event) -> str:
        """Refuse messages that cannot be stored; an imposed prompt is known at once."""
        from pi.fit import why_not_content, why_not_json  # noqa: PLC0415 - see `_asked`

        for draft in event.messages:
            problem = why_not_content(draft.get("content"))
            if problem:
                return f"returned a message with content {problem}"
        if "system_prompt" in event.answered:
            self._imposed = event.system_prompt
        return why_not_json(event.messages)

    def _seen(self, options: dict[str, Any]) -> str:
        """The prompt as the handlers before have left it."""
        imposed = options.get("forceSystemPrompt")
        if isinstance(imposed, str):
            return imposed
        chosen = self._selected(options.get("selectedTools"), self._harness.tools)
        changed = None if options == self._setup.prompt_options(chosen) else options
        return render(self._wanted(chosen, None if _why_not(options) else changed))

    def _take_options(self, options: dict[str, Any], before: dict[str, Any], tools: Tools) -> None:
        """Let what handlers made of the options be in force for this run."""
        if options == before:
            return
        problem = _why_not(options)
        if problem:
            self._harness.report(HOOK, f"{problem}; the prompt is as it was")
            return
        if list(options.get("selectedTools") or ()) != list(tools):
            self._harness.tools = self._selected(options.get("selectedTools"), tools)
        self._imposed = options.get("forceSystemPrompt")
        rest = ("selectedTools", "forceSystemPrompt")
        if _without(options, *rest) != _without(before, *rest):
            self._options = options

    def _selected(self, names: Any, tools: Tools) -> Tools:
        if not isinstance(names, (list, tuple)) or list(names) == list(tools):
            return tools
        available = {**(self._setup.available() if self._setup.available else {}), **tools}
        return {name: available[name] for name in names if name in available}


def _about(first: Message) -> dict[str, Any]:
    """What started the run, as the handlers are told."""
    if first["role"] != "user":
        return {"message_type": "custom", "message": first}
    images = [block for block in blocks_of(first) if block.get("type") == "image"]
    told = {"images": images} if images else {}
    return {"message_type": "user", "prompt": text_of(first), **told}


def _message(draft: dict[str, Any], now_ms: int) -> Message:
    details = {} if draft.get("details") is None else {"details": draft["details"]}
    return {
        "role": "custom",
        "customType": draft["customType"],
        "content": draft["content"],
        "display": bool(draft.get("display", True)),
        **details,
        "timestamp": now_ms,
    }


def _why_not(options: dict[str, Any]) -> str:
    from pi.promptoptions import why_not  # noqa: PLC0415 - only where there is a handler

    return why_not(options)


def _without(options: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key not in keys}
