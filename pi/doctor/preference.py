"""Every setting that is not its default, and the file it comes from."""

from __future__ import annotations

import json

from pi.settings.table import ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.doctor.report import Section
    from pi.doctor.subject import Subject

_LONGEST = 100


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    found = subject.configured.settings
    for line in found.warnings:
        section.problem(line, "correct that line of the file; until then it does not count")
    for key in ROWS:
        source = found.source_of(key)
        if source != "default":
            section.fact("set", f"{key} = {_told(found.get(key))}", source)
    known = {key.split(".")[0] for key in ROWS}
    for layer in found.layers:
        unknown = [key for key in layer.data if key not in known and key != "$schema"]
        if unknown:
            section.fact("not known", ", ".join(unknown), f"kept as they are, {layer.scope}")
    if not section.facts and not section.findings:
        section.fact("set", "nothing", "every setting has its default")


def _told(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
