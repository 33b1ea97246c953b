"""Names sessions, so that they can be told apart in the list.

A session without a name gets the beginning of its first prompt. `/session-name` shows the name, or
gives another one.

    pi -e examples/extensions/session_name.py
    /session-name The parser
"""

LONGEST = 50


def extend(pi):
    @pi.on("before_agent_start")
    def name(event):
        if pi.get_session_name() or not event.prompt:
            return
        words = " ".join(event.prompt.split())
        short = words if len(words) <= LONGEST else words[:LONGEST].rsplit(" ", 1)[0] + " ..."
        pi.set_session_name(short)

    @pi.command("session-name", description="Show or set the name of the session")
    def session_name(args, ctx):
        if args.strip():
            pi.set_session_name(args.strip())
        ctx.ui.notify(f"Session: {pi.get_session_name() or '(no name)'}")
