"""Summaries that keep code: what was done by topic, and which files were read and changed.

In place of pi's own summary the model is asked for one section per topic, and the lists of files
come from the tool calls themselves, so that none is forgotten. Another, cheaper model can write it:

    {"extensionSettings": {"custom_compaction": {"model": "anthropic/claude-haiku-4-5"}}}

When the request fails nothing is returned, and pi summarises as usual.

    pi -e examples/extensions/custom_compaction.py
    /compact the parser
"""

from pi import PiError

ASK = (
    "Summarise this conversation for whoever continues it. One section per topic, each with: what "
    "was asked, what was decided and why, what is done, what is left. Quote signatures, names and "
    "commands exactly. Leave out what no longer matters."
)
CHANGING = ("write", "edit")
LONGEST = 4000  # characters of one message in the record


def extend(pi):
    pi.register_setting("model", "text", None, "provider/id of the model that writes summaries")

    @pi.on("session_before_compact")
    def summarise(event, ctx):
        plan = event.preparation
        messages = [*plan["messagesToSummarize"], *plan.get("turnPrefixMessages", [])]
        writer = pi.get_setting("model") or ctx.model
        try:
            answer = ctx.models.complete(writer, request(event, messages))
        except PiError as error:
            ctx.ui.notify(f"No summary by topic, pi writes its own: {error}", "warning")
            return None
        read, changed = files(messages)
        return {
            "compaction": {
                "summary": words(answer) + listed("changed", changed) + listed("read", read),
                "firstKeptEntryId": plan["firstKeptEntryId"],
                "tokensBefore": plan["tokensBefore"],
                "usage": answer["usage"],
                "details": {"readFiles": read, "modifiedFiles": changed},
            }
        }


def request(event, messages):
    parts = [ASK]
    if event.custom_instructions:
        parts.append(f"Stress: {event.custom_instructions}")
    if event.preparation.get("previousSummary"):
        parts.append(f"The summary so far:\n{event.preparation['previousSummary']}")
    spoken = [message for message in messages if message["role"] != "system"]
    record = "\n\n".join(f"[{each['role']}] {words(each)[:LONGEST]}" for each in spoken)
    return "\n\n".join([*parts, f"<record>\n{record}\n</record>"])


def words(message):
    """The text of a message, and its tool calls in short."""
    content = message.get("content") or message.get("summary") or ""
    if isinstance(content, str):
        return content
    calls = [f"(calls {b['name']} {b['arguments']})" for b in content if b["type"] == "toolCall"]
    return " ".join([*(b["text"] for b in content if b["type"] == "text"), *calls])


def files(messages):
    """(files that were only read, files that were changed)"""
    blocks = [b for m in messages if m["role"] == "assistant" for b in m["content"]]
    paths = [(b["name"], b["arguments"].get("path")) for b in blocks if b["type"] == "toolCall"]
    changed = dict.fromkeys(path for name, path in paths if path and name in CHANGING)
    read = dict.fromkeys(path for name, path in paths if path and path not in changed)
    return list(read), list(changed)


def listed(what, paths):
    lines = "".join(f"\n- {path}" for path in paths)
    return f"\n\n## Files that were {what}\n{lines}" if paths else ""
