"""Which tools the model is offered."""

from __future__ import annotations

from parity.scenario import Scenario, run


def _chosen(title: str, *words: str, settings: dict | None = None) -> Scenario:
    return Scenario(f"tools: {title}", [run("--mode", "json", *words, "hi")], settings=settings)


def _default(title: str, value: object, *words: str) -> Scenario:
    return _chosen(f"defaultTools {title}", *words, settings={"defaultTools": value})


SCENARIOS = (
    _chosen("the default"),
    _chosen("--tools", "--tools", "read,grep"),
    _chosen("--tools in another order", "--tools", "ls,read,ls"),
    _chosen("--tools with spaces", "--tools", " read , bash "),
    _chosen("--tools with a pattern", "--tools", "*e*"),
    _chosen("--tools with an unknown name", "--tools", "read,frobnicate"),
    _chosen("--tools of unknown names", "--tools", "frobnicate"),
    _chosen("--tools of nothing", "--tools", ""),
    _chosen("--tools as a change", "--tools", "+grep,-bash"),
    _chosen("--tools as a change of nothing", "--tools", "+read"),
    _chosen("--tools twice", "--tools", "read", "--tools", "bash"),
    _chosen("-xt", "-xt", "bash,edit"),
    _chosen("-xt with a pattern", "-xt", "*"),
    _chosen("-xt after --tools", "--tools", "read,bash", "-xt", "read"),
    _chosen("-nt", "-nt"),
    _chosen("-nt and --tools", "-nt", "--tools", "read"),
    _chosen("-nbt", "-nbt"),
    _chosen("-nbt and --tools", "-nbt", "--tools", "read"),
    _chosen("-nt and a change", "-nt", "--tools", "+read"),
    _default("as a list", ["read", "ls"]),
    _default("as a change", ["+grep", "-write"]),
    _default("of nothing", []),
    _default("mixed", ["read", "+grep", "-read"]),
    _default("and --tools", ["ls"], "--tools", "read"),
    _default("and a change", ["ls", "read"], "--tools", "+grep,-ls"),
    _default("of the wrong type", "read"),
    Scenario(
        "tools: a change in a resumed session",
        [
            run("-p", "one"),
            run("--mode", "json", "-c", "--tools", "read,grep", "two"),
            run("--mode", "json", "-c", "three"),
        ],
        ["1", "2", "3"],
        on=("chat", "claude"),
    ),
    Scenario(
        "tools: none after calls",
        [run("-p", "one"), run("-p", "-c", "-nt", "two")],
        [{"calls": [{"name": "bash", "arguments": {"command": "echo hi"}}]}, "1", "2"],
        on=("chat", "claude"),
    ),
)
