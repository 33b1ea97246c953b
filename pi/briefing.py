"""What the model is told before a conversation begins, and what the user's commands stand for.

    briefing = read_briefing(configured, arguments, "/home/u/app")
    briefing.sections(tools)                {"preamble": ..., "skills": ..., ...}
    briefing.library.expand("/review x")    a prompt

System prompt, context files, skills and prompt templates are read once, when a conversation is
opened, so that its prompt stays the same; only the tools may change later.
"""

from __future__ import annotations

import os

from pi.errors import UsageError
from pi.prompt import Parts, build_sections
from pi.resources.context import find_context_files, find_prompt_file, read_text
from pi.resources.discover import Place
from pi.resources.library import Wanted, load
from pi.resources.trust import UNTRUSTED
from pi.runtime import docs_folder
from pi.text.unicode import clean
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pi.configuration import Configuration
    from pi.flags import Arguments
    from pi.resources.context import ContextFile
    from pi.resources.library import Library
    from pi.tools.base import Tool


class Briefing(Value):
    """`sections(tools)` are the prompt's sections by name; `warnings` are about what was read."""

    sections: Callable[[Sequence[Tool]], dict[str, str]]
    library: Library
    warnings: list[str]


def read_briefing(configured: Configuration, arguments: Arguments, cwd: str) -> Briefing:
    """Read what flags, user and project (if it is trusted) have for work in `cwd`.

    Raises UsageError for a file named by a flag that cannot be read.
    """
    warnings: list[str] = []
    library = _library(configured, arguments, cwd)
    custom = _system_prompt(configured, arguments, cwd, warnings)
    appended = _addendum(configured, arguments, cwd, warnings)
    context = _context(configured, arguments, cwd, warnings)
    docs, skills = docs_folder(), list(library.skills.values())

    def sections(tools: Sequence[Tool]) -> dict[str, str]:
        return build_sections(Parts(cwd, tools, custom, appended, context, docs, skills))

    return Briefing(sections, library, [*library.warnings, *warnings])


def _library(configured: Configuration, arguments: Arguments, cwd: str) -> Library:
    place = Place(
        configured.agent_dir,
        configured.home,
        configured.cwd,
        cwd,
        configured.trust.is_trusted,
        configured.settings,
    )
    wanted = Wanted(
        arguments.get("skill", ()),
        arguments.get("prompt-template", ()),
        arguments.get("no-skills", False),
        arguments.get("no-prompt-templates", False),
    )
    return load(place, wanted)


def _system_prompt(
    configured: Configuration, arguments: Arguments, cwd: str, warnings: list[str]
) -> str | None:
    """What stands in for the usual prompt; an empty flag or file does not."""
    given = _text_or_file(arguments.get("system-prompt"), configured.cwd)
    return given or _prompt_file("SYSTEM.md", configured, cwd, warnings) or None


def _addendum(
    configured: Configuration, arguments: Arguments, cwd: str, warnings: list[str]
) -> list[str]:
    added = arguments.get("append-system-prompt")
    if added is not None:
        return [_text_or_file(text, configured.cwd) or "" for text in added if text]
    own = _prompt_file("APPEND_SYSTEM.md", configured, cwd, warnings)
    return [own] if own else []


def _context(
    configured: Configuration, arguments: Arguments, cwd: str, warnings: list[str]
) -> list[ContextFile]:
    if arguments.get("no-context-files"):
        return []
    around = None if configured.approval == UNTRUSTED else cwd
    return _told(find_context_files(configured.agent_dir, around), warnings)


def _prompt_file(name: str, configured: Configuration, cwd: str, warnings: list[str]) -> str | None:
    project = cwd if configured.trust.is_trusted else None
    return _told(find_prompt_file(name, configured.agent_dir, project), warnings)


def _told(found: tuple[Any, list[str]], warnings: list[str]) -> Any:
    value, problems = found
    warnings += problems
    return value


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
