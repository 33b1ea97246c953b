"""Wheels of pure Python: which ones run here, and what they ask for.

    parse("markdown-3.6-py3-none-any.whl")      WheelName("markdown", "3.6"); None if not pure
    unpack(path, folder, "markdown@3.6", job)   its modules and its .dist-info, into one folder
    read_metadata(folder, "markdown")           Metadata("markdown", "3.6", [...], ">=3.8")

Only wheels that say `none-any` for a Python 3 are taken: others hold machine code. Of a wheel's
`.data` folder the modules are put in place; scripts, headers and data are for installations that
have a place for them, and are left out. `.pth` files, which Python would run, are too.

Source: the specifications "Binary distribution format" and "Core metadata".
"""

from __future__ import annotations

import os
import re
import sys
from email.parser import HeaderParser

from pi import files
from pi.errors import PackageError
from pi.packages import swap
from pi.packages.requirement import normalised
from pi.packages.unpack import unpack_into
from pi.text.unicode import decode
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.packages.progress import Job

METADATA_LIMIT = 4 * 2**20

_FILE = re.compile(
    r"(?P<name>[A-Za-z0-9._]+)-(?P<version>[A-Za-z0-9._!+]+)(?:-[0-9][A-Za-z0-9_.]*)?"
    r"-(?P<python>[A-Za-z0-9_.]+)-none-any\.whl",
    re.ASCII,
)
_TAG = re.compile(r"py3(\d*)\Z")


class WheelName(Value):
    """What the name of a wheel says. `python` are its tags: "py2.py3"."""

    name: str
    version: str
    python: str


class Metadata(Value):
    """What a wheel says about itself. `requires` are requirements as text."""

    name: str
    version: str
    requires: list[str]
    requires_python: str


def parse(file_name: str, minor: int = sys.version_info[1]) -> WheelName | None:
    """What a file name says; None for what is no wheel of pure Python for Python 3.`minor`."""
    found = _FILE.fullmatch(file_name) if len(file_name) <= 255 else None
    if found is None or not any(_runs(tag, minor) for tag in found["python"].split(".")):
        return None
    return WheelName(normalised(found["name"]), found["version"], found["python"])


def _runs(tag: str, minor: int) -> bool:
    match = _TAG.match(tag)
    return match is not None and int(match[1] or 0) <= minor


def unpack(path: str, folder: str, subject: str, job: Job) -> None:
    """Put what a wheel installs into a folder of ours. Raises PackageError, Cancelled."""
    unpack_into(path, folder, subject, job)
    try:
        for name in os.listdir(folder):
            place = os.path.join(folder, name)
            if name.endswith(".pth"):
                swap.clear(place)
            elif name.endswith(".data") and os.path.isdir(place):
                _spread(place, folder)
    except OSError as error:
        raise PackageError(f"{subject}: cannot be unpacked ({files.reason(error)})") from None


def _spread(data: str, folder: str) -> None:
    """Move the modules of a .data folder to where they belong, and drop the rest."""
    for kind in ("purelib", "platlib"):
        start = os.path.join(data, kind)
        for place, _, names in os.walk(start):
            target = os.path.join(folder, os.path.relpath(place, start))
            os.makedirs(target, exist_ok=True)
            for name in names:
                os.replace(os.path.join(place, name), os.path.join(target, name))
    swap.clear(data)


def read_metadata(folder: str, name: str) -> Metadata:
    """The metadata of a wheel that was unpacked into a folder. Raises PackageError."""
    start = [entry for entry in os.listdir(folder) if entry.endswith(".dist-info")]
    found = [entry for entry in start if normalised(entry.partition("-")[0]) == normalised(name)]
    if not found:
        raise PackageError(f"{name}: its wheel holds no metadata (.dist-info)")
    path = os.path.join(folder, found[0], "METADATA")
    try:
        text = decode(files.read_bounded(path, METADATA_LIMIT))
    except OSError as error:
        raise PackageError(f"{name}: its wheel's metadata: {files.reason(error)}") from None
    head = HeaderParser().parsestr(text)
    return Metadata(
        str(head.get("Name", name)),
        str(head.get("Version", "")),
        [" ".join(str(value).split()) for value in head.get_all("Requires-Dist", [])],
        str(head.get("Requires-Python", "")),
    )
