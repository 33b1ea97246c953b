"""What a package in force adds to each kind of resource.

    files, foreign = offer(package, "skills", problems)
    files       [("/x/tools/skills/pdf/SKILL.md", True), ...]: True if it is to be loaded
    foreign     entry files of the reference's kind, which cannot be loaded here

A file that is there but not wanted (False) hides the same file of a package that comes later: so a
project can switch off what the user has.
"""

from __future__ import annotations

from pi.packages.content import Content
from pi.resources.pattern import is_wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.packages.resolve import Package


def offer(
    package: Package, kind: str, problems: list[str]
) -> tuple[list[tuple[str, bool]], list[str]]:
    """The files of a kind, and of extensions those that are not loadable here."""
    if package.extensions is not None:
        if kind != "extensions":
            return [], []
        return [(path, True) for path in package.extensions], list(package.foreign)
    content = Content(
        package.root, package.filters, autoload=package.autoload, is_own=package.is_own
    )
    files = [(path, said) for path, said in content.verdicts(kind) if said is not None]
    problems += content.problems
    patterns = (package.filters or {}).get(kind)
    foreign = content.foreign if package.autoload else []
    if patterns is not None:
        foreign = [path for path in foreign if patterns and is_wanted(path, patterns, package.root)]
    return files, list(dict.fromkeys(foreign))
