"""npm packages by a command of the user's: the setting `npmCommand`.

    run(["npm"], ["install", "left-pad@1"], "/home/u/.pi/agent/npm", environ, token)

Without the setting pi asks the registry itself and needs neither Node nor npm. With it, the command
is called as the reference calls it, so that proxies, mirrors and wrappers that are set up for it go
on working; only install scripts are switched off, by the variable npm and pnpm read. Source:
`contracts.md` section 9.
"""

from __future__ import annotations

import os

from pi import files, proc
from pi.errors import PackageError
from pi.settings.jsonfile import FileError, read_object
from pi.text.unicode import decode, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pi.cancel import CancelToken

TIMEOUT_S = 1800.0
_NO_SCRIPTS = {"npm_config_ignore_scripts": "true", "NPM_CONFIG_IGNORE_SCRIPTS": "true"}
_OPTIONS = ("--legacy-peer-deps", "--no-audit", "--no-fund")


def install(
    command: Sequence[str], spec: str, root: str, environ: Mapping[str, str], token: CancelToken
) -> None:
    """Have the command install a package below `root`. Raises PackageError."""
    _run(command, ["install", spec], root, environ, token)


def uninstall(
    command: Sequence[str], name: str, root: str, environ: Mapping[str, str], token: CancelToken
) -> None:
    """Have the command remove a package from `root`. Raises PackageError."""
    _run(command, ["uninstall", name], root, environ, token)


def facts(root: str, name: str) -> tuple[str, str]:
    """(address, integrity) of an installed package as npm noted them; "" for what it did not."""
    try:
        data = read_object(os.path.join(root, "node_modules", ".package-lock.json")) or {}
    except FileError:
        return "", ""
    packages = data.get("packages")
    entry = packages.get(f"node_modules/{name}") if isinstance(packages, dict) else None
    entry = entry if isinstance(entry, dict) else {}
    found = (entry.get("resolved"), entry.get("integrity"))
    return tuple(each if isinstance(each, str) else "" for each in found)  # type: ignore[return-value]


def _run(
    command: Sequence[str],
    words: list[str],
    root: str,
    environ: Mapping[str, str],
    token: CancelToken,
) -> None:
    argv = [*command, *words, "--prefix", root, *_OPTIONS]
    name = os.path.basename(argv[0]) if argv[0] else "npmCommand"
    try:
        files.make_folder(root)
        done = proc.capture(
            argv, timeout_s=TIMEOUT_S, env={**environ, **_NO_SCRIPTS}, token=token, limit=1 << 24
        )
    except (OSError, proc.StartError) as error:
        raise PackageError(f"the setting npmCommand cannot be run: {error}") from None
    if done.code != 0:
        said = [line for line in decode(done.stderr).splitlines() if line.strip()]
        why = f": {shown(said[-1].strip())}" if said else ""
        raise PackageError(f"{name} {words[0]} {words[1]} failed with code {done.code}{why}")
