#!/bin/sh
# Everything that must hold: lint, format, all tests. Works on a fresh clone with a Python from 3.10 on.
#
#   sh build/check.sh                   make .venv when needed, then check everything
#   sh build/check.sh tests/test_x.py   further arguments go to pytest
#   PYTHON=python3.12 sh build/check.sh with that interpreter
#
# The virtual environment is made anew when pyproject.toml or the interpreter has changed; otherwise
# nothing is installed and no network is needed. The last line is pytest's closing line. The status
# is 0 when all three pass, 1 when one does not, 2 when they cannot be run.

set -u
cd "$(dirname "$0")/.." || exit 2

say() { printf 'check: %s\n' "$*"; }
fail() {
    printf 'check: %s\n' "$*" >&2
    exit 2
}

is_new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON-}" ]; then
        is_new_enough "$PYTHON" || fail "PYTHON is \"$PYTHON\", which is not Python 3.10 or newer"
        printf '%s\n' "$PYTHON"
        return
    fi
    for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        if is_new_enough "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
    fail "no Python 3.10 or newer on PATH; install one, or name it: PYTHON=/path sh build/check.sh"
}

# Make .venv with pip in it. Some systems ship Python without its ensurepip; pip from outside, or
# virtualenv, then helps.
make_venv() {
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 && return
    rm -rf .venv
    "$python" -m venv --without-pip .venv >/dev/null 2>&1 &&
        "$python" -m pip --python .venv/bin/python install --quiet pip >/dev/null 2>&1 && return
    rm -rf .venv
    "$python" -m virtualenv --quiet .venv >/dev/null 2>&1 && return
    rm -rf .venv
    fail "$python cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"
}

python=$(find_python) || exit 2
stamp=.venv/installed-for
wanted="$("$python" -c 'import sys; print(sys.version, sys.base_prefix)' | tr '\n' ' ')$(cksum <pyproject.toml)"
if [ ! -x .venv/bin/pytest ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    say "making .venv with $python ($("$python" -V 2>&1))"
    make_venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' ||
        fail "pip could not install the tools (see above); they are the dev extra of pyproject.toml"
    printf '%s\n' "$wanted" >"$stamp"
fi

status=0
.venv/bin/ruff check . || status=1
.venv/bin/ruff format --check . || status=1
[ "$status" -eq 0 ] || say "ruff found something; the tests run all the same"
.venv/bin/python -m pytest "$@" || status=1
exit "$status"
