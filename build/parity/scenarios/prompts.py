"""The system prompt: replaced, added to, and the context files of a project."""

from __future__ import annotations

from parity.scenario import Scenario, run

JSON = ("--mode", "json")
BOTH = ("chat", "claude")


def _prompt(title: str, *words: str, **options: object) -> Scenario:
    cwd = options.pop("cwd", "project")
    return Scenario(f"system prompt: {title}", [run(*JSON, *words, "hi", cwd=cwd)], **options)


SCENARIOS = (
    _prompt("replaced", "--system-prompt", "Be brief.", on=BOTH),
    _prompt("replaced by nothing", "--system-prompt", ""),
    _prompt(
        "replaced by a file", "--system-prompt", "s.md", files={"project/s.md": "From file.\n"}
    ),
    _prompt(
        "added to", "--append-system-prompt", "One.", "--append-system-prompt", "Two.", on=BOTH
    ),
    _prompt(
        "added from a file",
        "--append-system-prompt",
        "s.md",
        files={"project/s.md": "From file.\n\n"},
    ),
    _prompt("added nothing", "--append-system-prompt", ""),
    _prompt(
        "replaced and added to",
        "--system-prompt",
        "A",
        "--append-system-prompt",
        "B",
        files={"project/AGENTS.md": "Rules.\n"},
    ),
    _prompt("SYSTEM.md", files={"home/.pi/agent/SYSTEM.md": "Mine.\n"}),
    _prompt("APPEND_SYSTEM.md", files={"home/.pi/agent/APPEND_SYSTEM.md": "More.\n"}),
    _prompt(
        "APPEND_SYSTEM.md and the flag",
        "--append-system-prompt",
        "Flag.",
        files={"home/.pi/agent/APPEND_SYSTEM.md": "More.\n"},
    ),
    _prompt("SYSTEM.md of the project without trust", files={"project/.pi/SYSTEM.md": "Mine.\n"}),
    _prompt("AGENTS.md", files={"project/AGENTS.md": "Rules.\n"}, on=BOTH),
    _prompt(
        "AGENTS.md of the agent and above",
        files={
            "home/.pi/agent/AGENTS.md": "Global.\n",
            "AGENTS.md": "Above.\n",
            "project/AGENTS.md": "Here.\n",
        },
    ),
    _prompt("CLAUDE.md", files={"project/CLAUDE.md": "Rules.\n"}),
    _prompt(
        "both in one folder",
        files={"project/CLAUDE.md": "Second.\n", "project/AGENTS.md": "First.\n"},
    ),
    _prompt(
        "AGENTS.override.md",
        files={"project/AGENTS.override.md": "Own.\n", "project/AGENTS.md": "Shared.\n"},
    ),
    _prompt("a byte order mark", files={"project/AGENTS.md": b"\xef\xbb\xbfRules.\n"}),
    _prompt("an empty AGENTS.md", files={"project/AGENTS.md": ""}),
    _prompt("an AGENTS.md that is no UTF-8", files={"project/AGENTS.md": b"a\xffb\n"}),
    _prompt("-nc", "-nc", files={"project/AGENTS.md": "Rules.\n"}),
    Scenario(
        "system prompt: unchanged in a resumed session",
        [run(*JSON, "one"), run(*JSON, "-c", "two")],
        ["1", "2"],
        on=BOTH,
        files={"project/AGENTS.md": "Rules.\n"},
    ),
    Scenario(
        "system prompt: changed in a resumed session",
        [
            run(*JSON, "one"),
            run(*JSON, "-c", "--append-system-prompt", "More.", "two"),
            run(*JSON, "-c", "three"),
        ],
        ["1", "2", "3"],
        on=BOTH,
    ),
    Scenario(
        "system prompt: replaced in a resumed session",
        [run(*JSON, "one"), run(*JSON, "-c", "--system-prompt", "Other.", "two")],
        ["1", "2"],
        on=BOTH,
    ),
)
