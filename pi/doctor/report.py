"""What was found: sections of facts, and findings with what to do about them.

    section = Section("disk", "Disk")
    section.fact("free", "12.3 GB", "/home/u/.pi")
    section.warn("the disk is nearly full", "free some space")
    text([section], conceal)         what a person reads
    data([section], conceal)         the same for JSON

A finding is a `problem`, which makes the exit status 1, or a `warning`, which does not. `conceal`
takes secrets out of everything that is told.
"""

from __future__ import annotations

from pi.text.unicode import clean, shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

PROBLEM, WARNING = "problem", "warning"
_LABEL_WIDTH = 14
_LONGEST = 600


class Fact(Value):
    """Something that is so; `note` says why, or where it comes from."""

    label: str
    value: str
    note: str = ""


class Finding(Value):
    """Something that is wrong; `advice` is what to do about it."""

    level: str
    text: str
    advice: str


class Section:
    """One part of the report, in the order in which it was filled.

    `closed` is a folder of which it is known that nothing in it can be read, "" for none: of what
    is in it nothing is told.
    """

    def __init__(self, name: str, title: str, closed: str = "") -> None:
        self._closed = closed
        self.name = name
        self.title = title
        self.facts: list[Fact] = []
        self.findings: list[Finding] = []

    def fact(self, label: str, value: object, note: str = "") -> None:
        """Tell what is so."""
        self.facts.append(Fact(label, _plain(str(value)), _plain(note)))

    def problem(self, text: str, advice: str) -> None:
        """Tell what does not work, and what to do."""
        self._find(PROBLEM, text, advice)

    def warn(self, text: str, advice: str) -> None:
        """Tell what works but should be looked at, and what to do."""
        self._find(WARNING, text, advice)

    def _find(self, level: str, text: str, advice: str) -> None:
        if self._closed and text.startswith(f"{self._closed}/"):
            return
        finding = Finding(level, _plain(text), _plain(advice))
        if finding not in self.findings:
            self.findings.append(finding)

    @property
    def problems(self) -> list[Finding]:
        """What does not work."""
        return [each for each in self.findings if each.level == PROBLEM]


def _plain(text: str) -> str:
    """One line that can be shown, however hostile or long it is."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"
    return shown(clean(text))


def is_well(sections: Sequence[Section]) -> bool:
    """Whether nothing is wrong; warnings are nothing wrong."""
    return not any(section.problems for section in sections)


def text(
    sections: Sequence[Section],
    conceal: Callable[[str], str],
    paint: Callable[[str, str], str] | None = None,
) -> str:
    """The report for a person. `paint(role, text)` colours it, if it is given."""
    paint = paint or (lambda role, words: words)
    lines: list[str] = []
    for section in sections:
        lines += ["", paint("mdHeading", section.title)]
        label = ""
        for fact in section.facts:
            name = fact.label if fact.label != label else ""
            label = fact.label
            note = paint("muted", f"  ({conceal(fact.note)})") if fact.note else ""
            lines.append(f"  {name:<{_LABEL_WIDTH}} {conceal(fact.value)}{note}".rstrip())
        for finding in section.findings:
            role = "error" if finding.level == PROBLEM else "warning"
            lines.append(f"  {paint(role, f'{finding.level}:')} {conceal(finding.text)}")
            lines.append(f"    -> {conceal(finding.advice)}")
    lines += ["", _summary(sections, paint)]
    return "\n".join(lines[1:]) + "\n"


def data(sections: Sequence[Section], conceal: Callable[[str], str]) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "ok": is_well(sections),
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "facts": [_fields(fact, conceal) for fact in section.facts],
                "findings": [_fields(finding, conceal) for finding in section.findings],
            }
            for section in sections
        ],
    }


def _fields(value: Value, conceal: Callable[[str], str]) -> dict[str, str]:
    return {name: conceal(getattr(value, name)) for name in value.__slots__}


def _summary(sections: Sequence[Section], paint: Callable[[str, str], str]) -> str:
    problems = sum(len(section.problems) for section in sections)
    warnings = sum(len(section.findings) for section in sections) - problems
    counted = [_counted(problems, "problem"), _counted(warnings, "warning")]
    found = " and ".join(part for part in counted if part) or "Nothing is wrong"
    return paint("error" if problems else "success", f"{found}.")


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}" if count else ""
