"""Keeps the model's file tools away from files it must not change.

Names are compared with each part of the real path, so that `a/../.env` and a link to `.env` are
found too. Other names can be set:

    {"extensionSettings": {"protected_paths": {"names": [".env", "*.pem", "migrations"]}}}

    pi -e examples/extensions/protected_paths.py -p "Write X=1 to .env"
"""

import os
from fnmatch import fnmatch

WRITING = ("write", "edit")
NAMES = [".env", ".env.*", ".git", "node_modules", "*.pem", "id_rsa", "id_ed25519"]


def extend(pi):
    pi.register_setting("names", "list", NAMES, "file and folder names that are protected")

    def protected(path, cwd):
        """The part of a path that is protected; None if none is."""
        whole = os.path.join(cwd, os.path.expanduser(path.removeprefix("@")))
        real = os.path.realpath(whole)
        parts = os.path.relpath(real, os.path.realpath(cwd)).split(os.sep)
        names = [name for name in pi.get_setting("names") if isinstance(name, str)]
        found = (part for part in parts if any(fnmatch(part, name) for name in names))
        return next(found, None)

    @pi.on("tool_call")
    def guard(event, ctx):
        if event.tool_name not in WRITING:
            return None
        path = str(event.input.get("path", ""))
        part = protected(path, ctx.cwd)
        if part is None:
            return None
        ctx.ui.notify(f"Kept {event.tool_name} away from {path}", "warning")
        return {"block": True, "reason": f"{path} is protected ({part}): leave it as it is."}
