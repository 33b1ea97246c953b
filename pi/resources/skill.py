"""Skills: instructions the model reads when a task calls for them.

    skill, problems = load_skill("/home/u/.pi/agent/skills/pdf/SKILL.md")
    skill.name, skill.description       "pdf", "Read and convert PDF files."
    expanded(skill, "report.pdf")       the skill's text and the request, as a prompt

A skill is a folder with a SKILL.md, or a Markdown file with a description. Source: the Agent Skills
specification; `contracts.md` section 7. A name that breaks its rules is told and used all the same;
without a description nothing is loaded, since nothing would tell the model when to use it.
"""

from __future__ import annotations

import os
import re

from pi import files
from pi.errors import PiError
from pi.resources import frontmatter
from pi.text.unicode import clean, decode, shown
from pi.text.yamlsubset import YamlError
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILE = "SKILL.md"
MAX_BYTES = 1 << 20
MAX_NAME = 64
MAX_DESCRIPTION = 1024


class Skill(Value):
    """A skill that was found. `is_hidden` ones are for commands alone, not for the model."""

    name: str
    description: str
    path: str
    is_hidden: bool = False

    @property
    def folder(self) -> str:
        """What relative paths in its text are below."""
        return os.path.dirname(self.path)


def load_skill(path: str) -> tuple[Skill | None, list[str]]:
    """The skill of a file, and what is wrong with it, each with the file's path.

    A Markdown file that is no SKILL.md and has no description is not meant to be one: no word.
    """
    is_declared = os.path.basename(path) == FILE
    try:
        front, _ = frontmatter.read(read_text(path))
    except OSError as error:
        return None, [f"{shown(path)}: cannot be read ({error.strerror}); skill not loaded"]
    except YamlError as error:
        return None, [f"{shown(path)}: {error}; skill not loaded"] if is_declared else []
    description = front.get("description")
    if not isinstance(description, str) or not description.strip():
        what = "the front matter has no description" if front else "there is no front matter"
        return None, [f"{shown(path)}: {what}; skill not loaded"] if is_declared else []
    name, problems = _name(front.get("name"), os.path.basename(os.path.dirname(path)))
    if len(description) > MAX_DESCRIPTION:
        problems.append(f"the description has more than {MAX_DESCRIPTION} characters")
    is_hidden = front.get("disable-model-invocation") is True
    skill = Skill(name, clean(description), path, is_hidden)
    return skill, [f"{shown(path)}: {problem}" for problem in problems]


def expanded(skill: Skill, request: str = "") -> str:
    """The prompt that a skill's command stands for. Raises PiError when its file cannot be read."""
    try:
        body = frontmatter.read(read_text(skill.path))[1].strip()
    except (OSError, YamlError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise PiError(
            f"the skill {shown(skill.name)} cannot be used: {skill.path}: {why}"
        ) from None
    block = (
        f'<skill name="{skill.name}" location="{clean(skill.path)}">\n'
        f"References are relative to {clean(skill.folder)}.\n\n{body}\n</skill>"
    )
    return f"{block}\n\n{request}" if request else block


def read_text(path: str) -> str:
    """The text of a resource file. Raises OSError, also for what is no file or is too large."""
    return decode(files.read_bounded(path, MAX_BYTES))


def _name(given: Any, folder: str) -> tuple[str, list[str]]:
    """The name to use and what is wrong with it; the folder's name stands in for none."""
    name = given if isinstance(given, str) and given else clean(folder)
    if not name.isprintable():
        return shown(clean(folder)), ["the name is not printable; the folder's is used"]
    problems = []
    if len(name) > MAX_NAME:
        problems.append(f"the name has more than {MAX_NAME} characters")
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
        problems.append(
            f'the name "{name[:MAX_NAME]}" should be small letters and digits, with single '
            "hyphens between them"
        )
    return name, problems
