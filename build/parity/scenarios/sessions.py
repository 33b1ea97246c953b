"""Sessions: where they are, which one a run goes on with, what is in the file."""

from __future__ import annotations

from parity.scenario import Scenario, run

BOTH = ("chat", "claude")
JSON = ("--mode", "json")
P = ("-p",)
TOOL = {
    "thinking": "hm",
    "text": "look",
    "calls": [{"name": "bash", "arguments": {"command": "echo hi"}}],
}


def _two(title: str, *second: str, first: tuple[str, ...] = (), **options: object) -> Scenario:
    """A first prompt, and a second run with these words."""
    model = options.pop("model", "{model}")
    cwd = options.pop("cwd", "project")
    stdin = options.pop("stdin", b"")
    options.setdefault("replies", ["1", "2"])
    return Scenario(
        f"session: {title}",
        [run(*P, *first, "one"), run(*JSON, *second, "two", model=model, cwd=cwd, stdin=stdin)],
        **options,
    )


SCENARIOS = (
    Scenario("session: one answer", [run(*P, "one")], on=BOTH),
    Scenario(
        "session: a batch of tools", [run(*P, "one", model="{think}")], [TOOL, "done"], on=BOTH
    ),
    Scenario("session: a failed answer", [run(*P, "one")], [{"error": "not_found"}], on=BOTH),
    Scenario("session: nothing said", [run(*P)]),
    _two("-c", "-c", on=BOTH),
    _two("-c without a session", "-c", cwd="other"),
    _two("-c after tools", "-c", replies=[TOOL, "1", "2"], on=BOTH),
    _two("-c after a failed answer", "-c", replies=[{"error": "not_found"}, "2"], on=BOTH),
    _two(
        "-c after an answer cut at its length",
        "-c",
        on=BOTH,
        replies=[{"text": "half", "stop": "length"}, "2"],
    ),
    _two("-c with another model", "-c", model="{provider}/fake-think", on=BOTH),
    _two("-c without a model", "-c", model="", on=BOTH),
    _two(
        "-c with another format", "-c", model="fake-anthropic/fake-think", replies=[TOOL, "1", "2"]
    ),
    _two(
        "-c with another format, back",
        "-c",
        model="fake-openai/fake-think",
        replies=[TOOL, "1", "2"],
        on=["claude"],
    ),
    _two(
        "-c with another level",
        "-c",
        "--thinking",
        "high",
        model="{think}",
        first=("--thinking", "low"),
    ),
    Scenario(
        "session: the level stays",
        [run(*P, "--thinking", "low", "one", model="{think}"), run(*JSON, "-c", "two", model="")],
        ["1", "2"],
        on=BOTH,
    ),
    Scenario(
        "session: -c stays with the model of the last answer",
        [
            run(*P, "one"),
            run(*P, "-c", "two", model="{think}"),
            run(*JSON, "-c", "three", model=""),
        ],
        ["1", "2", "3"],
        on=BOTH,
    ),
    _two("--session by id", "--session", "{id}", on=BOTH),
    _two("--session by the beginning of an id", "--session", "{id:8}"),
    _two("--session by file", "--session", "{session}"),
    _two("--session of a new file", "--session", "../new.jsonl"),
    _two("--session of a new file in a new folder", "--session", "../a/b/new.jsonl"),
    _two("--session in another folder, no", "--session", "{id}", cwd="other", stdin="n\n"),
    _two("--session in another folder, yes", "--session", "{id}", cwd="other", stdin="y\n"),
    _two("--session in another folder, nobody answers", "--session", "{id}", cwd="other"),
    _two("--session by file from another folder", "--session", "{session}", cwd="other"),
    _two("--session-id", "--session-id", "my-id", first=("--session-id", "my-id")),
    _two("--session-id of an existing one", "--session-id", "{id}"),
    _two(
        "--session-id elsewhere",
        "--session-id",
        "my-id",
        first=("--session-id", "my-id"),
        cwd="other",
    ),
    _two("--session-id and --no-session", "--session-id", "my-id", "--no-session"),
    _two("--fork", "--fork", "{id}", on=BOTH),
    _two("--fork of a file", "--fork", "{session}"),
    _two("--fork from another folder", "--fork", "{id}", cwd="other"),
    _two("--fork with an id", "--fork", "{id}", "--session-id", "copy"),
    _two("--fork with an id that exists", "--fork", "{id}", "--session-id", "{id}"),
    _two("--fork of a missing file", "--fork", "../nothere.jsonl"),
    _two("--session-dir", "--session-dir", "../kept", "-c", first=("--session-dir", "../kept")),
    Scenario(
        "session: --session-dir of two projects",
        [
            run(*P, "--session-dir", "{folder}/kept", "one"),
            run(*P, "--session-dir", "{folder}/kept", "-c", "two", cwd="other"),
            run(*JSON, "--session-dir", "{folder}/kept", "-c", "three"),
        ],
        ["1", "2", "3"],
    ),
    Scenario(
        "session: the folder from the environment",
        [
            run(*P, "one", env={"PI_CODING_AGENT_SESSION_DIR": "{folder}/kept"}),
            run(*P, "-c", "two", env={"PI_CODING_AGENT_SESSION_DIR": "{folder}/kept"}),
        ],
        ["1", "2"],
    ),
    Scenario(
        "session: the folder from the settings",
        [run(*P, "one"), run(*P, "-c", "two")],
        ["1", "2"],
        settings={"sessionDir": "~/kept"},
    ),
    Scenario(
        "session: the folder from the settings, relative",
        [run(*P, "one"), run(*P, "-c", "two")],
        ["1", "2"],
        settings={"sessionDir": "kept"},
    ),
    Scenario(
        "session: the folder from the project's settings",
        [run(*P, "one")],
        files={"project/.pi/settings.json": '{"sessionDir": "kept"}'},
    ),
    Scenario(
        "session: another agent folder",
        [run(*P, "one", model="", env={"PI_CODING_AGENT_DIR": "{folder}/else"})],
        prepare=lambda folder: (folder / "else").symlink_to(folder / "home/.pi/agent"),
    ),
    Scenario("session: --no-session", [run(*JSON, "--no-session", "one")], on=BOTH),
    Scenario(
        "session: --no-session and -c",
        [run(*P, "one"), run(*JSON, "--no-session", "-c", "two")],
        ["1", "2"],
    ),
    Scenario("session: --name", [run(*JSON, "--name", " my\nname\t ", "one")], on=BOTH),
    _two("--name of an existing one", "-c", "--name", "later"),
    Scenario("session: --name without a prompt", [run(*P, "--name", "x")]),
    Scenario("session: several prompts", [run(*P, "one", "two")], ["1", "2"], on=BOTH),
    Scenario(
        "session: a folder with odd characters",
        [run(*P, "one", cwd="other/a b.c:d\u00fc")],
        prepare=lambda folder: (folder / "other/a b.c:d\u00fc").mkdir(),
    ),
    Scenario(
        "session: a folder through a link",
        [run(*P, "one", cwd="other/link"), run(*JSON, "-c", "two")],
        ["1", "2"],
        prepare=lambda folder: (folder / "other/link").symlink_to(folder / "project"),
    ),
    _two(
        "the text of a signal-cut answer stays away",
        "-c",
        replies=[{"text": "half", "fault": "cut-mid-stream"}, "1", "2"],
        on=BOTH,
    ),
)
