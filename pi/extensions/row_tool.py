"""Events of providers, models, tools and the user; see `pi.extensions.hook`."""

from __future__ import annotations

from pi.extensions import adjust
from pi.extensions.row import Field, Hook

_CALL = {
    "tool_call_id": Field("text", "the call's id; `<parent>/<n>` when another tool made it"),
    "tool_name": Field("text", "the tool"),
}
_PARENT = {"parent_tool_call_id": Field("text", "the call of the tool that made this one, if any")}
_PROMPT = {
    "reason": Field("text", "always ui_prompt"),
    "kind": Field("text", "select, confirm, input, editor, form or custom"),
    "title": Field("text", "its title, if it has one"),
}

ROWS = (
    Hook(
        "before_provider_headers",
        "provider",
        "chain",
        "The headers of a request are complete: change them in place, None removes one.",
        {"headers": Field("dict", "name -> value")},
        {"headers": Field("dict", "the headers to send")},
        mutable=("headers",),
    ),
    Hook(
        "before_provider_request",
        "provider",
        "chain",
        "The body of a request is complete. What a handler returns replaces it.",
        {"payload": Field("dict", "the body, in the provider's own format")},
        whole="payload",
        mutable=("payload",),
    ),
    Hook(
        "after_provider_response",
        "provider",
        "notice",
        "A provider answered; its stream was not read yet.",
        {
            "status": Field("number", "the HTTP status"),
            "headers": Field("dict", "the headers, names in lower case"),
        },
    ),
    Hook(
        "provider_stream_event",
        "provider",
        "notice",
        "A record of a provider's stream, before pi reads it. Called for every record: be quick.",
        {
            "provider": Field("text", "the provider"),
            "api": Field("text", "the wire format"),
            "model": Field("text", "the model's id"),
            "data": Field("any", "the record; to look at only"),
        },
    ),
    Hook(
        "model_select",
        "model",
        "notice",
        "Another model was selected.",
        {
            "model": Field("dict", "the model"),
            "previous_model": Field("dict", "the one before, if any"),
            "source": Field("text", "set or cycle"),
        },
    ),
    Hook(
        "thinking_level_select",
        "model",
        "notice",
        "Another thinking level was selected.",
        {
            "level": Field("text", "the level"),
            "previous_level": Field("text", "the one before"),
        },
    ),
    Hook(
        "tool_call",
        "tool",
        "gate",
        "A call is about to run: refuse it, or change its arguments in place. They are not "
        "validated again.",
        {**_CALL, "input": Field("dict", "the arguments; change them in place"), **_PARENT},
        {
            "block": Field("truth", "refuse the call"),
            "reason": Field("text", "what the model is told"),
            "terminate": Field("truth", "stop after this batch, if all its results say so"),
        },
        stops=adjust.has("block"),
        on_error=adjust.refusal,
        mutable=("input",),
    ),
    Hook(
        "tool_result",
        "tool",
        "chain",
        "A tool ran: change its result.",
        {
            **_CALL,
            "input": Field("dict", "the arguments"),
            "content": Field("dicts", "text and image blocks for the model"),
            "details": Field("any", "what is stored and not sent"),
            "structured_content": Field("any", "what programs get"),
            "is_error": Field("truth", "whether it failed"),
            "usage": Field("dict", "nested model work, if any"),
            **_PARENT,
        },
        {
            "content": Field("dicts", "new content; structured content is dropped with the old"),
            "details": Field("any", "new details"),
            "structured_content": Field("any", "new structured content"),
            "is_error": Field("truth", "whether it failed"),
            "usage": Field("dict", "new usage"),
        },
        adjust=adjust.result,
    ),
    Hook(
        "input",
        "user",
        "gate",
        "The user sent something, before skills and templates are expanded: change or handle it.",
        {
            "text": Field("text", "the text"),
            "images": Field("dicts", "attached images, if any"),
            "source": Field("text", "interactive, rpc or extension"),
            "streaming_behavior": Field("text", "steer or followUp while a run is in progress"),
        },
        {
            "action": Field("continue|transform|handled", "handled: nothing is sent to the model"),
            "text": Field("text", "the new text; transform only"),
            "images": Field("dicts", "the new images; transform only"),
        },
        stops=lambda answer: answer.get("action") == "handled",
        adjust=adjust.transformation,
    ),
    Hook(
        "user_bash",
        "user",
        "gate",
        "The user runs a command with ! or !!: run it elsewhere, or bring its result.",
        {
            "command": Field("text", "the command"),
            "exclude_from_context": Field("truth", "whether the model is not told (!!)"),
            "cwd": Field("text", "the folder"),
        },
        {
            "operations": Field("any", "an object with exec(command, cwd, options) that runs it"),
            "result": Field("dict", "its result: output, exitCode, cancelled, truncated"),
        },
        stops=bool,
        adjust=adjust.one_of_two,
        on_error=adjust.no_command,
    ),
    Hook(
        "ui_prompt_start",
        "user",
        "notice",
        "pi began to wait for the user in a dialog of an extension. Nested dialogs are one.",
        _PROMPT,
    ),
    Hook("ui_prompt_end", "user", "notice", "pi no longer waits for the user.", _PROMPT),
)
