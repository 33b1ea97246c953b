"""AWS's shared files: `~/.aws/config` and `~/.aws/credentials`.

    files = load(lookup)
    files.profile("work")     {"region": "eu-west-1", "sso_session": "corp", ...}, None if unknown
    files.session("corp")     {"sso_region": "us-east-1", "sso_start_url": "https://..."}

A profile is a section of both files, `[profile work]` in the first, `[work]` in the second, whose
settings go over the first's. Lines that are indented belong to nested settings of other services
and are passed over. Source: "Configuration and credential file settings" of the AWS CLI's guide.
"""

from __future__ import annotations

import os
import re

from pi.text.unicode import decode
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Lookup = Callable[[str], "str | None"]
    Sections = dict[str, dict[str, str]]

DEFAULT = "default"
"""The profile that counts where none is named."""

_SECTION = re.compile(r"\[\s*([^\]]+?)\s*\]")
_COMMENT = re.compile(r"\s[#;].*")
_MAX_FILE = 1024 * 1024  # bytes


class Files(Value):
    """What the two files say. Their paths are for messages."""

    profiles: Sections
    sessions: Sections
    paths: tuple[str, str]

    def profile(self, name: str) -> dict[str, str] | None:
        """The settings of a profile, None if neither file has it."""
        return self.profiles.get(name)

    def session(self, name: str) -> dict[str, str]:
        """The settings of an SSO session; {} for one that is not there."""
        return self.sessions.get(name, {})


def load(lookup: Lookup) -> Files:
    """Both files as they are now; a file that is not there or cannot be read says nothing."""
    paths = (
        _path(lookup, "AWS_CONFIG_FILE", "config"),
        _path(lookup, "AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    )
    profiles: Sections = {}
    sessions: Sections = {}
    for section, settings in _sections(_read(paths[0])):
        kind, _, name = section.partition(" ")
        if section == DEFAULT or kind == "profile":
            profiles.setdefault(_unquoted(name) or section, {}).update(settings)
        elif kind == "sso-session":
            sessions.setdefault(_unquoted(name), {}).update(settings)
    for section, settings in _sections(_read(paths[1])):
        profiles.setdefault(_unquoted(section), {}).update(settings)
    return Files(profiles, sessions, paths)


def folder(lookup: Lookup) -> str:
    """The folder of AWS's own files."""
    home = lookup("HOME") or lookup("USERPROFILE") or os.path.expanduser("~")
    return os.path.join(home, ".aws")


def _path(lookup: Lookup, variable: str, name: str) -> str:
    named = lookup(variable)
    if named and named.startswith("~/"):
        return os.path.join(os.path.dirname(folder(lookup)), named[2:])
    return named or os.path.join(folder(lookup), name)


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return decode(file.read(_MAX_FILE)).lstrip("\ufeff")
    except OSError:
        return ""


def _sections(text: str) -> list[tuple[str, dict[str, str]]]:
    """(name, settings) of each section, in order; a name may come twice."""
    found: list[tuple[str, dict[str, str]]] = []
    for line in text.splitlines():
        header = _SECTION.match(line)
        if header:
            found.append((" ".join(header[1].split()), {}))
        elif found and line[:1] not in (" ", "\t", "#", ";"):
            name, equals, value = line.partition("=")
            if equals:
                found[-1][1][name.strip().lower()] = _COMMENT.sub("", value).strip()
    return found


def _unquoted(name: str) -> str:
    return name.strip().strip("\"'")
