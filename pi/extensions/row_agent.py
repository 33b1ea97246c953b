"""Events of runs, turns, messages and calls; see `pi.extensions.hook`."""

from __future__ import annotations

from pi.extensions import adjust
from pi.extensions.row import Field, Hook

_CALL = {
    "tool_call_id": Field("text", "the call's id; `<parent>/<n>` when another tool made it"),
    "tool_name": Field("text", "the tool"),
}
_PARENT = {"parent_tool_call_id": Field("text", "the call of the tool that made this one, if any")}
_ARGS = {"args": Field("dict", "the arguments as the model gave them")}
_BOUNDARY = {
    "outcome": Field("completed|aborted|error", "how the run or turn went"),
    "entries": Field("dicts", "the entries that are proposed so far"),
    "continue": Field("truth", "whether another request is wanted (read it as `continue_`)"),
    "context": Field("dict", "the conversation as it would be with the proposed entries"),
}
_PROPOSAL = {
    "entries": Field("dicts", "the whole list of entries to add: custom, custom_message, ..."),
    "continue": Field("truth", "ask for one more request"),
}
_MESSAGE = {"message": Field("dict", "the message")}

ROWS = (
    Hook(
        "before_agent_start",
        "agent",
        "collect",
        "A run is about to begin: add messages to it, change the prompt.",
        {
            "message_type": Field("text", "what starts the run: user or custom"),
            "prompt": Field("text", "the user's text; user only"),
            "images": Field("dicts", "the user's images, if any"),
            "message": Field("dict", "the message that starts the run; custom only"),
            "system_prompt": Field("text", "the prompt as it is now"),
            "system_prompt_options": Field("dict", "what it is made of; change it in place"),
        },
        {
            "message": Field("dict", "a message to add: customType, content, display?, details?"),
            "system_prompt": Field("text", "the whole prompt of this run, in place of pi's"),
        },
        collects={"message": "messages"},
        adjust=adjust.custom_message,
        mutable=("system_prompt_options",),
    ),
    Hook("agent_start", "agent", "notice", "A run of the loop began.", {}),
    Hook(
        "agent_end",
        "agent",
        "notice",
        "A run of the loop ended; a retry or queued messages may begin another.",
        {"messages": Field("dicts", "the messages of the run")},
    ),
    Hook(
        "agent_before_settle",
        "agent",
        "boundary",
        "All work is done: add entries, or ask for one more request.",
        _BOUNDARY,
        _PROPOSAL,
    ),
    Hook(
        "agent_settled",
        "agent",
        "notice",
        "Nothing is left to do for this prompt.",
        {"aborted": Field("truth", "whether the run was aborted")},
    ),
    Hook(
        "turn_start",
        "agent",
        "notice",
        "One request and its tool calls begin.",
        {
            "turn_index": Field("number", "counts from 0"),
            "timestamp": Field("number", "milliseconds since 1970"),
        },
    ),
    Hook(
        "turn_end",
        "agent",
        "boundary",
        "One request and its tool calls ended: add entries, or ask for one more request.",
        {
            "turn_index": Field("number", "counts from 0"),
            "message": Field("dict", "the answer"),
            "tool_results": Field("dicts", "the results, in call order"),
            "message_entry_id": Field("text", "the id of the answer's entry"),
            "tool_result_entry_ids": Field("texts", "the ids of the results' entries"),
            **_BOUNDARY,
        },
        _PROPOSAL,
    ),
    Hook("message_start", "agent", "notice", "A message begins.", _MESSAGE),
    Hook(
        "message_update",
        "agent",
        "notice",
        "More of the answer arrived. Called for every piece: be quick.",
        {
            "message": Field("dict", "the answer so far"),
            "assistant_message_event": Field("dict", "the piece, as in JSON mode"),
        },
    ),
    Hook(
        "message_end",
        "agent",
        "chain",
        "A message is complete and about to be stored; replace it.",
        _MESSAGE,
        {"message": Field("dict", "the message to store; its role stays the same")},
        adjust=adjust.same_role,
    ),
    Hook(
        "tool_execution_start",
        "agent",
        "notice",
        "A call begins, whether or not it can run.",
        {**_CALL, **_ARGS, **_PARENT},
    ),
    Hook(
        "tool_execution_update",
        "agent",
        "notice",
        "A running tool reported progress.",
        {**_CALL, **_ARGS, "partial_result": Field("dict", "content and details"), **_PARENT},
    ),
    Hook(
        "tool_execution_end",
        "agent",
        "notice",
        "A call ended, whether or not it ran.",
        {
            **_CALL,
            "result": Field("dict", "content and details"),
            "is_error": Field("truth", "whether it failed"),
            "duration_ms": Field("number", "how long it ran; None if it did not"),
            **_PARENT,
        },
    ),
    Hook(
        "context",
        "agent",
        "chain",
        "A request is about to be made: change its messages. The session stays as it is.",
        {"messages": Field("dicts", "a copy of the conversation without system messages")},
        {"messages": Field("dicts", "the messages to send")},
        adjust=adjust.messages,
        mutable=("messages",),
    ),
    Hook(
        "context_with_system",
        "agent",
        "chain",
        "The same, after context, with the system messages: prompt and tools are yours.",
        {"messages": Field("dicts", "a copy of all messages")},
        {"messages": Field("dicts", "the messages to send; the first stays a system message")},
        adjust=adjust.with_system,
        mutable=("messages",),
    ),
)
