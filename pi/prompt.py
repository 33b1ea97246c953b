"""The system prompt, as named sections.

    sections = build_sections(Parts(cwd="/work", tools=[...]))
    # {"preamble": "You are ...", "tools": "<tools>...", "rules": "<rules>...", "cwd": "<cwd>..."}

Sections are stored by name, so a change of one (another tool, another folder) is a small patch and
the rest stays byte for byte the same, which keeps prompt caches warm. Each but the preamble is
wrapped in a tag of its name. Source of names and rules: `contracts.md` sections 2 and 7.
"""

from __future__ import annotations

from pi.text.unicode import clean
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pi.resources.context import ContextFile
    from pi.resources.skill import Skill
    from pi.tools.base import Tool

PREAMBLE = (
    "You are pi, a coding agent in a terminal. You work in the user's folder with the tools below: "
    "look before you change, make the change, check that it holds."
)

_SEARCH_BY_SHELL = "Search and list files with bash (rg or grep, find, ls)."
_SEARCH_TOOLS = {"grep", "find", "ls"}
_READERS = {"read": "the read tool", "bash": "bash"}
"""What can read a skill's file, the better first."""

_ENTITIES = (
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ('"', "&quot;"),
    ("'", "&apos;"),
)

_RULES = (
    "Answer briefly; the user sees your tool calls.",
    "Name files by their path.",
)


class Parts(Value):
    """What the prompt is made of.

    `custom` replaces preamble, tools, rules and docs. `appended` are the texts of the addendum.
    `docs` is the folder of pi's own documentation, if there is one on disk. `skills` are offered
    when there is a tool that can read their files. `rules` are more rules, `sections` more sections
    by name; one that is there already is replaced.
    """

    cwd: str
    tools: Sequence[Tool]
    custom: str | None = None
    appended: Sequence[str] = ()
    context_files: Sequence[ContextFile] = ()
    docs: str | None = None
    skills: Sequence[Skill] = ()
    rules: Sequence[str] = ()
    sections: Mapping[str, str] | None = None


def build_sections(parts: Parts) -> dict[str, str]:
    """The sections of the prompt by name, in the order they are declared in."""
    sections: dict[str, str] = {}
    if parts.custom is not None:
        sections["preamble"] = parts.custom
    else:
        sections["preamble"] = PREAMBLE
        sections["tools"] = _wrap("tools", _tool_lines(parts.tools))
        sections["rules"] = _wrap("rules", _rule_lines(parts.tools, parts.rules))
        if parts.docs:
            sections["docs"] = _wrap("docs", _docs_text(parts.docs))
    if parts.appended:
        sections["addendum"] = _wrap("addendum", "\n\n".join(parts.appended))
    if parts.context_files:
        sections["project_context"] = _wrap("project_context", _context_text(parts))
    reader = next((name for name in _READERS if name in {tool.name for tool in parts.tools}), None)
    offered = [skill for skill in parts.skills if not skill.is_hidden]
    if offered and reader:
        sections["skills"] = _wrap("skills", _skills_text(offered, _READERS[reader]))
    sections["cwd"] = _wrap("cwd", parts.cwd)
    for name, text in (parts.sections or {}).items():
        sections[name] = _wrap(name, text)
    return sections


def _wrap(name: str, text: str) -> str:
    return f"<{name}>\n{text}\n</{name}>"


def _tool_lines(tools: Sequence[Tool]) -> str:
    lines = [f"- {tool.name}: {tool.snippet}" for tool in tools if tool.snippet]
    return "\n".join(lines) or "(none)"


def _rule_lines(tools: Sequence[Tool], more: Sequence[str]) -> str:
    """Each tool's own rules, `more`, then the general ones; a rule two tools share is said once."""
    names = {tool.name for tool in tools}
    rules = [rule for tool in tools for rule in tool.guidelines]
    if "bash" in names and not names & _SEARCH_TOOLS:
        rules.insert(0, _SEARCH_BY_SHELL)
    return "\n".join(f"- {rule}" for rule in dict.fromkeys((*rules, *more, *_RULES)))


def _docs_text(folder: str) -> str:
    return (
        f"pi's own documentation is in {folder} (start with README.md). Read it only when the "
        "user asks about pi itself."
    )


def _context_text(parts: Parts) -> str:
    return "\n\n".join(
        f'<project_instructions path="{file.path}">\n{file.text}\n</project_instructions>'
        for file in parts.context_files
    )


def _skills_text(skills: Sequence[Skill], reader: str) -> str:
    lines = [
        "Instructions for certain kinds of work, each in a file of its own.",
        f"When a task fits a description below, load that file with {reader} first.",
        "Relative paths in it are below the file's folder; give tools absolute paths.",
        "",
        "<available_skills>",
    ]
    for skill in skills:
        lines += [
            "  <skill>",
            f"    <name>{_escaped(skill.name)}</name>",
            f"    <description>{_escaped(skill.description)}</description>",
            f"    <location>{_escaped(clean(skill.path))}</location>",
            "  </skill>",
        ]
    return "\n".join([*lines, "</available_skills>"])


def _escaped(text: str) -> str:
    for char, name in _ENTITIES:
        text = text.replace(char, name)
    return text
