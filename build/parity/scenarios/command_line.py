"""The command line and print mode: modes, exit status, what goes to which stream."""

from __future__ import annotations

from parity.scenario import Scenario, run

BOTH = ("chat", "claude")
JSON = ("--mode", "json")


def _refused(name: str, *words: str, **options: object) -> Scenario:
    """A command line that must end with an error and without a request."""
    return Scenario(f"command line: {name}", [run(*words, **options)])


SCENARIOS = (
    Scenario("print: one text", [run("-p", "hi")], on=BOTH),
    Scenario(
        "print: several text blocks, nothing trimmed",
        [run("-p", "hi")],
        [{"blocks": [{"type": "text", "text": " one\n"}, {"type": "text", "text": "two\r\n\t"}]}],
        on=["claude"],
    ),
    Scenario(
        "print: thinking and earlier turns stay inside",
        [run("-p", "hi", model="{think}")],
        [
            {
                "thinking": "hm",
                "text": "first",
                "calls": [{"name": "bash", "arguments": {"command": "echo hi"}}],
            },
            {"thinking": "aha", "text": "second"},
        ],
        on=BOTH,
    ),
    Scenario("print: an empty answer", [run("-p", "hi")], [{"text": ""}], on=BOTH),
    Scenario(
        "print: thinking only",
        [run("-p", "hi", model="{think}")],
        [{"thinking": "nothing to say"}],
        on=BOTH,
    ),
    Scenario(
        "print: odd characters pass through",
        [run("-p", "hi")],
        ["nul \x01 esc \x1b[31m sep \u2028 emoji \U0001f388 zwj \u200d end"],
        on=BOTH,
    ),
    Scenario(
        "print: cut at the length", [run("-p", "hi")], [{"text": "half", "stop": "length"}], on=BOTH
    ),
    Scenario(
        "print: refusal of the model",
        [run("-p", "hi")],
        [{"text": "no", "stop": "refusal"}],
        on=["claude"],
    ),
    Scenario(
        "print: content filter", [run("-p", "hi")], [{"text": "no", "stop": "content_filter"}]
    ),
    Scenario(
        "print: an unknown stop reason",
        [run("-p", "hi")],
        [{"text": "no", "stop": "because"}],
        on=BOTH,
    ),
    Scenario(
        "print: pause_turn",
        [run("-p", "hi")],
        [{"text": "so far", "stop": "pause_turn"}],
        on=["claude"],
    ),
    Scenario(
        "print: stop_sequence",
        [run("-p", "hi")],
        [{"text": "so far", "stop": "stop_sequence"}],
        on=["claude"],
    ),
    Scenario("print: without -p", [run("hi")]),
    Scenario("print: --mode text", [run("--mode", "text", "hi")]),
    Scenario("print: -p swallows its prompt", [run("-p", "one", "two")], ["1", "2"]),
    Scenario("print: -p before an option", [run("-p", "--thinking", "off", "one")]),
    Scenario("print: -p and front matter", [run("-p", "---\ntitle: x\n---\nbody")]),
    Scenario("print: -p and a dash", [run("-p", "-x")]),
    Scenario("print: -p and a lone dash", [run("-p", "-")]),
    Scenario("print: -p and an empty word", [run("-p", "")]),
    Scenario("print: -p at the end", [run("one", "-p")]),
    Scenario("print: words after --", [run("-p", "--", "--help", "-x")], ["1", "2"]),
    Scenario(
        "print: a file after --",
        [run("-p", "--", "@a.txt", "-x")],
        files={"project/a.txt": "alpha\n"},
    ),
    Scenario("print: nothing to say", [run("-p")]),
    Scenario("print: an empty message among others", [run("-p", "one", "", "two")], ["1", "2"]),
    Scenario("json: nothing to say", [run(*JSON)]),
    Scenario(
        "print: several prompts, a failed one first",
        [run("-p", "one", "two")],
        [{"error": "openai/not_found"}, "fine"],
    ),
    Scenario(
        "print: several prompts, the last one fails",
        [run("-p", "one", "two")],
        ["fine", {"error": "openai/not_found"}],
    ),
    Scenario(
        "json: several prompts", [run(*JSON, "one", "two", "three")], ["1", "2", "3"], on=BOTH
    ),
    Scenario("json: wins over --print", [run("-p", *JSON, "hi")]),
    Scenario(
        "json: cut at the length", [run(*JSON, "hi")], [{"text": "half", "stop": "length"}], on=BOTH
    ),
    Scenario(
        "json: an error of the provider", [run(*JSON, "hi")], [{"error": "not_found"}], on=BOTH
    ),
    Scenario(
        "print: an error of the provider", [run("-p", "hi")], [{"error": "not_found"}], on=BOTH
    ),
    Scenario("print: refused credentials", [run("-p", "hi")], [{"error": "auth"}], on=BOTH),
    Scenario("json: refused credentials", [run(*JSON, "hi")], [{"error": "auth"}], on=BOTH),
    Scenario("version", [run("--version", model=""), run("-v", "-p", "x", model="")]),
    _refused("an unknown short option", "-Z", "-p", "hi"),
    _refused("an unknown long option", "--frobnicate", "x", "-p", "hi"),
    _refused("an unknown long option with =", "--frobnicate=x", "-p", "hi"),
    _refused("an unknown mode", "--mode", "xml", "hi"),
    _refused("--mode without a value", "hi", "--mode"),
    _refused("--provider without --model", "--provider", "fake-openai", "-p", "hi", model=""),
    _refused("--provider and --model", "--provider", "fake-openai", "-p", "hi", model="fake-1"),
    _refused("--api-key without a model", "--api-key", "k", "-p", "hi", model=""),
    _refused("--api-key", "--api-key", "sk-other", "-p", "hi"),
    _refused("an empty --name", "--name", " ", "-p", "hi"),
    _refused("mixed --tools", "--tools", "read,+bash", "-p", "hi"),
    _refused("an unknown provider", "-p", "hi", model="nobody/x"),
    _refused("an unknown model", "-p", "hi", model="{provider}/zzzz"),
    _refused("an unknown id", "-p", "hi", model="zzzzqqq"),
    _refused("@file and rpc", "--mode", "rpc", "@a.txt"),
    _refused("--thinking huge", "--thinking", "huge", "-p", "hi"),
    _refused("--fork and -c", "--fork", "x", "-c", "-p", "hi"),
    _refused("--fork and --no-session", "--fork", "x", "--no-session", "-p", "hi"),
    _refused("--session-id and --session", "--session-id", "a", "--session", "b", "-p", "hi"),
    _refused("--session-id and -c", "--session-id", "a", "-c", "-p", "hi"),
    _refused("a bad --session-id", "--session-id", "a/b", "-p", "hi"),
    _refused("a --session-id with dots at its end", "--session-id", "ab.", "-p", "hi"),
    _refused("--fork of nothing", "--fork", "nothere", "-p", "hi"),
    _refused("--session of nothing", "--session", "nothere", "-p", "hi"),
    _refused("a value with =", "--thinking=off", "-p", "hi"),
    _refused("a switch twice", "-p", "-p", "hi"),
    _refused("--model twice", "--model", "zzzz", "--model", "fake-openai/fake-1", "-p", "hi"),
)
