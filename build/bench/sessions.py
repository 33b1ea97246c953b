#!/usr/bin/env python3
"""How fast large sessions are resumed and many are found; beside another program on request.

    python3 build/bench/sessions.py
    python3 build/bench/sessions.py --against 'node_modules/.bin/pi' --entries 100000 --runs 5

Two sessions are made: one of so many entries with a compaction near its end, one without any. Each
is resumed with one prompt, as a whole process, against a model server of its own that reads the
request and says "ok". Printed are medians of CPU seconds, wall seconds and peak memory, and ours as
a share of the other's. Then some of 2,000 small sessions are found: the last one, one by the
beginning of its id, those of a list and of a search; wall seconds the first time, and later.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pi.store.find import default_folder  # noqa: E402 - after the path
from pi.store.format import iso_time  # noqa: E402

WORDS = [
    "the",
    "tool",
    "reads",
    "lines",
    "of",
    "a",
    "file",
    "and",
    "writes",
    "what",
    "it",
    "found",
    "into",
    "the",
    "folder",
    "of",
    "a",
    "branch",
]
START_MS = 1_767_323_045_678
MANY = 2000
USAGE = {
    "input": 1200,
    "output": 300,
    "cacheRead": 50000,
    "cacheWrite": 100,
    "totalTokens": 51600,
    "cost": {"input": 0.0036, "output": 0.0045, "cacheRead": 0.015, "cacheWrite": 0, "total": 0.02},
}
CHUNKS = (
    {"choices": [{"index": 0, "delta": {"content": "ok"}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
)


def main() -> int:
    options = _options()
    programs = {"ours": shlex.split(options.pi)}
    if options.against:
        programs["other"] = shlex.split(options.against)
    with tempfile.TemporaryDirectory(prefix="pi-bench-") as name:
        folder = Path(name)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
        Thread(target=server.serve_forever, daemon=True).start()
        _configure(folder, server.server_address[1])
        print(f"{'case':<12}{'program':<8}{'cpu s':>9}{'wall s':>9}{'peak MiB':>10}")
        for case, at in (("compacted", options.entries - 60), ("whole", None)):
            session = folder / f"{case}.jsonl"
            make_session(session, options.entries, str(folder), at)
            _resume(case, session, programs, options.runs, folder)
            session.unlink()
        _many(programs, options.runs, folder)
        server.shutdown()
    return 0


def make_session(path: Path, count: int, cwd: str, compaction_at: int | None) -> None:
    """A chain of `count` entries: questions, tool calls, results and answers."""
    chance = random.Random(count)
    parent = None
    with path.open("w", encoding="utf-8") as stream:

        def put(kind: str, number: int, **fields: object) -> None:
            nonlocal parent
            stamp = iso_time(START_MS + number * 1000)
            entry_id = f"{number * 2654435761 % (1 << 32):08x}"
            entry = {"type": kind, "id": entry_id, "parentId": parent, "timestamp": stamp, **fields}
            stream.write(json.dumps(entry, separators=(",", ":")) + "\n")
            parent = entry_id

        head = {"type": "session", "version": 3, "id": path.stem, "timestamp": iso_time(START_MS)}
        stream.write(json.dumps({**head, "cwd": cwd}, separators=(",", ":")) + "\n")
        put("model_change", 1, provider="bench", modelId="m")
        put("thinking_level_change", 2, thinkingLevel="off")
        for number in range(3, count + 1):
            if number == compaction_at:
                kept = f"{(number - 40) * 2654435761 % (1 << 32):08x}"
                put("compaction", number, summary="S", firstKeptEntryId=kept, tokensBefore=5)
            else:
                put("message", number, message=_message(number, chance))


def _message(number: int, chance: random.Random) -> dict:
    stamp = START_MS + number * 1000
    said = lambda count: [{"type": "text", "text": " ".join(chance.choices(WORDS, k=count))}]  # noqa: E731
    origin = {"api": "openai-completions", "provider": "bench", "model": "m", "usage": USAGE}
    kind = number % 4
    if kind == 3:
        return {"role": "user", "content": said(25), "timestamp": stamp}
    if kind == 0:
        call = {
            "type": "toolCall",
            "id": f"call_{number}",
            "name": "read",
            "arguments": {"path": "a"},
        }
        reply = {"role": "assistant", "content": [call], **origin, "stopReason": "toolUse"}
        return {**reply, "timestamp": stamp}
    if kind == 1:
        result = {"role": "toolResult", "toolCallId": f"call_{number - 1}", "toolName": "read"}
        return {**result, "content": said(105), "isError": False, "timestamp": stamp}
    reply = {"role": "assistant", "content": said(20), **origin, "stopReason": "stop"}
    return {**reply, "timestamp": stamp}


class _Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        return

    def do_POST(self) -> None:
        left = int(self.headers.get("content-length") or 0)
        while left > 0:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        body = "".join(f"data: {json.dumps({'id': 'x', **chunk})}\n\n" for chunk in CHUNKS)
        data = f"{body}data: [DONE]\n\n".encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _configure(folder: Path, port: int) -> None:
    agent = folder / "home/.pi/agent"
    agent.mkdir(parents=True)
    model = {"id": "m", "contextWindow": 1_000_000_000, "maxTokens": 1000}
    provider = {
        "baseUrl": f"http://127.0.0.1:{port}/v1",
        "api": "openai-completions",
        "apiKey": "k",
        "models": [model],
    }
    (agent / "models.json").write_text(json.dumps({"providers": {"bench": provider}}))
    (agent / "settings.json").write_text(json.dumps({"compaction": {"enabled": False}}))


def _resume(
    case: str, session: Path, programs: dict[str, list[str]], runs: int, folder: Path
) -> None:
    work = folder / "work.jsonl"
    taken: dict[str, list[tuple[float, ...]]] = {name: [] for name in programs}
    for turn in range(runs + 1):
        for name, command in programs.items():
            shutil.copyfile(session, work)
            figures = _run([*command, "--session", str(work), "-p", "hi"], folder)
            if turn:  # the first one warms up
                taken[name].append(figures)
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in taken.items()
    }
    for name, (cpu, wall, peak) in medians.items():
        print(f"{case:<12}{name:<8}{cpu:>9.2f}{wall:>9.2f}{peak:>10.0f}")
    if len(medians) == 2:
        shares = [ours / other for ours, other in zip(*medians.values(), strict=True)]
        print(f"{case:<12}{'share':<8}{shares[0]:>9.2f}{shares[1]:>9.2f}{shares[2]:>10.2f}")


def _run(command: list[str], folder: Path, *, says: bytes = b"ok") -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak MiB of one run, whose output must have `says` in it."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder / "home"), "PI_OFFLINE": "1"}
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    if says not in out or process.returncode:
        raise SystemExit(f"{shlex.join(command)} said {out!r}, status {process.returncode}")
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024


def _many(programs: dict[str, list[str]], runs: int, folder: Path) -> None:
    """Finding one among many sessions: the first time, and the median of later times."""
    agent = folder / "home/.pi/agent"
    sessions = Path(default_folder(str(agent), str(folder)))
    sessions.mkdir(parents=True)
    for number in range(MANY):
        name = f"2026-01-02T03-04-05-678Z_{number:04}.jsonl"
        make_session(sessions / name, 60, str(folder), None)
    oldest = sorted(sessions.iterdir())[0].stem.encode()
    print(f"\n{f'of {MANY} sessions':<20}{'program':<8}{'first s':>9}{'later s':>9}")
    asked = {
        "--continue": (["--continue", "-p", "hi"], b"ok"),
        "--session 2026...": (["--session", oldest[:-1].decode(), "-p", "hi"], b"ok"),
    }
    own = {
        "sessions list": (["sessions", "list"], oldest),
        "sessions list WORD": (["sessions", "list", "branch", "folder"], oldest),
    }
    for name, command in programs.items():
        for case, (words, says) in (asked | (own if name == "ours" else {})).items():
            walls = [_run([*command, *words], folder, says=says)[1] for _ in range(runs + 1)]
            print(f"{case:<20}{name:<8}{walls[0]:>9.2f}{statistics.median(walls[1:]):>9.2f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pi", default=f"{sys.executable} {ROOT / 'pi.py'}")
    parser.add_argument("--against", default="", help="another program with the same options")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
