"""The entry point: `python3 -m pi`, the console script and the packaged programs start here."""

from __future__ import annotations

import os
import sys

from pi import __version__, runtime

HOW_TO_REPORT = "This is a bug in pi. Set PI_DEBUG=1 to see where, and report it with the command."


def main(argv: list[str] | None = None) -> int:
    """Run the program; returns the exit status."""
    words = sys.argv[1:] if argv is None else argv
    _open_standard_streams()
    runtime.clean_environment(os.environ)
    runtime.force_utf8(sys.stdout, sys.stderr)
    if words in (["--version"], ["-v"]):
        sys.stdout.write(f"{__version__}\n")
        return 0
    from pi.cli import run  # noqa: PLC0415 - start-up: --version needs none of it

    return run(words)


def _open_standard_streams() -> None:
    """Give closed descriptors 0 to 2 a place, so that no file opened later is taken for one."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        continue  # it took the place of a closed one
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - kept


if __name__ == "__main__":
    sys.exit(main())
