"""The program itself: version, how it was installed, the Python it runs on."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from shutil import which

from pi import __version__, runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.doctor.report import Section
    from pi.doctor.subject import Subject

NEEDED = {
    "ssl": "https does not work, so no provider can be asked",
    "zlib": "packed answers and images cannot be read",
    "fcntl": "files cannot be locked",
    "select": "commands cannot be run",
    "hashlib": "nothing can be verified",
    "unicodedata": "widths of characters are not known",
}
"""Parts of Python that may be missing in one that was built without them -> what fails then."""

USEFUL = {"git": "packages from git and the marks of repositories need it"}
"""Programs -> what needs them."""


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    kind, where = installation()
    section.fact("version", __version__, kind)
    section.fact("place", where)
    implementation = sys.implementation.name
    version = ".".join(map(str, sys.version_info[:3]))
    section.fact("python", f"{implementation} {version}", sys.executable or "no path is known")
    system = os.uname()
    section.fact("system", f"{system.sysname} {system.release} {system.machine}")
    _encoding(section)
    _missing(section)
    _on_path(subject, section, where)


def installation() -> tuple[str, str]:
    """How pi was installed, and where it is."""
    archive = runtime.archive()
    if runtime.is_frozen():
        return "one program with its own Python", sys.executable
    if archive:
        return "zip archive", os.path.abspath(archive)
    home = os.path.dirname(os.path.dirname(os.path.abspath(runtime.__file__)))
    if runtime.docs_folder():
        return "source tree", home
    return "installed package", os.path.join(home, "pi")


def _encoding(section: Section) -> None:
    names = sys.getfilesystemencoding()
    section.fact("encoding", f"names of files: {names}; output: {sys.stdout.encoding}")
    if names.lower().replace("-", "") != "utf8":
        section.warn(
            f"names of files are taken for {names}, not UTF-8",
            "set LC_ALL to a UTF-8 locale, for example C.UTF-8",
        )


def _missing(section: Section) -> None:
    for name, effect in NEEDED.items():
        if not _can_import(name):
            section.problem(
                f"this Python has no module {name}: {effect}",
                "run pi with another Python (python3 of the system), or build this one with it",
            )


def _can_import(name: str) -> bool:
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def _on_path(subject: Subject, section: Section, where: str) -> None:
    path = subject.environ.get("PATH")
    for name, effect in USEFUL.items():
        if which(name, path=path) is None:
            section.warn(f"there is no program {name} on PATH: {effect}", f"install {name}")
    found = which("pi", path=path)
    if found:
        real = os.path.realpath(found)
        is_this = real.startswith(os.path.realpath(where)) or real == os.path.realpath(sys.argv[0])
        section.fact("pi on PATH", found, "this one" if is_this else "another one than this")
