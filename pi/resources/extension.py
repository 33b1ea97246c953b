"""Which files of a folder are extensions: `*.py`, and folders with `__init__.py` or `index.py`.

    extension_files("/home/u/.pi/agent/extensions", problems, foreign)
    # ["/home/u/.pi/agent/extensions/guard.py", "/home/u/.pi/agent/extensions/todo/__init__.py"]
    entry_files("/x/todo", problems, foreign)       the same for one folder that is an extension

A folder may name its entry files in `package.json` (`pi.extensions`). Looking goes one level deep.
Names that begin with a dot or an underscore are helpers of others, not extensions. TypeScript and
JavaScript cannot be run here: it is collected in `foreign`, unless the same is there in Python.
"""

from __future__ import annotations

import os

from pi.text.unicode import shown

SCRIPTS = (".ts", ".js", ".mjs", ".cjs", ".mts", ".cts")
MAX_ENTRIES = 5000

BUILT_IN = "builtin:"
"""What names of the reference's own extensions begin with; there are none of them here."""

_OWN = ("__init__.py", "index.py")
_OTHERS = ("index.ts", "index.js")
_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")


def extension_files(folder: str, problems: list[str], foreign: list[str]) -> list[str]:
    """The entry files of the extensions that lie in a folder, in the order of names."""
    names = _names(folder, problems)
    found = []
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            found += entry_files(path, problems, foreign) or []
        elif name.endswith(".py"):
            found.append(path)
        elif is_script(name) and f"{os.path.splitext(name)[0]}.py" not in names:
            foreign.append(path)
    return found


def entry_files(folder: str, problems: list[str], foreign: list[str]) -> list[str] | None:
    """The entry files of the extension that a folder is; None if it is none."""
    named = _manifest_entries(folder, problems)
    if named is not None:
        return _named(folder, named, problems, foreign)
    for name in _OWN:
        if os.path.isfile(os.path.join(folder, name)):
            return [os.path.join(folder, name)]
    for name in _OTHERS:
        if os.path.isfile(os.path.join(folder, name)):
            foreign.append(os.path.join(folder, name))
            return []
    return None


def _manifest_entries(folder: str, problems: list[str]) -> list[str] | None:
    if not os.path.lexists(os.path.join(folder, "package.json")):
        return None
    from pi.packages.manifest import read_manifest  # noqa: PLC0415 - start-up: only with one

    return (read_manifest(folder, problems).lists or {}).get("extensions")


def is_script(name: str) -> bool:
    """Whether a file is TypeScript or JavaScript that would be run by the reference."""
    return name.endswith(SCRIPTS) and not name.endswith(_DECLARATIONS)


def is_helper(name: str) -> bool:
    """Whether a file is a part of extensions beside it, and none itself."""
    return name.startswith("_") and name not in _OWN


def _named(folder: str, entries: list[str], problems: list[str], foreign: list[str]) -> list[str]:
    found = []
    for entry in entries:
        path = os.path.normpath(os.path.join(folder, entry))
        if not path.startswith(folder.rstrip(os.sep) + os.sep):
            problems.append(f"{shown(folder)}: {shown(entry)} is outside of it; not loaded")
        elif is_script(path):
            foreign.append(path)
        elif path.endswith(".py") and os.path.isfile(path):
            found.append(path)
        else:
            own = (os.path.join(path, name) for name in _OWN)
            file = next((each for each in own if os.path.isfile(each)), None)
            if file is None:
                problems.append(f"{shown(path)}: is no extension")
            else:
                found.append(file)
    return found


def _names(folder: str, problems: list[str]) -> list[str]:
    try:
        names = sorted(os.listdir(folder), key=os.fsencode)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return []
    except OSError as error:
        problems.append(f"{shown(folder)}: cannot be read ({error.strerror})")
        return []
    if len(names) > MAX_ENTRIES:
        problems.append(f"{shown(folder)}: holds more than {MAX_ENTRIES} files; not all count")
    return [each for each in names[:MAX_ENTRIES] if each[0] not in "._" and each != "node_modules"]
