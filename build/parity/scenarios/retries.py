"""Failures of the provider: what is tried again, what is not, and how it is told."""

from __future__ import annotations

from parity.scenario import Scenario, run

BOTH = ("chat", "claude")
JSON = ("--mode", "json")


def _once(
    name: str,
    *,
    on: tuple[str, ...] = BOTH,
    mode: tuple[str, ...] = JSON,
    settings: dict | None = None,
    count: int = 1,
    **rule: object,
) -> Scenario:
    """The first request fails in this way, the next one is answered."""
    return Scenario(
        f"retry: {name}",
        [run(*mode, "hi", model="{think}")],
        [{"thinking": "hm", "text": "ok"}],
        on=on,
        schedule=[{"first": count, **rule}],
        settings=settings,
    )


CHAT_ERRORS = (
    "openai/rate_limit",
    "openai/quota",
    "openai/overflow",
    "openai/content_filter",
    "openai/server_error",
    "openai/overloaded",
    "openai/not_found",
    "openrouter/rate_limit",
    "openrouter/upstream",
    "openrouter/quota",
    "openrouter/server_error",
    "openrouter/overloaded",
    "groq/rate_limit",
    "groq/tool_use_failed",
    "groq/overloaded",
    "deepseek/quota",
    "deepseek/overloaded",
    "azure/not_found",
    "mistral/bad_request",
    "llama.cpp/overloaded",
    "ollama/not_found",
    "cloudflare/timeout",
    "any/empty",
    "any/text",
    "any/retry_date",
)
CLAUDE_ERRORS = (
    "anthropic/rate_limit",
    "anthropic/quota",
    "anthropic/too_large",
    "anthropic/content_filter",
    "anthropic/server_error",
    "anthropic/overloaded",
    "anthropic/not_found",
    "anthropic/permission",
)
FAULTS = (
    "reset-before-headers",
    "close-before-headers",
    "reset-mid-stream",
    "cut-mid-stream",
    "cut-mid-record",
    "no-end-marker",
    "corrupt-record",
    "not-object-record",
    "stream-error",
    "stream-server-error",
    "html-200",
    "html-502",
    "array-200",
    "object-200",
    "string-200",
    "empty-200",
    "empty-400",
)

SCENARIOS = (
    *(_once(name, on=("chat",), error=name) for name in CHAT_ERRORS),
    *(_once(name, on=("claude",), error=name) for name in CLAUDE_ERRORS),
    *(_once(name, fault=name) for name in FAULTS),
    _once("printed", mode=("-p",), error="overloaded"),
    _once("until it is given up", count=9, error="overloaded"),
    _once("until it is given up, printed", count=9, mode=("-p",), error="overloaded"),
    _once("twice", count=2, error="overloaded"),
    _once("switched off", error="overloaded", settings={"retry": {"enabled": False}}),
    _once("maxRetries 1", count=9, error="overloaded", settings={"retry": {"maxRetries": 1}}),
    _once("maxRetries 0", count=9, error="overloaded", settings={"retry": {"maxRetries": 0}}),
    Scenario(
        "retry: after a tool call",
        [run(*JSON, "hi")],
        [{"calls": [{"name": "bash", "arguments": {"command": "echo hi"}}]}, "done"],
        on=BOTH,
        schedule=[{"at": [2], "error": "overloaded"}],
    ),
    Scenario(
        "retry: of a cut tool call",
        [run(*JSON, "hi")],
        [
            {"text": "look", "calls": [{"name": "bash", "arguments": {"command": "echo hi"}}]},
            "done",
        ],
        on=BOTH,
        schedule=[{"first": 1, "fault": "cut-mid-stream"}],
    ),
    Scenario(
        "retry: in the second of three prompts",
        [run(*JSON, "one", "two", "three")],
        ["1", "2", "3"],
        on=BOTH,
        schedule=[{"at": [2], "error": "overloaded"}],
    ),
    Scenario(
        "retry: not asked again in a resumed session",
        [run("-p", "one"), run("-c", "-p", "two")],
        ["1", "2"],
        on=BOTH,
        schedule=[{"first": 1, "error": "not_found"}],
    ),
    Scenario(
        "retry: hidden attempts in a resumed session",
        [run("-p", "one"), run("-c", "-p", "two")],
        ["1", "2"],
        on=BOTH,
        schedule=[{"first": 2, "fault": "cut-mid-stream"}],
    ),
    Scenario(
        "retry: an interrupt while waiting",
        [run(*JSON, "hi", signal="SIGTERM", when="auto_retry_start")],
        ["ok"],
        schedule=[{"first": 9, "error": "overloaded"}],
        settings={"retry": {"baseDelayMs": 30000}},
    ),
)
