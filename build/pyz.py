"""Pack pi into `dist/pi.pyz`: one file that any Python from 3.10 on runs, on any system.

    python3 build/pyz.py                                          dist/pi.pyz
    python3 build/pyz.py --python python3.11 --python python3.13  byte code for these
    ./pi.pyz -p hi   or   sh pi.pyz -p hi   or   python3 pi.pyz -p hi

The file is a small shell script with a zip archive behind it. The script starts Python isolated
(`-I -S`: the user's PYTHONPATH and site-packages cannot break pi, and starting costs half) and with
UTF-8 (`-X utf8`). The archive holds every source file, so every Python can run it, and byte code
for the interpreter that builds it or for those asked for, as `pi/cli.cpython-311.pyc`;
`__main__.py` makes the archive importer look for the running interpreter's byte code first. Others
compile what they import, at every start. `build/README.md` has figures.

The bytes depend on the sources, the interpreters and the addresses of registries (`origins.py`):
sorted names, one date, byte code compiled with relative file names and a fixed hash seed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import zipfile
from base64 import b64decode
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = 10, 14  # Python 3.10 to 3.14: the names that are tried
_DATE = (1980, 1, 1, 0, 0, 0)

HEADER = """\
#!/bin/sh
# pi {version}. Behind this script is a zip archive: unzip it to read the program.
for python in "${{PI_PYTHON-}}" python3 {others}; do
  [ -n "$python" ] && command -v "$python" >/dev/null 2>&1 &&
    exec "$python" -I -S -X utf8 "$0" "$@"
done
echo "pi: needs Python 3.{oldest} or newer; there is no python3 on PATH" >&2
exit 127
"""

MAIN = '''\
"""Entry of the archive. It must be readable by any Python 3, to say that one is too old."""

import sys


def newer_python():
    """Start a newer interpreter in this one's place, if there is one."""
    import os
    import shutil
    import subprocess

    for minor in range({newest}, {oldest} - 1, -1):
        path = shutil.which("python3.%d" % minor)
        command = [path, "-I", "-S", "-X", "utf8"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if path and subprocess.call(command + ["-c", ""], **quiet) == 0:
            os.execv(path, command + sys.argv)
    sys.exit("pi: needs Python 3.{oldest} or newer, this is %d.%d" % sys.version_info[:2])


def prefer_byte_code():
    """Let the archive importer find this interpreter's byte code before the source."""
    import zipimport

    order = getattr(zipimport, "_zip_searchorder", None)
    tag = sys.implementation.cache_tag
    if order and tag:
        package, module = "/__init__.%s.pyc" % tag, ".%s.pyc" % tag
        zipimport._zip_searchorder = ((package, True, True), (module, True, False)) + order


if sys.version_info < (3, {oldest}):
    newer_python()
prefer_byte_code()
from pi.__main__ import main  # noqa: E402

sys.exit(main())
'''

COMPILER = '''\
"""Compile files given as [[path, name inside the archive], ...] on stdin; write JSON to stdout."""
import base64, importlib.util, json, marshal, sys

rows = {}
for path, name in json.load(sys.stdin):
    with open(path, "rb") as file:
        source = file.read()
    code = compile(source, name, "exec", dont_inherit=True)
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little")  # by hash, never checked
    data = head + importlib.util.source_hash(source) + marshal.dumps(code)
    rows[name] = base64.b64encode(data).decode()
json.dump({"tag": sys.implementation.cache_tag, "files": rows}, sys.stdout)
'''


def package_files(tree: Path) -> dict[str, Path]:
    """Every file of the package by its name in the archive, sorted."""
    found = {
        path.relative_to(tree).as_posix(): path
        for path in (tree / "pi").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    return dict(sorted(found.items()))


def version_of(tree: Path) -> str:
    """The version, read without importing the package."""
    for line in (tree / "pi/__init__.py").read_text("utf-8").splitlines():
        if line.startswith("__version__"):
            return line.split('"')[1]
    raise SystemExit(f'pyz: {tree / "pi/__init__.py"} has no line __version__ = "..."')


def byte_code(python: str, sources: dict[str, Path]) -> dict[str, bytes]:
    """Name in the archive -> byte code, for one interpreter."""
    rows = json.dumps([[str(path), name] for name, path in sources.items()])
    done = subprocess.run(
        [python, "-S", "-s", "-c", COMPILER],
        input=rows,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "0", "PATH": os.defpath},
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"pyz: {python} cannot compile the sources:\n{done.stderr}")
    made = json.loads(done.stdout)
    return {
        f"{name.removesuffix('.py')}.{made['tag']}.pyc": b64decode(text)
        for name, text in made["files"].items()
    }


def contents(tree: Path, pythons: list[str]) -> dict[str, bytes]:
    """Everything in the archive, by name."""
    files = package_files(tree)
    sources = {name: path for name, path in files.items() if name.endswith(".py")}
    found = {name: path.read_bytes() for name, path in files.items()}
    for python in pythons:
        found.update(byte_code(python, sources))
    found["__main__.py"] = (
        MAIN.replace("{oldest}", str(OLDEST)).replace("{newest}", str(NEWEST)).encode()
    )
    return found


def packed(tree: Path, pythons: list[str], more: dict[str, bytes] | None = None) -> bytes:
    """The whole file; `more` are files that are in no tree, by name."""
    others = " ".join(f"python3.{minor}" for minor in range(NEWEST, OLDEST - 1, -1))
    head = HEADER.format(version=version_of(tree), others=others, oldest=OLDEST)
    stream = io.BytesIO()
    stream.write(head.encode())
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted({**contents(tree, pythons), **(more or {})}.items()):
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            info.create_system = 3
            archive.writestr(info, data, compresslevel=9)
    return stream.getvalue()


def main() -> int:
    import origins  # noqa: PLC0415 - beside this script, and only when it is one

    parser = argparse.ArgumentParser(description="Pack pi into one file, pi.pyz.")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the sources; default: this tree")
    parser.add_argument("--out", type=Path, help="the file; default: dist/pi.pyz in the tree")
    parser.add_argument(
        "--python", action="append", help="an interpreter to compile for; default: this one"
    )
    origins.add_options(parser)
    options = parser.parse_args()
    tree = options.tree.resolve()
    out = options.out or tree / "dist/pi.pyz"
    pythons = options.python or [sys.executable]
    data = packed(tree, pythons, {f"pi/data/{origins.NAME}": origins.chosen(options)})
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(out.name + ".part")
    partial.write_bytes(data)
    partial.chmod(0o755)
    partial.replace(out)
    print(f"{out}: {len(data) / 1e6:.2f} MB, byte code for {', '.join(pythons)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
