"""All sections of the report, one after the other.

    sections = examine(subject)
    sections = examine(subject, ["network", "providers"])

A section is a module with `examine(subject, section)`. It is imported when its turn comes, and what
it raises is a finding: a doctor that falls ill of what the patient has is of no use.
"""

from __future__ import annotations

from importlib import import_module

from pi.doctor.report import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pi.doctor.subject import Subject

SECTIONS = {
    "program": ("Program", "pi.doctor.program"),
    "paths": ("Files and folders", "pi.doctor.place"),
    "settings": ("Settings", "pi.doctor.preference"),
    "trust": ("Project", "pi.doctor.trusted"),
    "resources": ("Resources", "pi.doctor.resource"),
    "providers": ("Models and keys", "pi.doctor.provider"),
    "terminal": ("Terminal", "pi.doctor.terminal"),
    "network": ("Network", "pi.doctor.network"),
    "disk": ("Sessions and disk", "pi.doctor.disk"),
    "live": ("Live check", "pi.doctor.live"),
}
"""Name -> title and module, in the order of the report."""


def examine(subject: Subject, names: Iterable[str] = ()) -> list[Section]:
    """The sections of these names; all of them without any, but `live` only if it was asked for."""
    chosen = list(names) or [
        name for name in SECTIONS if name != "live" or subject.live is not None
    ]
    return [_examined(subject, name) for name in chosen]


def _examined(subject: Subject, name: str) -> Section:
    title, module = SECTIONS[name]
    section = Section(name, title, subject.closed)
    try:
        import_module(module).examine(subject, section)
    except Exception as error:  # noqa: BLE001 - whatever is broken here, the others are told
        section.problem(f"this part could not be looked at: {_told(error)}", _advice(error))
    return section


def _told(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no more is known'}"


def _advice(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "a part of Python or of pi is missing: install both again"
    if isinstance(error, OSError):
        return "look at the file it names: its owner, its mode, the disk it is on"
    return "correct what it names; if it names nothing of yours, this is a bug in pi: report it"
