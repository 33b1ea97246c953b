"""`pi trust`: whether the settings and resources of this project may take effect.

pi trust            what is decided, why, and what it is about; changes nothing
pi trust yes        trust this project as it is now
pi trust no         never load what it brings
pi trust forget     no decision of its own any more
"""

from __future__ import annotations

import os
import sys

from pi import paths
from pi.assembly.configuration import open_configuration
from pi.errors import EXIT_OK, UsageError
from pi.resources import executable
from pi.resources.trust import keep, kept
from pi.subcommands.option import HELP, read
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.assembly.configuration import Configuration

USAGE = """\
pi trust: may what this project brings along take effect?

Usage:
  pi trust [FOLDER]          what is decided, and what it is about
  pi trust yes [FOLDER]      trust the project, as what it makes pi run is now
  pi trust no [FOLDER]       do not
  pi trust forget [FOLDER]   no decision of its own any more

A decision holds for the folder and those in it. --approve, --no-approve and --untrusted decide for
one run; the setting defaultProjectTrust decides where nothing else does.
"""

_DECISIONS = {"yes": True, "no": False, "forget": None}
_BASES = {
    "nothing": "it brings nothing that needs trust",
    "setting": "by defaultProjectTrust",
    "undecided": "nobody has decided",
    "changed": "what it makes pi run has changed since it was trusted",
}


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run `pi trust`; returns the exit status. Raises PiError."""
    if any(word in HELP for word in words):
        return _print(USAGE)
    given = read(words, {}).words
    decides = bool(given) and given[0] in _DECISIONS
    folders = given[1:] if decides else given
    if len(folders) > 1:
        raise UsageError("pi trust takes one folder at most; see pi trust --help")
    home = paths.home_dir(environ)
    folder = paths.absolute(folders[0], cwd, home) if folders else cwd
    if not os.path.isdir(folder):
        hint = "" if decides or os.sep in folders[0] else "; or yes, no or forget"
        raise UsageError(f"there is no folder {shown(folder)}{hint}")
    if decides:
        keep(paths.agent_dir(environ, cwd), {folder: _DECISIONS[given[0]]})
    return _print(_told(open_configuration(environ, cwd).in_project(folder)))


def _told(configured: Configuration) -> str:
    trust, project = configured.trust, configured.project
    if trust.basis == "kept":
        place, _ = kept(configured.agent_dir, project) or (project, True)
        why = f"decided for {shown(place)}"
    else:
        why = _BASES[trust.basis]
    lines = [
        f"{shown(os.path.realpath(project))}: {'trusted' if trust.is_trusted else 'not trusted'} "
        f"({why})"
    ]
    changed = set(trust.changed)
    runs = executable.fingerprint(project)
    lines += [f"  loads {shown(path)}" for path in trust.gated]
    lines += [
        f"  runs  {shown(part)}{' (new or changed)' if part in changed else ''}"
        for part in sorted(runs)
    ]
    lines += [f"  {line}" for line in trust.warnings]
    return "".join(f"{line}\n" for line in lines)


def _print(text: str) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return EXIT_OK
