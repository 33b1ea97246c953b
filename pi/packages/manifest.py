"""What a package says of itself: `package.json` with its `pi` key.

    read_manifest("/x/tools")
    # Manifest(name="tools", version="1.0.0", lists={"skills": ["./skills", "!skills/old"]})

    {"name": "tools", "version": "1.0.0", "pi": {"skills": ["./skills"], "python": ["markdown>=3"]}}

`lists` is None where the package names nothing: then its usual folders count. What is wrong with a
file is one line, and the package is taken as if it had none. Source: the reference's packages page;
`pi.python`, the Python packages that the extensions import, is ours.
"""

from __future__ import annotations

import os

from pi import files
from pi.packages.site import KINDS
from pi.settings.jsonfile import FileError, parse_object
from pi.text.unicode import clean, decode, shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BYTES = 1 << 20
MAX_ENTRIES = 1000
FILE = "package.json"
CHANGELOG = "CHANGELOG.md"


class Manifest(Value):
    """A package.json, as far as pi is concerned. `python` are requirements of its extensions;
    `changelog` is a path below the package, "" for none."""

    name: str = ""
    version: str = ""
    lists: dict[str, list[str]] | None = None
    python: tuple[str, ...] = ()
    changelog: str = CHANGELOG


def read_manifest(root: str, problems: list[str]) -> Manifest:
    """The manifest of a package folder; the empty one where there is none that can be read."""
    path = os.path.join(root, FILE)
    try:
        data = parse_object(decode(files.read_bounded(path, MAX_BYTES)), path)
    except (FileNotFoundError, NotADirectoryError):
        return Manifest()
    except OSError as error:
        problems.append(f"{shown(path)}: cannot be read ({error.strerror or error})")
        return Manifest()
    except FileError as error:
        problems.append(shown(str(error)))
        return Manifest()
    own = data.get("pi")
    own = own if isinstance(own, dict) else {}
    lists = {kind: _strings(own[kind]) for kind in KINDS if isinstance(own.get(kind), list)}
    return Manifest(
        _text(data.get("name")),
        _text(data.get("version")),
        lists or None,
        tuple(_strings(own.get("python"))),
        own["changelogPath"] if isinstance(own.get("changelogPath"), str) else CHANGELOG,
    )


def changelog_of(root: str) -> str:
    """The path of a package's changelog; "" if it has none."""
    name = read_manifest(root, []).changelog
    path = os.path.normpath(os.path.join(root, name.replace("\0", "")))
    return path if path.startswith(root + os.sep) and os.path.isfile(path) else ""


def _text(value: Any) -> str:
    return clean(value) if isinstance(value, str) and value.isprintable() else ""


def _strings(value: Any) -> list[str]:
    found = value if isinstance(value, list) else []
    return [each for each in found if isinstance(each, str) and "\0" not in each][:MAX_ENTRIES]
