#!/usr/bin/env python3
"""How fast pi starts, works and streams, as whole processes; beside another program on request.

    python3 build/bench/run.py
    python3 build/bench/run.py --against 'node_modules/.bin/pi' --runs 9
    python3 build/bench/run.py --pi 'dist/pi/pi' --only one-shot,turns

The other program must read the same `~/.pi/agent/models.json`. Each case runs once to warm up, then
the two programs take turns. Printed are medians of wall and CPU seconds and of peak memory, and
ours as a share of the other's. The model is `tests/fakeprovider`, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

DELTAS = 20_000
TURNS = 50

SERVER = """
import json, sys
sys.path.insert(0, {root!r})
from tests.fakeprovider import FakeProvider, models_config
turns = [{{"calls": [{{"name": "read", "arguments": {{"path": "a.txt"}}}}]}}] * {turns} + ["done"]
deltas = {{"text": "word " * {deltas}, "split": "words", "fault": "coalesced"}}
script = {{"one-shot": ["ok"], "turns": turns, "print": [deltas], "json": [deltas]}}[{case!r}]
with FakeProvider(script * 1000, strict=False) as fake:
    print(json.dumps(models_config(fake)), flush=True)
    sys.stdin.readline()
    print(json.dumps(sorted({{r.connection for r in fake.model_requests[-{turns} - 1:]}})))
"""

CASES = {
    "version": ["--version"],
    "one-shot": ["-p", "hi"],
    "turns": ["-p", "hi"],
    "print": ["-p", "hi"],
    "json": ["--mode", "json", "hi"],
}


def main() -> int:
    options = _options()
    programs = {"ours": shlex.split(options.pi)}
    if options.against:
        programs["other"] = shlex.split(options.against)
    print(f"{'case':<10}{'program':<8}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}")
    for case in options.only.split(",") if options.only else CASES:
        with tempfile.TemporaryDirectory() as folder:
            _report(case, _measure(case, programs, options.runs, Path(folder)))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    own = f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'pi.py'))}"
    parser.add_argument("--pi", default=own, help="the command that starts our pi")
    parser.add_argument("--against", default="", help="the command of a program to compare with")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help=f"some of {','.join(CASES)}")
    return parser.parse_args()


def _measure(case: str, programs: dict, runs: int, folder: Path) -> dict[str, list]:
    """Samples (wall s, cpu s, peak MiB) by program."""
    home, project = folder / "home", folder / "project"
    (home / ".pi/agent").mkdir(parents=True)
    project.mkdir()
    (project / "a.txt").write_text("some words\n" * 20)
    arguments = CASES[case]
    server = None
    if case != "version":
        arguments = ["--model", "fake-openai/fake-1", *arguments]
        server = _serve(case)
        config = server.stdout.readline()
        (home / ".pi/agent/models.json").write_text(config)
    samples: dict[str, list] = {name: [] for name in programs}
    try:
        for number in range(runs + 1):
            for name, command in reversed(programs.items()):  # ours last: its connections count
                sample = _run([*command, *arguments], home, project)
                if number:
                    samples[name].append(sample)
    finally:
        if server is not None:
            connections = json.loads(server.communicate("\n")[0] or "[]")
            if case == "turns":
                print(f"{'':<10}{len(connections)} connection(s) for {TURNS + 1} requests of ours")
    return samples


def _serve(case: str) -> subprocess.Popen:
    code = SERVER.format(root=str(ROOT), turns=TURNS, deltas=DELTAS, case=case)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _run(command: list[str], home: Path, project: Path) -> tuple[float, float, float]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PI_OFFLINE": "1"}
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=project, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    said = process.stderr.read().decode()
    process.stderr.close()
    if process.returncode:
        raise SystemExit(f"{shlex.join(command)} ended with {process.returncode}: {said}")
    return wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _report(case: str, samples: dict[str, list]) -> None:
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in samples.items()
    }
    for name, (wall_s, cpu_s, peak) in medians.items():
        print(f"{case:<10}{name:<8}{wall_s:>9.3f}{cpu_s:>9.3f}{peak:>10.1f}")
    if "other" in medians:
        shares = [a / b for a, b in zip(medians["ours"], medians["other"], strict=True)]
        print(f"{'':<10}{'share':<8}" + "{:>9.2f}{:>9.2f}{:>10.2f}".format(*shares))


if __name__ == "__main__":
    sys.exit(main())
