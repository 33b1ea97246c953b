"""Project trust: whether settings and resources that a folder brings along may take effect.

    trust = decide(project, agent_dir, home, approval=None, default="ask")
    trust.is_trusted      False
    trust.basis           "undecided"
    trust.gated           [".pi/settings.json", ".agents/skills"]

The first that says something decides: the flag (`approval`), an extension of the user (`answer`),
the decision kept for the project or the nearest folder above it (`trust.json`, real paths), the
user's defaultProjectTrust. Nobody is asked here: what is undecided is not trusted.

    basis         meaning
    flag          --approve, --no-approve or --untrusted
    extension     a handler of project_trust said yes or no
    kept          trust.json says yes or no
    changed       trust.json says yes, but what pi would run is not what was trusted
    setting       defaultProjectTrust is always or never
    undecided     nothing says anything
    nothing       there is nothing that needs trust

Source: `contracts.md` section 8. Stricter here: a kept decision holds for what the project would
make pi run, as it was (`pi.resources.executable`); nothing of an untrusted project's settings
counts, its sessionDir neither. Context files (AGENTS.md) need no trust; --untrusted leaves them
out. `trust.json` has the reference's form, so both programs can share it.
"""

from __future__ import annotations

import os
import stat

from pi import paths
from pi.settings.jsonfile import FileError, change, read_object
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

GATED = (
    "settings.json",
    "mcp.json",
    "extensions",
    "skills",
    "prompts",
    "themes",
    "SYSTEM.md",
    "APPEND_SYSTEM.md",
)
"""What in a project's `.pi` folder needs trust."""

APPROVE = "approve"
NO_APPROVE = "no-approve"
UNTRUSTED = "untrusted"
APPROVALS = (APPROVE, NO_APPROVE, UNTRUSTED)
"""The flags that decide for one run; the last one given counts."""


class Trust(Value):
    """What was decided about a project, and why; see the module's head.

    `gated` are the paths that need trust, relative to the project where they are below it.
    `changed` are the parts of what pi would run that differ from what was trusted. `warnings` are
    about the files the decision was read from.
    """

    is_trusted: bool
    basis: str
    gated: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def remarks(self) -> list[str]:
        """What a run without a screen should tell: what was not loaded though nobody forbade it."""
        lines = list(self.warnings)
        found = ", ".join(map(shown, self.gated))
        if self.basis == "undecided":
            lines.append(
                f"not loaded, since nobody has decided to trust this project: {found} "
                "(--approve loads it for one run, `pi trust yes` from now on)"
            )
        elif self.basis == "changed":
            parts = ", ".join(map(shown, self.changed))
            lines.append(
                f"not loaded, since what this project makes pi run has changed: {parts} "
                "(look at it; then --approve for one run, `pi trust yes` from now on)"
            )
        return lines


def decide(
    project: str,
    agent_dir: str,
    home: str,
    *,
    approval: str | None = None,
    default: str = "ask",
    answer: bool | None = None,
) -> Trust:
    """Whether a project is trusted. `default` is the user's defaultProjectTrust, `answer` what an
    extension of the user said.

    When a kept decision is met for the first time, what the project makes pi run is put on record.
    """
    found = gated(project, home)
    if approval is not None:
        return Trust(approval == APPROVE, "flag", found)
    if not found:
        return Trust(True, "nothing")
    if answer is not None:
        return Trust(answer, "extension", found)
    warnings: list[str] = []
    kept = _kept(agent_dir, project, warnings)
    if kept:
        return _as_kept(project, agent_dir, found, warnings)
    is_open = default == "ask" or (default == "always" and bool(warnings))  # a "no" may be lost
    basis = "kept" if kept is False else "undecided" if is_open else "setting"
    is_trusted = basis == "setting" and default == "always"
    return Trust(is_trusted, basis, found, (), tuple(warnings))


def _as_kept(project: str, agent_dir: str, found: tuple[str, ...], warnings: list[str]) -> Trust:
    """The project was trusted once: it still is if it makes pi run what it did then."""
    from pi.resources import executable  # noqa: PLC0415 - start-up: only for trusted projects

    now = executable.fingerprint(project)
    try:
        before = executable.recorded(agent_dir, project)
        if before is None:
            executable.record(agent_dir, project, now)
            before = now
    except FileError as error:
        warnings.append(f"{error}; changes of this project cannot be noticed")
        before = now
    changed = executable.difference(before, now)
    basis = "changed" if changed else "kept"
    return Trust(not changed, basis, found, tuple(changed), tuple(warnings))


def gated(project: str, home: str) -> tuple[str, ...]:
    """What a project has that needs trust: parts of `.pi`, and `.agents/skills` here or above.

    The user's own `~/.agents/skills` needs none, wherever the project is.
    """
    project = os.path.realpath(project)
    folder = os.path.join(project, paths.PROJECT_FOLDER)
    found = [
        f"{paths.PROJECT_FOLDER}/{name}"
        for name in GATED
        if os.path.lexists(os.path.join(folder, name))
    ]
    own = os.path.join(os.path.realpath(home), ".agents", "skills")
    for above in paths.upwards(project):
        path = os.path.join(above, ".agents", "skills")
        if path != own and _exists(path):
            found.append(os.path.relpath(path, project) if above == project else path)
    return tuple(found)


def kept(agent_dir: str, project: str) -> tuple[str, bool] | None:
    """The kept decision that holds for a project, and the folder it was made for.

    Raises FileError for a trust.json that cannot be used.
    """
    data = read_object(paths.trust_file(agent_dir)) or {}
    for folder in paths.upwards(os.path.realpath(project)):
        if isinstance(data.get(folder), bool):
            return folder, data[folder]
    return None


def keep(agent_dir: str, decisions: Mapping[str, bool | None]) -> None:
    """Keep decisions about folders, None to forget one; those about others stay.

    A project that is trusted is so as it is now: what it makes pi run is put on record. Raises
    FileError.
    """
    from pi.resources import executable  # noqa: PLC0415 - start-up: only when asked to

    decisions = {os.path.realpath(folder): decision for folder, decision in decisions.items()}

    def edit(data: dict[str, object]) -> None:
        for folder, decision in decisions.items():
            data.pop(folder, None)
            if decision is not None:
                data[folder] = decision
        for folder in sorted(data):  # in the order the reference writes
            data[folder] = data.pop(folder)

    change(paths.trust_file(agent_dir), edit)
    for folder, decision in decisions.items():
        now = executable.fingerprint(folder) if decision else None
        executable.record(agent_dir, folder, now)


def renew(trust: Trust, agent_dir: str, project: str) -> None:
    """Put on record what a project makes pi run after a change that the user asked for.

    Only where it was trusted by a kept decision, as it was until now. Raises FileError.
    """
    if trust.is_trusted and trust.basis == "kept":
        from pi.resources import executable  # noqa: PLC0415 - start-up: only after a change

        executable.record(agent_dir, project, executable.fingerprint(project))


def _kept(agent_dir: str, project: str, warnings: list[str]) -> bool | None:
    try:
        found = kept(agent_dir, project)
    except FileError as error:
        warnings.append(f"{error}; no decision about trust can be read from it")
        return None
    return None if found is None else found[1]


def _exists(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError):
        return os.path.islink(path)
