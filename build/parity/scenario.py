"""Scenarios: a conversation to have with a program, as data, and what was observed of it.

    Scenario("hello", [Run("-p", "hi")], replies=["Hello"])

Words of a run may hold names in braces: `{model}` and `{think}` (the provider and model under
test), `{project}` `{agent}` `{home}` (folders), `{session}` `{id}` `{id:8}` (the first session's
file, id and its beginning), `{server}` (the fake provider's address). Files are given relative to a
scratch folder that holds `home`, `agent` (which is `home/.pi/agent`), `project` and `other`, a
second project.

Every reply reports a usage of its own unless it says otherwise, so that costs can be compared.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from pi.value import Value
from tests.fakeprovider import FakeProvider, models_config
from tests.launch import AgentHome, end, make_home, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

FORMATS = {"chat": "fake-openai", "claude": "fake-anthropic"}
LIMIT_S = 60
USAGE = {"input": 1000, "output": 20}
SETTINGS = {"compaction": {"enabled": False}, "retry": {"baseDelayMs": 10}}


class Run(Value):
    """One start of the program.

    `words` follow `--model {model}`, unless `model` is another name in braces or "". `signal` is
    sent when a line of standard output contains `when` (JSON mode), or at once when a request came.
    """

    words: Sequence[str]
    stdin: str | bytes = b""
    env: Mapping[str, str | None] | None = None
    model: str = "{model}"
    signal: str = ""
    when: str = ""
    cwd: str = "project"


def run(*words: str, **options: Any) -> Run:
    """A run with these words."""
    return Run(words, **options)


class Scenario(Value):
    """What to do; see the module's head.

    `on` says which wire formats it is for. `models` are further fields of every model, or the whole
    content of models.json when it has the key "providers". `prepare` may do anything to the scratch
    folder before the first run.
    """

    name: str
    runs: Sequence[Run]
    replies: Sequence[Any] = ("Hello.",)
    on: Sequence[str] = ("chat",)
    files: Mapping[str, str | bytes] | None = None
    settings: Mapping[str, Any] | None = None
    models: Mapping[str, Any] | None = None
    schedule: Sequence[Any] = ()
    prepare: Callable[[Path], None] | None = None
    compare_files: Sequence[str] = ()


class Observed(Value):
    """What a program did: per run (status, stdout, stderr), the requests, the session files by
    name, the files that were to be compared, and the names that must be made alike."""

    runs: list[tuple[int, str, str]]
    requests: list[dict[str, Any]]
    sessions: list[tuple[str, str]]
    files: dict[str, str]
    folder: str
    server: str

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def observe(scenario: Scenario, wire: str, program: Sequence[str]) -> Observed:
    """Play a scenario against a program. Raises AssertionError when a run does not end."""
    folder = Path(tempfile.mkdtemp(prefix="parity-")).resolve()
    try:
        with FakeProvider(_script(scenario, folder)) as fake:
            home = _prepared(scenario, folder, fake)
            runs = [_play(one, home, wire, fake, program) for one in scenario.runs]
            return Observed(
                runs,
                [request.as_json() for request in fake.model_requests],
                _sessions(folder),
                {name: _content(folder / name) for name in scenario.compare_files},
                str(folder),
                fake.url,
            )
    finally:
        _remove(folder)


def _script(scenario: Scenario, folder: Path) -> dict[str, Any]:
    replies = json.dumps([_counted(reply) for reply in scenario.replies])
    return {
        "replies": json.loads(replies.replace("{folder}", str(folder))),
        "schedule": list(scenario.schedule),
        "after": "repeat-last",
    }


def _counted(reply: Any) -> Any:
    if isinstance(reply, str):
        reply = {"text": reply}
    if isinstance(reply, dict) and "error" not in reply:
        return {"usage": USAGE, **reply}
    return reply


def _prepared(scenario: Scenario, folder: Path, fake: FakeProvider) -> AgentHome:
    home = make_home(folder)
    (folder / "other").mkdir()
    (folder / "agent").symlink_to(home.agent)
    config = scenario.models or {}
    if "providers" not in config:
        config = models_config(fake, **config)
    text = json.dumps(config).replace("{server}", fake.url)
    (home.agent / "models.json").write_text(text, "utf-8")
    home.write("settings.json", _merged(SETTINGS, scenario.settings or {}))
    for name, content in (scenario.files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data.replace(b"{folder}", str(folder).encode()))
    if scenario.prepare is not None:
        scenario.prepare(folder)
    return home


def _merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in more.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _play(
    one: Run, home: AgentHome, wire: str, fake: FakeProvider, program: Sequence[str]
) -> tuple[int, str, str]:
    folder = home.home.parent
    names = _names(home, wire, fake)
    model = ["--model", one.model] if one.model else []
    words = [_filled(word, names) for word in (*model, *one.words)]
    env = {name: value and _filled(value, names) for name, value in (one.env or {}).items()}
    process = start(home, *words, env=env, program=program, cwd=folder / one.cwd)
    stdin = one.stdin.encode() if isinstance(one.stdin, str) else one.stdin
    try:
        if one.signal:
            before = _interrupted(process, one, fake)
            out, err = process.communicate(timeout=LIMIT_S)
            out = before + out
        else:
            out, err = process.communicate(stdin, LIMIT_S)
        status = process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        return 999, "", f"did not end within {LIMIT_S} s"
    finally:
        end(process)
    return status, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def _interrupted(process: subprocess.Popen[bytes], one: Run, fake: FakeProvider) -> bytes:
    """Send the signal at its moment; returns what was read of standard output until then."""
    process.stdin.close()
    process.stdin = None
    before = b""
    if one.when:
        for line in process.stdout:
            before += line
            if one.when.encode() in line:
                break
    else:
        fake.wait_for_requests(len(fake.model_requests) + 1, LIMIT_S)
        time.sleep(0.2)  # until the program waits for the answer
    process.send_signal(getattr(signal, one.signal))
    return before


def _names(home: AgentHome, wire: str, fake: FakeProvider) -> dict[str, str]:
    files = [path for path, _ in _sessions(home.home.parent)]
    names = {
        "model": f"{FORMATS[wire]}/fake-1",
        "think": f"{FORMATS[wire]}/fake-think",
        "provider": FORMATS[wire],
        "project": str(home.project),
        "folder": str(home.home.parent),
        "agent": str(home.agent),
        "home": str(home.home),
        "server": fake.url,
    }
    if files:
        names["session"] = str(home.home.parent / files[0])
        names["id"] = Path(files[0]).stem.partition("_")[2] or Path(files[0]).stem
        names["id:8"] = names["id"][:8]
    return names


def _filled(word: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        word = word.replace(f"{{{name}}}", value)
    return word


def _sessions(folder: Path) -> list[tuple[str, str]]:
    """(path below the folder, content) of every session file, oldest first."""
    found = [
        path
        for path in folder.rglob("*.jsonl")
        if not path.is_symlink() and path.relative_to(folder).parts[0] != "agent"
    ]
    found.sort(key=lambda path: (path.stat().st_ctime_ns, path.name))
    found.sort(key=lambda path: path.name)
    return [(str(path.relative_to(folder)), _content(path)) for path in found]


def _content(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "backslashreplace")
    except FileNotFoundError:
        return "(no such file)"


def _remove(folder: Path) -> None:
    for path, names, _ in os.walk(folder):
        for name in names:
            os.chmod(os.path.join(path, name), 0o700)
    shutil.rmtree(folder)
