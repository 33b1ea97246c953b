"""Goes on in a new session with a summary of this one, aimed at what comes next.

Compaction keeps a conversation going; a handoff ends it. The model writes what the next session has
to know for the given goal, you may change it, and a new session begins with it.

    pi -e examples/extensions/handoff.py
    /handoff now write the tests for the parser
"""

ASK = (
    "Write the first message of a new conversation that goes on from this one. Its goal: {goal}\n"
    "State what was decided and why, which files matter and what is in them, and what to do next. "
    "Nothing else is known there. Write the message alone."
)


def extend(pi):
    def record(ctx):
        lines = []
        for entry in ctx.session.build_context_entries():
            message = entry.get("message", {})
            if message.get("role") in ("user", "assistant"):
                content = message["content"]
                blocks = [{"text": content}] if isinstance(content, str) else content
                text = "".join(block.get("text", "") for block in blocks)
                lines.append(f"[{message['role']}] {text}")
            elif entry["type"] == "compaction":
                lines.append(f"[summary] {entry['summary']}")
        return "\n\n".join(lines)

    @pi.command("handoff", description="Go on in a new session, with what it has to know")
    def handoff(args, ctx):
        goal = args.strip()
        if not goal:
            ctx.ui.notify("Say what comes next: /handoff write the tests", "warning")
            return
        text = f"{ASK.format(goal=goal)}\n\n<conversation>\n{record(ctx)}\n</conversation>"
        answer = ctx.models.complete(ctx.model, text)  # raises where it fails: that is told
        message = "".join(block.get("text", "") for block in answer["content"])
        if ctx.has_ui:
            message = ctx.ui.editor("The first message of the new session", message)
        if not message:
            return
        ctx.new_session(
            parent_session=ctx.session.get_session_file(),
            with_session=lambda fresh: fresh.send_user_message(message),
        )
