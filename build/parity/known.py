"""The differences we know and keep: a pattern of `Difference.key`, and where it may show.

Each row's `title` is a heading of docs/differences.md, which has the reason; tests/test_docs.py
holds the two together. A row that matches nothing any more is reported too.
"""

from __future__ import annotations

import re

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from parity.difference import Difference


class Known(Value):
    """`pattern` is searched for in the key of a difference, `scenario` in the scenario's name."""

    title: str
    pattern: str
    scenario: str = ""


OWN_TEXT = (
    r"(content\[text\]\.text|messages\[(tool|system|developer)\]\.content(\[text\]\.text)?"
    r"|system\[text\]\.text|tool_result\]\.content|argumentsError|project_context"
    r"|structuredContent(\.\w+)?): (other value|'\(no output)"
)

KNOWN: tuple[Known, ...] = (
    Known("Exit status", r"^run \d/status: (2, not 1|3, not 1|1, not 0|3, not 0)"),
    Known("Options with =", "", "a value with ="),
    Known("Version", r"^run \d/stdout: ", "^version"),
    Known("Usage in updates", r"message_update:\w+\]/usage"),
    Known("Start of an answer", r"message_start:assistant\]/message"),
    Known("Interrupted runs", "", "interrupt|hang-up|signal-cut"),
    Known("Half characters", "assistantMessageEvent.delta", "emoji in halves"),
    Known(
        "Retries",
        "",
        r"retry: ((groq|openrouter)/rate_limit|(corrupt|not-object)-record|stream-server-error)",
    ),
    Known(
        "Truncated answers", "", r"retry: (html|array|object|string|empty)-200|with cut-after-end"
    ),
    Known(
        "Bad configuration",
        "",
        "^(broken|settings:|list:)|^models.json: (a broken|an unknown|a key|comments|no JSON)",
    ),
    Known(
        "Bad configuration",
        "",
        "defaultTools of the wrong type|^models.json: (a provider without|no key)",
    ),
    Known("Unknown prices", r"only ours: unknown"),
    Known("Unknown prices", r"cost", "unknown model|no level|modelOverrides"),
    Known("Numbers of usage", "usage", "answer: usage|an unknown stop reason"),
    Known("Numbers of usage", "", "answer: usage none"),
    Known("Thinking and short answers", "", "few tokens to think|modelOverrides"),
    Known("Calls with another stop reason", "", "calls and stop reason stop"),
    Known("Nothing to say", "", "an empty message among"),
    Known("A lone @", "", "a lone @"),
    Known(
        "Crash safety",
        "",
        "session file: (bytes that|a result without|no folder|content as text|a replaced message)",
    ),
    Known("First entries", r"(only ours: model_change|/(id|parentId): )", "session file:"),
    Known("Trust before sessionDir", "", "folder from the project"),
    Known("A session of another folder", "", "in another folder"),
    Known("Names and ids of calls", "", "a tool without a name|two calls with one id"),
    Known("Tools that exist", "", "--tools (with a pattern|in another order)"),
    Known("bash", "", "^tool bash"),
    Known("grep, find and ls", "", "^tool (grep|find|ls)"),
    Known("edit", "", "^tool edit: (no UTF-8|edits as)"),
    Known("Images", "", "picture"),
    Known("Browser header", r"anthropic-dangerous-direct-browser-access"),
    Known("Our own words", OWN_TEXT),
    Known("Our own words", "max_completion_tokens", "a small window"),
    Known("Our own words", r"^run \d/stderr: "),
)


def reason(difference: Difference, scenario: str) -> Known | None:
    """The row that explains a difference; None: nothing does."""
    for row in KNOWN:
        if re.search(row.pattern, difference.key) and re.search(row.scenario, scenario):
            return row
    return None
