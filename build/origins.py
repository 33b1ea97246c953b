"""Where the builder's own npm and pip fetch packages: the addresses an artefact is given.

    python3 build/origins.py        {"npm": "https://...", "pypi": "https://..."}

No registry stands in the sources, since which one is right depends on where one is. So an artefact
takes over what the machine that builds it uses, and a user's own configuration goes before it.
`pi/packages/origin.py` reads it from the data file `origins.json`. A login in an address is left
out; what is not known is not in it. Nothing is asked over the network.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

NAME = "origins.json"
PATIENCE_S = 60


def origins(npm: str | None = None, pypi: str | None = None) -> dict[str, str]:
    """The addresses by kind; `npm` and `pypi` replace what is configured here, "" by nothing."""
    found = {
        "npm": _npm_registry() if npm is None else npm,
        "pypi": _pypi_index() if pypi is None else pypi,
    }
    return {kind: address for kind, text in found.items() if (address := public(text))}


def data(found: dict[str, str]) -> bytes:
    """The data file."""
    return json.dumps(found, indent=2, sort_keys=True).encode() + b"\n"


def public(address: str) -> str:
    """An http(s) address without login, query and fragment; "" for anything else."""
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}/"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options with which a builder says otherwise."""
    parser.add_argument("--npm-registry", help="npm registry of the program; default: npm's here")
    parser.add_argument("--pypi-index", help="index of Python packages; default: pip's here")


def chosen(options: argparse.Namespace) -> bytes:
    """The data file that the options ask for."""
    return data(origins(options.npm_registry, options.pypi_index))


def _npm_registry() -> str:
    return _said_by("npm", "config", "get", "registry")


def _pypi_index() -> str:
    pip = (sys.executable, "-m", "pip")
    configured = os.environ.get("PIP_INDEX_URL", "")
    for key in ("install.index-url", "global.index-url"):
        configured = configured or _said_by(*pip, "config", "get", key)
    if configured:
        return configured
    found = re.search(r"\(default:?\s+(https?://[^\s)]+)\)", _said_by(*pip, "install", "--help"))
    return found[1] if found else ""


def _said_by(*command: str) -> str:
    """What a command prints; "" when it is not there or fails."""
    try:
        done = subprocess.run(
            command,
            cwd=os.path.expanduser("~"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.stdout.buffer.write(data(origins()))
