"""What rows of the table of events do with an answer before it counts.

Each takes the answer, the event, the path of the extension and a way to complain, and returns the
answer that counts; ValueError refuses it with a reason, which is told to the user. The functions
at the end decide which answers end a dispatch, and which counts when a handler fails.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.extensions.event import Event

    Answer = dict[str, Any]
    Complain = Callable[[str], None]


def transformation(answer: Answer, event: Event, _path: str, _complain: Complain) -> Answer:
    """Only a transformation brings text and images; a later "continue" does not take it back."""
    if answer.get("action") is None and "text" in answer:
        return {**answer, "action": "transform"}
    if answer.get("action") != "transform":
        answer = {key: value for key, value in answer.items() if key == "action"}
        if event.action == "transform" and answer.get("action") == "continue":
            return {}
    return answer


def decision(answer: Answer, _event: Event, _path: str, _complain: Complain) -> Answer:
    if "trusted" not in answer:
        raise ValueError('answers neither "yes", "no" nor "undecided" under "trusted"')
    return {} if answer["trusted"] == "undecided" else answer


def result(answer: Answer, _event: Event, _path: str, _complain: Complain) -> Answer:
    """Structured content that is not replaced with the content may no longer match it."""
    if "content" in answer and "structured_content" not in answer:
        return {**answer, "structured_content": None}
    return answer


def same_role(answer: Answer, event: Event, _path: str, _complain: Complain) -> Answer:
    message = answer.get("message")
    if message is not None and message.get("role") != (event.message or {}).get("role"):
        raise ValueError("returned a message of another role; it must stay the same")
    return answer


def messages(answer: Answer, _event: Event, _path: str, _complain: Complain) -> Answer:
    for message in answer.get("messages", ()):
        if not isinstance(message.get("role"), str):
            raise ValueError("returned messages of which one has no role")
    return answer


def with_system(answer: Answer, event: Event, path: str, complain: Complain) -> Answer:
    answer = messages(answer, event, path, complain)
    given = answer.get("messages")
    if given is not None and _starts(event.messages) and not _starts(given):
        complain("dropped the leading system message: the request has no prompt and no tools")
    return answer


def _starts(messages: list[Any]) -> bool:
    return bool(messages) and messages[0].get("role") == "system"


def one_of_two(answer: Answer, _event: Event, _path: str, _complain: Complain) -> Answer:
    """A command is run elsewhere, or its result is brought."""
    if len(answer) != 1:
        raise ValueError('answers must have one of "operations" and "result"')
    operations = answer.get("operations")
    if operations is not None and not callable(_member(operations, "exec")):
        raise ValueError("returned operations without exec()")
    return answer


def _member(held: Any, name: str) -> Any:
    return held.get(name) if isinstance(held, dict) else getattr(held, name, None)


def custom_message(answer: Answer, _event: Event, _path: str, _complain: Complain) -> Answer:
    message = answer.get("message")
    if message is not None and not (
        isinstance(message.get("customType"), str)
        and isinstance(message.get("content"), (str, list))
    ):
        raise ValueError("returned a message without customType and content")
    return answer


def paths(answer: Answer, _event: Event, path: str, _complain: Complain) -> Answer:
    """Each path with the extension that named it."""
    return {
        key: [{"path": each, "extensionPath": path} for each in paths]
        for key, paths in answer.items()
    }


def summary(answer: Answer, _event: Event, _path: str, _complain: Complain) -> Answer:
    for key in ("compaction", "summary"):
        given = answer.get(key)
        if given is not None and not isinstance(given.get("summary"), str):
            raise ValueError(f"returned a {key} without a summary")
    return answer


def has(key: str) -> Callable[[Answer], bool]:
    return lambda answer: bool(answer.get(key))


def refusal(error: str) -> Answer:
    return {"block": True, "reason": f"Refused, since an extension could not decide: {error}"}


def no_command(error: str) -> Answer:
    output = f"Not run, since an extension could not decide: {error}"
    result = {"output": output, "exitCode": 1, "cancelled": False, "truncated": False}
    return {"result": result}
