"""Configuration files that are broken, and settings nobody can use."""

from __future__ import annotations

from parity.scenario import Scenario, run

AGENT = "home/.pi/agent/"


def _file(name: str, title: str, content: str | bytes) -> Scenario:
    return Scenario(
        f"broken {name}: {title}",
        [run("-p", "hi")],
        files={AGENT + name: content},
        compare_files=[AGENT + name],
    )


CONTENTS = (
    ("cut", '{"a": '),
    ("a list", "[1]"),
    ("a word", "nonsense"),
    ("null", "null"),
    ("empty", ""),
    ("no UTF-8", b"\xff\xfe{}"),
    ("a mark", b"\xef\xbb\xbf{}"),
    ("a number", "5"),
)

SCENARIOS = (
    *(
        _file(name, title, content)
        for name in ("settings.json", "auth.json")
        for title, content in CONTENTS
    ),
    *(
        Scenario(
            f"settings: {key} {value!r}",
            [run("-p", "hi", model="{think}")],
            settings={key: value},
            on=("chat", "claude"),
        )
        for key, value in (
            ("defaultThinkingLevel", "huge"),
            ("defaultModel", 5),
            ("thinkingBudgets", {"low": -1}),
            ("thinkingBudgets", []),
            ("enabledModels", "x"),
            ("retry", None),
            ("retry", []),
            ("retry", {"maxRetries": "many"}),
            ("images", {"autoResize": "no"}),
            ("sessionDir", 5),
            ("httpIdleTimeoutMs", "soon"),
            ("shellCommandPrefix", 5),
            ("frobnicate", 1),
            ("steeringMode", "sometimes"),
        )
    ),
    Scenario(
        "project settings without trust",
        [run("--mode", "json", "hi")],
        files={"project/.pi/settings.json": '{"defaultTools": ["read"]}'},
    ),
)
