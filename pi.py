#!/usr/bin/env python3
"""Start pi from a source tree: `python3 pi.py ...`. Nothing has to be installed."""

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - for whoever has an older one
    sys.exit("pi needs Python 3.10 or newer; this is " + sys.version.split()[0])

# The bytecode cache is most of the start-up time. Where PYTHONDONTWRITEBYTECODE is set (as in most
# container images) it is still kept for this package alone; a tree that cannot be written is fine.
sys.dont_write_bytecode = False

try:
    from pi.__main__ import main
except EOFError:  # a full disk cut a file of that cache; later imports are looked after in there
    import pathlib
    import shutil

    for folder in pathlib.Path(__file__).resolve().parent.glob("pi/**/__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit("Error: compiled files of pi were damaged and are removed now: run it again")

if __name__ == "__main__":
    sys.exit(main())
