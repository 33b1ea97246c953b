"""What the model is told before a conversation begins, and what the user's commands stand for.

    briefing = Briefing(configured, arguments, "/home/u/app")
    briefing.parts(tools)                   what `pi.prompt.build_sections` takes
    briefing.library.expand("/review x")    a prompt
    briefing.widen(["/x/skills"], [])       with what extensions name

System prompt, context files, skills and prompt templates are read once, when a conversation is
opened, so that its prompt stays the same; only the tools may change later, and extensions may add
skills and templates when the session starts.
"""

from __future__ import annotations

import os

from pi import paths
from pi.errors import UsageError
from pi.prompt import Parts
from pi.resources.context import find_context_files, find_prompt_file, read_text
from pi.resources.library import Wanted, load
from pi.resources.trust import UNTRUSTED
from pi.runtime import docs_folder
from pi.text.unicode import clean
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pi.assembly.configuration import Configuration
    from pi.flags import Arguments
    from pi.resources.context import ContextFile
    from pi.tools.base import Tool


class Briefing:
    """What flags, user and project (if it is trusted) have for work in `cwd`.

    `warnings` are about what was read. Raises UsageError for a file named by a flag that cannot be
    read.
    """

    def __init__(self, configured: Configuration, arguments: Arguments, cwd: str) -> None:
        self.warnings: list[str] = []
        self.theme_paths: list[str] = []
        self._cwd = cwd
        self._place = configured.place
        self._wanted = Wanted(
            arguments.get("skill", ()),
            arguments.get("prompt-template", ()),
            arguments.get("no-skills", False),
            arguments.get("no-prompt-templates", False),
        )
        self.library = load(self._place, self._wanted)
        self.warnings += self.library.warnings
        self._custom = _system_prompt(configured, arguments, cwd, self.warnings)
        self._appended = _addendum(configured, arguments, cwd, self.warnings)
        self._context = _context(configured, arguments, cwd, self.warnings)
        self._docs = docs_folder()

    def parts(self, tools: Sequence[Tool]) -> Parts:
        """What the prompt is made of, with these tools."""
        skills = list(self.library.skills.values())
        custom, docs = self._custom, self._docs
        return Parts(self._cwd, tools, custom, self._appended, self._context, docs, skills)

    def widen(
        self, skills: Sequence[str], templates: Sequence[str], themes: Sequence[str] = ()
    ) -> list[str]:
        """Load these files and folders too; returns what is wrong with them. Relative paths are
        below the session's folder. Themes are only noted (`theme_paths`)."""
        self.theme_paths += self._absolute(themes)
        if not (skills or templates):
            return []
        wanted = self._wanted
        self._wanted = replace(
            wanted,
            skill_paths=[*wanted.skill_paths, *self._absolute(skills)],
            template_paths=[*wanted.template_paths, *self._absolute(templates)],
        )
        known = set(self.library.warnings)
        self.library = load(self._place, self._wanted)
        return [line for line in self.library.warnings if line not in known]

    def _absolute(self, names: Sequence[str]) -> list[str]:
        return [paths.absolute(name, self._cwd, self._place.home) for name in names]


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
