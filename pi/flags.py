"""The command line: one row per flag; parsing, help and documentation come from the rows.

The grammar is the reference's (`contracts.md` section 1), not argparse's: `-p` takes the next
argument as a prompt unless it looks like an option or a file, `@path` is a file to include, `--`
ends the options but not the files, and long options nobody knows are kept: what extensions
register is known only when they are loaded, and the line is read again with it.

    parse(["-p", "hi", "@a.txt", "--model", "demo"])
    # Arguments(values={"print": True, "model": "demo"}, messages=["hi"], files=["a.txt"], ...)
    parse(["--plan", "hi"], [Flag("plan", "", "switch", "", "Extensions", "Plan first")])
    # Arguments(messages=["hi"], extra={"plan": True}, ...)
"""

from __future__ import annotations

from types import MappingProxyType

from pi.errors import UsageError
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Flag(Value):
    """One option. `kind` is switch, value, list (repeatable) or optional (its value may lack)."""

    name: str
    short: str
    kind: str
    metavar: str
    group: str
    help: str


FLAGS = (
    Flag("print", "p", "switch", "", "Output", "Run the prompt, print the answer, exit"),
    Flag("mode", "", "value", "MODE", "Output", "text (default), json or rpc: JSON lines"),
    Flag("provider", "", "value", "NAME", "Model", "Look for the model at this provider only"),
    Flag(
        "model",
        "",
        "value",
        "PATTERN",
        "Model",
        "provider/id, id, or part of a name; ':level' sets the thinking level",
    ),
    Flag("api-key", "", "value", "KEY", "Model", "Key for this run; it is not stored"),
    Flag(
        "thinking",
        "",
        "value",
        "LEVEL",
        "Model",
        "off, minimal, low, medium, high, xhigh or max",
    ),
    Flag("models", "", "value", "PATTERNS", "Model", "Comma-separated models to choose from"),
    Flag("list-models", "", "optional", "SEARCH", "Model", "List the usable models and exit"),
    Flag("continue", "c", "switch", "", "Session", "Go on with the latest session of this folder"),
    Flag("session", "", "value", "PATH|ID", "Session", "Open a session by file or (part of) id"),
    Flag("session-id", "", "value", "ID", "Session", "Open the session with this id, or create it"),
    Flag("fork", "", "value", "PATH|ID", "Session", "Copy a session into a new one in this folder"),
    Flag("session-dir", "", "value", "DIR", "Session", "Where sessions are kept and looked for"),
    Flag("no-session", "", "switch", "", "Session", "Keep nothing on disk"),
    Flag("name", "n", "value", "NAME", "Session", "Display name of the session"),
    Flag(
        "export",
        "",
        "value",
        "SESSION [OUT]",
        "Session",
        "Write a session file as an HTML page, or as lines to OUT.jsonl, and exit",
    ),
    Flag("tools", "t", "value", "LIST", "Tools", "Exactly these tools; or +name,-name changes"),
    Flag("exclude-tools", "xt", "value", "LIST", "Tools", "Leave these tools out"),
    Flag("no-tools", "nt", "switch", "", "Tools", "Start with no tools at all"),
    Flag(
        "no-builtin-tools",
        "nbt",
        "switch",
        "",
        "Tools",
        "Start without the default tools",
    ),
    Flag("system-prompt", "", "value", "TEXT|FILE", "Prompt", "Replace the system prompt"),
    Flag(
        "append-system-prompt",
        "",
        "list",
        "TEXT|FILE",
        "Prompt",
        "Add to the system prompt; repeatable",
    ),
    Flag("skill", "", "list", "PATH", "Prompt", "Load a skill file or folder; repeatable"),
    Flag("no-skills", "ns", "switch", "", "Prompt", "Only the skills named on the command line"),
    Flag(
        "prompt-template",
        "",
        "list",
        "PATH",
        "Prompt",
        "Load a prompt template file or folder; repeatable",
    ),
    Flag(
        "no-prompt-templates",
        "np",
        "switch",
        "",
        "Prompt",
        "Only the templates named on the command line",
    ),
    Flag("no-context-files", "nc", "switch", "", "Prompt", "Ignore AGENTS.md and CLAUDE.md"),
    Flag(
        "approve",
        "a",
        "switch",
        "",
        "Project",
        "Trust this project's settings and resources for this run",
    ),
    Flag(
        "no-approve",
        "na",
        "switch",
        "",
        "Project",
        "Ignore this project's settings and resources for this run",
    ),
    Flag(
        "untrusted",
        "",
        "switch",
        "",
        "Project",
        "Load nothing at all from this project, context files included",
    ),
    Flag(
        "extension",
        "e",
        "list",
        "PATH|SOURCE",
        "Extensions",
        "Load an extension file or folder, or a package, for this run; repeatable",
    ),
    Flag(
        "no-extensions",
        "ne",
        "switch",
        "",
        "Extensions",
        "Only the extensions named on the command line",
    ),
    Flag("theme", "", "list", "PATH", "Themes", "Load a theme file or folder; repeatable"),
    Flag("no-themes", "", "switch", "", "Themes", "Only the themes named on the command line"),
    Flag(
        "use-theme",
        "",
        "value",
        "NAME[/NAME]",
        "Themes",
        "Theme for this run, or one for light and one for dark surroundings",
    ),
    Flag("no-mcp", "", "switch", "", "Process", "No MCP servers; this version starts none"),
    Flag("verbose", "", "switch", "", "Process", "Say more at the start of the screen"),
    Flag("offline", "", "switch", "", "Process", "No network but the model itself (PI_OFFLINE=1)"),
    Flag("help", "h", "switch", "", "Process", "Show this help"),
    Flag("version", "v", "switch", "", "Process", "Show the version"),
)
"""Every flag, in the order of the help page."""

_TRUTH = {"true": True, "false": False}
"""What a switch of an extension may be set to: --plan=false."""

_BY_NAME = {f"--{flag.name}": flag for flag in FLAGS} | {
    f"-{flag.short}": flag for flag in FLAGS if flag.short
}


class Arguments(Value):
    """A parsed command line.

    `values` maps flag names to True, a string or a list of strings. `unknown` are long options
    that no row has: name without dashes to True or its value. `extra` are those of extensions.
    Switches are in the order in which each was last given.
    """

    values: dict[str, Any]
    messages: list[str]
    files: list[str]
    unknown: dict[str, Any]
    extra: Mapping[str, Any] = MappingProxyType({})

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a flag, or `default` when it was not given."""
        return self.values.get(name, default)


def parse(argv: list[str], extra: Sequence[Flag] = ()) -> Arguments:
    """Read a command line; `extra` are the flags of extensions, which cannot change one of ours.

    Raises UsageError for unknown short options and missing values.
    """
    parser = _Parser(argv, extra)
    while parser.rest:
        parser.step()
    return parser.result


class _Parser:
    def __init__(self, argv: list[str], extra: Sequence[Flag]) -> None:
        self.rest = list(reversed(argv))
        self.result = Arguments({}, [], [], {}, {})
        self._options_over = False
        self._rows = {f"--{flag.name}": flag for flag in extra} | _BY_NAME

    def step(self) -> None:
        """Consume one argument and what belongs to it."""
        word = self.rest.pop()
        if word.startswith("@") and len(word) > 1:
            self.result.files.append(word[1:])
        elif self._options_over or not word.startswith("-"):
            self.result.messages.append(word)
        elif word == "--":
            self._options_over = True
        elif word in self._rows:
            self._known(self._rows[word], word)
        elif word.startswith("---"):
            self.result.messages.append(word)
        elif word.startswith("--"):
            self._long(word)
        else:
            raise UsageError(f"Unknown option: {word}")

    def _known(self, flag: Flag, word: str, value: str | None = None) -> None:
        is_ours = _BY_NAME.get(f"--{flag.name}") is flag
        values = self.result.values if is_ours else self.result.extra
        if flag.kind == "switch":
            if value is not None and (is_ours or value not in _TRUTH):
                raise UsageError(f"Option {word} takes no value")
            values.pop(flag.name, None)  # the latest comes last
            values[flag.name] = True if value is None else _TRUTH[value]
            if flag.name == "print":
                self._take_prompt()
            return
        if value is None and self.rest and (flag.kind != "optional" or _is_plain(self.rest[-1])):
            value = self.rest.pop()
        if value is None and flag.kind != "optional":
            raise UsageError(f"Option {word} requires a value ({flag.metavar})")
        if flag.kind == "list":
            values.setdefault(flag.name, []).append(value)
        else:
            values[flag.name] = True if value is None else value

    def _take_prompt(self) -> None:
        """`-p "- a list"` would read as an option; `-p "--- front matter"` is a prompt."""
        if not self.rest:
            return
        word = self.rest[-1]
        if word.startswith("---") or not word.startswith(("-", "@")):
            self.result.messages.append(self.rest.pop())

    def _long(self, word: str) -> None:
        name, equals, value = word.partition("=")
        if equals and name in self._rows:
            self._known(self._rows[name], name, value)
        elif equals:
            self.result.unknown[name[2:]] = value
        elif self.rest and _is_plain(self.rest[-1]):
            self.result.unknown[name[2:]] = self.rest.pop()
        else:
            self.result.unknown[name[2:]] = True


def _is_plain(word: str) -> bool:
    return not word.startswith(("-", "@"))


def help_text(environment: tuple[tuple[str, str], ...] = (), extra: Sequence[Flag] = ()) -> str:
    """The options as the help page lists them, grouped; `extra` flags and `environment` follow."""
    lines = []
    group = None
    for flag in (*FLAGS, *extra):
        if flag.group != group:
            group = flag.group
            lines += ["", f"{group}:"]
        lines.append(_row(_spelling(flag), flag.help))
    if environment:
        lines += ["", "Environment:", *(_row(name, text) for name, text in environment)]
    return "\n".join(lines)


def _spelling(flag: Flag) -> str:
    short = f"-{flag.short}, " if flag.short else ""
    metavar = f" [{flag.metavar}]" if flag.kind == "optional" else f" {flag.metavar}".rstrip()
    return f"{short}--{flag.name}{metavar}"


def _row(left: str, right: str) -> str:
    return f"  {left:<32} {right}" if len(left) <= 32 else f"  {left}\n{'':35}{right}"
