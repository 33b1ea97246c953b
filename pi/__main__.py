"""The entry point: `python3 -m pi`, the console script and the packaged programs start here."""

from __future__ import annotations

import os
import sys

from pi import __version__, runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

DAMAGED = "the compiled files of pi were damaged (a full disk?) and are removed now: run it again"
HOW_TO_REPORT = "This is a bug in pi. Set PI_DEBUG=1 to see where, and report it with the command."


def main(argv: list[str] | None = None) -> int:
    """Run the program; returns the exit status."""
    words = sys.argv[1:] if argv is None else argv
    _open_standard_streams()
    runtime.clean_environment(os.environ)
    runtime.force_utf8(sys.stdout, sys.stderr)
    if words in (["--version"], ["-v"]):
        sys.stdout.write(f"{__version__}\n")
        return _flushed(0)
    return _flushed(_run(words))


def _run(words: list[str]) -> int:
    try:
        from pi.cli import run  # noqa: PLC0415 - start-up: --version needs none of it

        return run(words)
    except KeyboardInterrupt:  # before anything listened for it
        return 130
    except Exception as error:  # the last resort: one line, whatever happened
        if os.environ.get("PI_DEBUG"):
            raise
        is_damage = isinstance(error, EOFError) and "marshal" in str(error)
        if is_damage:
            runtime.drop_bytecode()
        what = DAMAGED if is_damage else f"{type(error).__name__}: {error}. {HOW_TO_REPORT}"
        sys.stderr.write("Error: " + " ".join(what.split()) + "\n")
        return 1


def _flushed(status: int) -> int:
    """Write out what is buffered, and the status after that.

    Where that fails, the interpreter would try again at its end, complain and exit with 120.
    """
    trouble = _flush(1, sys.stdout)
    if trouble and not status:
        sys.stderr.write(f"Error: cannot write to standard output: {trouble}\n")
    _flush(2, sys.stderr)
    return status or int(bool(trouble))


def _flush(number: int, stream: TextIO) -> str:
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        return error.strerror
    return ""


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
