"""The skills and prompt templates of a conversation, ready to be used.

    library = load(place, Wanted(skill_paths=["./mine"]))
    library.expand("/skill:pdf report.pdf")     '<skill name="pdf" ...'
    library.expand("/review parsers")           the template's text with its arguments
    library.commands()                          [{"name": "review", "source": "prompt", ...}, ...]
    library.warnings                            one line for each thing that was wrong

Of two with one name the first counts (`pi.resources.discover` has the order) and the other is told.
"""

from __future__ import annotations

import re

from pi.resources.discover import PROMPTS, SKILLS, discover
from pi.resources.skill import expanded, load_skill
from pi.resources.template import arguments, filled, load_template
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pi.resources.discover import Found, Place
    from pi.resources.skill import Skill
    from pi.resources.template import Template

_SKILL_COMMAND = re.compile(r"/skill:(\S+)(?:\s+(.*))?", re.DOTALL)
_COMMAND = re.compile(r"/(\S+)(?:\s+(.*))?", re.DOTALL)


class Wanted(Value):
    """What the command line says: paths to load, and whether the usual places are left out."""

    skill_paths: Sequence[str] = ()
    template_paths: Sequence[str] = ()
    no_skills: bool = False
    no_templates: bool = False


class Library(Value):
    """What was loaded: by name, in the order of precedence. `infos` has where each came from."""

    skills: dict[str, Skill]
    templates: dict[str, Template]
    infos: dict[str, dict[str, str]]
    warnings: list[str]

    def expand(self, text: str) -> str:
        """The prompt that a text stands for: the text itself unless it is one of the commands.

        Raises PiError for a skill that cannot be read any more.
        """
        if not text.startswith("/"):
            return text
        match = _SKILL_COMMAND.fullmatch(text)
        if match and match[1] in self.skills:
            return expanded(self.skills[match[1]], (match[2] or "").strip())
        match = _COMMAND.fullmatch(text)
        if match and match[1] in self.templates:
            return filled(self.templates[match[1]].body, arguments(match[2] or ""))
        return text

    def commands(self) -> list[dict[str, Any]]:
        """What may be typed after a slash: templates, then skills."""
        rows = [(name, "prompt", found) for name, found in self.templates.items()]
        rows += [(f"skill:{name}", "skill", found) for name, found in self.skills.items()]
        return [
            {
                "name": name,
                "description": found.description,
                "source": source,
                "sourceInfo": self.infos[found.path],
            }
            for name, source, found in rows
        ]


def load(place: Place, wanted: Wanted) -> Library:
    """Look everywhere and read what is there. Nothing that is wrong with one file costs another."""
    warnings: list[str] = list(place.packages.problems) if place.packages else []
    infos: dict[str, dict[str, str]] = {}
    skills, problems = discover(SKILLS, place, wanted.skill_paths, is_closed=wanted.no_skills)
    warnings += problems
    found_skills = by_name("skill", skills, load_skill, infos, warnings)
    prompts, problems = discover(
        PROMPTS, place, wanted.template_paths, is_closed=wanted.no_templates
    )
    warnings += problems
    templates = by_name("prompt template", prompts, load_template, infos, warnings)
    return Library(found_skills, templates, infos, list(dict.fromkeys(warnings)))


def by_name(
    what: str,
    found: list[Found],
    read: Callable[[str], tuple[Any, list[str]]],
    infos: dict[str, dict[str, str]],
    warnings: list[str],
) -> dict[str, Any]:
    """What the files hold by name, the first of each; `infos` and `warnings` are added to.

    `read(path)` gives something with a name and a path, or None, and what is wrong with it.
    """
    result: dict[str, Any] = {}
    for each in found:
        item, problems = read(each.path)
        warnings += problems
        if item is None:
            continue
        if item.name in result:
            winner = shown(result[item.name].path)
            warnings.append(
                f"{shown(each.path)}: {what} not loaded: {winner} has the same name, {item.name}"
            )
            continue
        result[item.name] = item
        infos[item.path] = each.info()
    return result
