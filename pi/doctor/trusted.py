"""Whether what the project brings takes effect, and why."""

from __future__ import annotations

from pi import paths
from pi.settings.jsonfile import FileError, read_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.doctor.report import Section
    from pi.doctor.subject import Subject

_BASES = {
    "flag": "by the command line",
    "extension": "by an extension",
    "kept": "decided",
    "changed": "what it makes pi run has changed",
    "setting": "by defaultProjectTrust",
    "undecided": "nobody has decided",
    "nothing": "it brings nothing that needs trust",
}


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    trust = subject.configured.trust
    why = _BASES.get(trust.basis, trust.basis)
    section.fact("folder", subject.cwd)
    section.fact("trusted", "yes" if trust.is_trusted else "no", why)
    for part in trust.gated:
        section.fact("brings", part, "loaded" if trust.is_trusted else "not loaded")
    if trust.basis == "undecided":
        section.warn(
            "what this project brings is not loaded, since nobody has decided about it",
            "look at it; then `pi trust yes`, or `pi trust no` to be silent about it",
        )
    elif trust.basis == "changed":
        section.warn(
            f"not loaded, since it has changed: {', '.join(trust.changed)}",
            "look at the changes; then `pi trust yes`",
        )
    for line in trust.warnings:
        section.problem(line, "correct the file, or delete it and decide again with `pi trust`")
    _check_file(paths.trust_file(subject.agent_dir), section)


def _check_file(path: str, section: Section) -> None:
    """A broken trust.json is not met where nothing needs trust; it is still broken."""
    try:
        read_object(path)
    except FileError as error:
        if not any(path in finding.text for finding in section.findings):
            section.problem(str(error), "correct the file, or delete it and decide again")
