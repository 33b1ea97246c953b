"""What a tool is, and what it gets and gives.

    def run(arguments, call):
        return Outcome([text("42 lines")])

    Tool("count", "Count the lines of a file.", {"type": "object", ...}, run)

A tool fails by raising `ToolError(text for the model)`. Whatever blocks in it takes `call.token`.
"""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.cancel import CancelToken
    from pi.request import ToolDecl


class Call(Value):
    """One execution of a tool: its id, the token to obey, and where to report progress.

    `report` takes a partial result, `{"content": [...], "details": {...}}`; it may be called from
    any thread and returns at once. `nest(name, arguments, token=, report=)` runs another tool and
    gives `{"toolCall", "result", "isError", "durationMs"?}`; see `pi.batch`. None: there is no way.
    """

    id: str
    token: CancelToken
    report: Callable[[dict[str, Any]], None]
    nest: Callable[..., dict[str, Any]] | None = None


class Outcome(Value):
    """What a tool gives back.

    `content` are text and image blocks for the model; `details` is stored with the result and not
    sent; `structured` goes to programs only and is not stored; `usage` is nested model work;
    `is_error` marks a failure that has more than a text to show.
    """

    content: list[Any]
    details: Any = None
    structured: Any = None
    usage: Any = None
    is_error: bool = False
    terminate: bool = False  # ask the loop to stop after this batch


class Tool(Value):
    """A tool: its declaration for the model, its lines for the prompt, and how to run it.

    `snippet` is its line in the prompt's tool list, `guidelines` its lines in the prompt's rules.
    `prepare` mends arguments of old or sloppy shape before validation. A `sequential` tool makes
    the whole batch it is in run one call at a time. `claim(arguments, token)` is called in call
    order before the call gets its thread; the context manager it returns is entered around `run`,
    so that calls which need the same thing get it in the order in which the model made them.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    run: Callable[[dict[str, Any], Call], Outcome]
    snippet: str = ""
    guidelines: tuple[str, ...] = ()
    prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    sequential: bool = False
    strict: str = "prefer"  # whether to ask for schema-constrained sampling; "" for never
    claim: Callable[[dict[str, Any], CancelToken], Any] | None = None


def declaration(tool: Tool) -> ToolDecl:
    """The tool as it is declared to the model and stored in the session."""
    decl: ToolDecl = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    if tool.strict:
        decl["constrainedSampling"] = {"type": "json_schema", "strict": tool.strict}
    return decl
