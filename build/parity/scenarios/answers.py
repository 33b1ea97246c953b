"""Answers as events: blocks, usage, costs, levels of thinking, odd streams."""

from __future__ import annotations

from parity.scenario import Scenario, run

BOTH = ("chat", "claude")
JSON = ("--mode", "json")
PACED = {"delta_delay_ms": 25, "records_per_send": 1}
TIERS = {
    "cost": {
        "input": 1,
        "output": 2,
        "cacheRead": 0.1,
        "cacheWrite": 1.25,
        "tiers": [
            {"inputTokensAbove": 500, "input": 3, "output": 6, "cacheRead": 0.3, "cacheWrite": 3.75}
        ],
    }
}
CACHED = {"input": 100, "output": 50, "cacheRead": 300, "cacheWrite": 200, "reasoning": 7}


def _answer(name: str, reply: object, *words: str, **options: object) -> Scenario:
    """One prompt in JSON mode and its answer."""
    model = options.pop("model", "{model}")
    options.setdefault("on", BOTH)
    return Scenario(f"answer: {name}", [run(*JSON, *words, "hi", model=model)], [reply], **options)


def _think(name: str, reply: object, *words: str, **options: object) -> Scenario:
    return _answer(name, reply, *words, model="{think}", **options)


SCENARIOS = (
    _answer("text", "Hello there."),
    _answer("text, paced", {"text": "Hello there, you.", "fault": PACED}),
    _answer("text in one delta", {"text": "Hello there.", "split": 0}),
    _answer("nothing", {"text": ""}),
    _answer("white space", {"text": " \n"}),
    _answer(
        "two texts", {"blocks": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}
    ),
    _answer("an emoji in halves", {"text": "a \U0001f388 b", "split": "halves"}),
    _think("thinking", {"thinking": "hm", "text": "aha"}),
    _think("thinking, paced", {"thinking": "hm hm hm", "text": "aha oho", "fault": PACED}),
    _think(
        "thinking in another field",
        {"thinking": "hm", "text": "aha", "dialect": {"reasoning": "reasoning"}},
        on=["chat"],
    ),
    _think(
        "thinking, reasoning_content",
        {"thinking": "hm", "text": "aha", "dialect": {"reasoning": "reasoning_content"}},
        on=["chat"],
    ),
    _think(
        "thinking between texts",
        {
            "blocks": [
                {"type": "text", "text": "one"},
                {"type": "thinking", "thinking": "hm"},
                {"type": "text", "text": "two"},
            ]
        },
    ),
    _think("--thinking off", {"text": "ok"}, "--thinking", "off"),
    _think("--thinking minimal", {"text": "ok"}, "--thinking", "minimal"),
    _think("--thinking low", {"text": "ok"}, "--thinking", "low"),
    _think("--thinking high", {"text": "ok"}, "--thinking", "high"),
    _think("--thinking xhigh", {"text": "ok"}, "--thinking", "xhigh"),
    _think("--thinking max", {"text": "ok"}, "--thinking", "max"),
    _answer("--thinking high without reasoning", "ok", "--thinking", "high"),
    _answer("level as a suffix", "ok", model="{think}:low"),
    _answer("the flag beats the suffix", "ok", "--thinking", "high", model="{think}:low"),
    _answer("a suffix that is no level", "ok", model="{think}:huge"),
    _think("level from settings", "ok", settings={"defaultThinkingLevel": "low"}),
    _think(
        "level of the model from settings",
        "ok",
        settings={
            "modelThinkingLevels": {
                "fake-openai/fake-think": "high",
                "fake-anthropic/fake-think": "minimal",
            }
        },
    ),
    _think(
        "a map of levels",
        "ok",
        "--thinking",
        "xhigh",
        models={"thinkingLevelMap": {"low": "tiny", "high": None, "xhigh": "giant"}},
    ),
    _think(
        "a map that lacks the level",
        "ok",
        "--thinking",
        "high",
        models={"thinkingLevelMap": {"low": "tiny", "high": None}},
    ),
    _think(
        "thinkingBudgets",
        "ok",
        "--thinking",
        "low",
        settings={"thinkingBudgets": {"low": 1500, "medium": 3000}},
    ),
    _think("few tokens to think with", "ok", "--thinking", "high", models={"maxTokens": 4000}),
    _think("very few tokens to think with", "ok", "--thinking", "high", models={"maxTokens": 900}),
    _answer("costs of caches", {"text": "ok", "usage": CACHED}),
    _answer("costs in tiers", {"text": "ok", "usage": CACHED}, models=TIERS),
    _answer(
        "costs in tiers, below", {"text": "ok", "usage": {"input": 300, "output": 1}}, models=TIERS
    ),
    _answer(
        "no prices",
        {"text": "ok"},
        models={"cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}},
    ),
    *(
        _answer(f"usage {kind}", {"text": "ok", "usage": kind})
        for kind in ("none", "null", "negative", "absurd", "inconsistent", "text", "fraction")
    ),
    _answer("another model answered", {"text": "ok", "model": "fake-1-2026-01-01"}),
    _answer("stop reason tool_use without calls", {"text": "ok", "stop": "toolUse"}),
    _answer(
        "calls and stop reason stop",
        {"stop": "stop", "calls": [{"name": "bash", "arguments": {"command": "echo hi"}}]},
    ),
    *(
        _answer(
            f"stream with {fault}",
            {"thinking": "hm", "text": "Hello there.", "fault": fault},
            model="{think}",
        )
        for fault in (
            "crlf",
            "cr",
            "no-space",
            "comments",
            "comment-flood",
            "ids",
            "unknown-events",
            "multi-line-data",
            "bom",
            "http-1.0",
            "until-close",
            "content-length",
            "one-byte-chunks",
            "three-byte-chunks",
            "chunk-extension",
            "coalesced",
            "wrong-content-type",
            "duplicate-record",
            "cut-after-end",
            "no-last-record",
            "slow-headers",
        )
    ),
    _answer("bad UTF-8", {"text": "Hello there.", "fault": "bad-utf8"}),
    Scenario(
        "answer: an interrupt while it streams",
        [run(*JSON, "hi", signal="SIGTERM", when="text_delta")],
        [{"text": "some words here", "fault": {"hold_after_records": 4}}],
        on=BOTH,
    ),
    Scenario(
        "answer: an interrupt before it starts",
        [run(*JSON, "hi", signal="SIGTERM")],
        [{"text": "some words here", "fault": "stall-before-headers"}],
        on=BOTH,
    ),
    Scenario(
        "answer: a hang-up while it streams",
        [run("-p", "hi", signal="SIGHUP")],
        [{"text": "some words here", "fault": {"hold_after_records": 4}}],
    ),
    Scenario(
        "answer: an interrupt while a tool runs",
        [run(*JSON, "hi", signal="SIGTERM", when='"tool_execution_update"')],
        [{"calls": [{"name": "bash", "arguments": {"command": "echo hi; sleep 30"}}]}],
    ),
)
