"""What pi loads from disk for a conversation here, what it does not load, and why.

Extensions are found and read, but not run.
"""

from __future__ import annotations

import os

from pi import files
from pi.resources.context import find_context_files, find_prompt_file
from pi.resources.discover import EXTENSIONS, discover
from pi.resources.library import Wanted, load
from pi.resources.theme import load_themes
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pi.assembly.configuration import Configuration
    from pi.doctor.report import Section
    from pi.doctor.subject import Subject

_PROMPTS = ("SYSTEM.md", "APPEND_SYSTEM.md")
_LIMIT_BYTES = 16 << 20
_CLASH = "has the same name"


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    configured = subject.configured
    _context(configured, section)
    if configured.place is None:
        return
    _packages(configured, section)
    library = load(configured.place, Wanted())
    themes = load_themes(configured.place)
    for name, skill in library.skills.items():
        section.fact("skill", name, skill.path)
    for name, template in library.templates.items():
        section.fact("template", f"/{name}", template.path)
    for name, theme in themes.files.items():
        section.fact("theme", name, theme.path or "")
    _tell([*library.warnings, *themes.warnings], section)
    _check_theme(configured, themes.names(), section)
    _extensions(configured, section)
    if not section.facts:
        section.fact("loaded", "nothing", "no context files, skills, templates, themes, extensions")


def _context(configured: Configuration, section: Section) -> None:
    found, warnings = find_context_files(configured.agent_dir, configured.project)
    for file in found:
        section.fact("context", file.path, f"{len(file.text)} characters")
    project = configured.project if configured.trust.is_trusted else None
    for name in _PROMPTS:
        text, problems = find_prompt_file(name, configured.agent_dir, project)
        warnings += problems
        if text is not None:
            section.fact("prompt", name, f"{len(text)} characters")
    _tell(warnings, section)


def _packages(configured: Configuration, section: Section) -> None:
    packages = configured.place.packages if configured.place else None
    if packages is None:
        return
    for package in packages.packages:
        section.fact("package", package.text, f"{package.scope}, {package.root}")
    for line in packages.problems:
        section.problem(line, "install it again with `pi install`, or `pi remove` it")


def _extensions(configured: Configuration, section: Section) -> None:
    found, problems = discover(EXTENSIONS, configured.place, (), is_closed=False)
    _tell(problems, section)
    for each in found:
        trouble = _syntax(each.path)
        if trouble:
            section.problem(f"{shown(each.path)}: {trouble}; not loaded", "correct the file")
        else:
            section.fact("extension", os.path.basename(each.path), f"{each.scope}, {each.path}")


def _syntax(path: str) -> str:
    """What is wrong with a Python file, as far as reading it tells; "" if nothing is."""
    try:
        compile(files.read_bounded(path, _LIMIT_BYTES), path, "exec", dont_inherit=True)
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    except SyntaxError as error:
        return f"not valid Python in line {error.lineno or 1}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"not valid Python: {error or type(error).__name__}"
    return ""


def _check_theme(configured: Configuration, names: list[str], section: Section) -> None:
    setting = configured.settings.get("theme")
    for name in setting.split("/") if setting.count("/") == 1 else [setting]:
        if name.strip() not in names:
            section.problem(
                f'the setting theme names "{name}", which is not there; system is used',
                f"choose one that is: {', '.join(names)}",
            )


def _tell(lines: Iterable[str], section: Section) -> None:
    told = {finding.text for finding in section.findings}
    for line in lines:
        if shown(line) in told:  # of a package, as every kind of resource tells it
            continue
        if _CLASH in line:
            section.warn(line, "rename one of the two")
        elif "not loaded" in line or "cannot be read" in line or "does not exist" in line:
            section.problem(line, "correct it, or take it away")
        else:
            section.warn(line, "correct it, or take it away")
