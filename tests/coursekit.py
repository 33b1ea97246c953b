"""A harness over a scripted model with handlers of extensions, and what they saw."""

from __future__ import annotations

from pi.client import Client
from pi.course.state import Setup
from pi.extensions.extension import Extension, Handler
from pi.extensions.hook import HOOKS
from pi.extensions.host import Line
from pi.extensions.runner import Runner
from pi.harness import Harness
from pi.messages import text
from pi.prompt import Parts, build_sections
from pi.promptoptions import options_of, parts_with
from pi.providers.faux import Script, faux_model
from pi.request import Options
from pi.retry import Policy
from pi.session import Session
from pi.store.format import role_of
from pi.tools.base import Outcome, Tool, declaration
from pi.transcript import Prompt
from tests.hookkit import FakeHost

ECHO = Tool(
    "echo",
    "",
    {"type": "object"},
    lambda a, c: Outcome([text(str(a.get("say", "echoed")))], details={"n": 1}),
    snippet="Say it again",
    guidelines=("Echo only once.",),
)
OTHER = Tool("other", "", {"type": "object"}, lambda a, c: Outcome([text("other")]))


def call(call_id, name="echo", **arguments):
    return {"type": "toolCall", "id": call_id, "name": name, "arguments": arguments}


def extension(host, handlers, path="/x/guard.py"):
    """An extension with these handlers, {event: function or functions}, each taking the event."""
    made = Extension(path, Line(host))
    made.line.is_loading = False
    for name, functions in handlers.items():
        many = functions if isinstance(functions, (list, tuple)) else [functions]
        made.handlers[name] = [Handler(made, function, 1) for function in many]
    return made


def runner(host, *handlers, **options):
    """A runner with an extension for each dict of handlers."""
    return Runner(
        [extension(host, each, f"/x/e{number}.py") for number, each in enumerate(handlers)],
        host,
        **options,
    )


class Hooked:
    """A conversation with handlers `on`. `seen` has what was fired: (name, leaf, event)."""

    def __init__(
        self, *replies, on=None, also=(), tools=(ECHO,), session=None, watch=True, **setup
    ):
        self.script = Script(replies)
        self.model = faux_model(self.script)
        self.session = session or Session.in_memory("/work")
        self.host = FakeHost()
        self.seen = []
        self.events = []
        self.available = {tool.name: tool for tool in (*tools, OTHER)}
        groups = [on or {}]
        if watch:
            groups.append({name: self._watch(name) for name in HOOKS})
        self.runner = runner(self.host, *groups)
        setup = {
            "retry": Policy(base_delay_ms=0),
            "random": lambda: 0.0,
            "report": lambda event, words: self.host.faults.append((event, words)),
            "hooks": self.runner,
            "prompt_options": lambda active: options_of(self._parts(active), self.available),
            "available": lambda: self.available,
            **setup,
        }
        self.harness = Harness(
            Setup(
                self.session,
                Client(None, None),
                self.model,
                "medium",
                {tool.name: tool for tool in tools},
                self._prompt,
                lambda model, thinking: Options(thinking=thinking),
                **setup,
            )
        )
        self.harness.subscribe(self.events.append)

    def _parts(self, active):
        return Parts("/work", list(active.values()))

    def _prompt(self, active, options=None):
        parts = self._parts(active)
        if options is not None:
            parts = parts_with(parts, options, list(active.values()))
        declared = [declaration(tool) for tool in active.values()]
        return Prompt("", build_sections(parts), declared)

    def _watch(self, name):
        def watch(event):
            leaf = self.session.tree.get(self.session.leaf_id) or {}
            self.seen.append((name, role_of(leaf) or leaf.get("type"), event))

        return watch

    def order(self, *leave_out):
        """What was fired, with the role of messages; without these, and without updates."""
        hidden = {"message_update", "tool_execution_update", *leave_out}
        return [
            f"{name}:{event.message['role']}" if name in ("message_start", "message_end") else name
            for name, _, event in self.seen
            if name not in hidden
        ]

    def fired(self, name):
        """The events of a name."""
        return [event for known, _, event in self.seen if known == name]

    def entry_types(self):
        return [role_of(entry) or entry["type"] for entry in self.session.entries()]

    def requests(self):
        """The conversations that were sent: [(role, text), ...] each."""
        return [
            [
                (m["role"], "".join(b.get("text", "") for b in m["content"]))
                for m in context.messages
            ]
            for context, _ in self.script.requests
        ]

    @property
    def problems(self):
        return [
            fault if isinstance(fault, tuple) else (fault.event, fault.error)
            for fault in self.host.faults
        ]
