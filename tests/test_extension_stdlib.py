"""Extensions may import anything of Python's standard library, in a packed program too.

With PI_TEST_COMMAND this is a test of an artefact: what it has to have is what the Python has that
runs the tests, less what `build/bundle.py` leaves out on purpose.
"""

from __future__ import annotations

import json
import subprocess
import sys

from tests import launch
from tests.extensionkit import write
from tests.test_packaging import bundle

TO_BE_FOUND = ("antigravity", "this")
"""Importing these has an effect: one opens a browser, one prints."""

LOOK = f"""
import importlib, importlib.util, json, os, sys, warnings
warnings.simplefilter("ignore")


def look():
    found, names = [], sorted(sys.stdlib_module_names - set({bundle.NOT_BUNDLED!r}))
    for name in names:
        try:
            if name in {TO_BE_FOUND!r}:
                assert importlib.util.find_spec(name)
            else:
                importlib.import_module(name)
        except (Exception, SystemExit):
            continue
        found.append(name)
    return found
"""

EXTENSION = f"""{LOOK}

def extend(pi):
    with open(os.path.join(os.environ["HOME"], "found"), "w") as stream:
        json.dump([list(sys.version_info[:2]), look()], stream)
"""


def test_all_of_the_standard_library_can_be_imported(agent_home, provider):
    here = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{LOOK}\nprint(json.dumps(look()))"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = set(json.loads(here.stdout.splitlines()[-1]))
    assert len(wanted) > 200
    assert {"sqlite3", "xml", "curses", "ctypes", "unittest", "pydoc", "this"} <= wanted
    write(agent_home, "everything.py", EXTENSION)
    provider.reply("ok")
    done = launch.run(agent_home, "-p", "hi", timeout_s=60)
    assert (done.code, done.stdout) == (0, "ok\n"), done.stderr
    version, found = json.loads((agent_home.home / "found").read_text())
    assert wanted - set(found) == set() or tuple(version) != sys.version_info[:2]
    assert len(found) > 200
