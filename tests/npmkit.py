"""Installing npm packages in tests: an `Npm` for a server, and what came of it on the disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pi.cancel import CancelToken
from pi.packages.fetch import Policy
from pi.packages.npm_tree import read_tree
from pi.packages.origin import Origins

NO_PAUSES = Policy(max_retries=2, base_delay_ms=1, max_delay_ms=1, max_requested_ms=50)


def made(server, tmp_path, *, offline=False, **environ):
    """A new `Npm` for a home below `tmp_path`, without long pauses."""
    environ = {
        "HOME": str(tmp_path),
        "PATH": "",
        "PREFIX": str(tmp_path),
        "npm_config_registry": server.url,
        **environ,
    }
    origins = Origins(str(tmp_path / "agent"), environ, offline=offline, policy=NO_PAUSES)
    return origins.npm()


def install(npm, spec, root, steps=None):
    return npm.install(
        spec, root, token=CancelToken(), progress=steps.append if steps is not None else None
    )


def layout(root):
    """Place -> version of everything below node_modules."""
    return {node.place: node.version for node in read_tree(root).walk() if node.place}


def wanted_by(root):
    """The package.json of a root."""
    return json.loads(Path(root, "package.json").read_text())


def left_over(root):
    """What an installation must not leave behind."""
    return [
        name
        for folder, folders, names in os.walk(root)
        for name in [*folders, *names]
        if name.startswith(".pi-") and name not in (".pi-lock", ".pi-places.json")
    ]
