"""Commits what changed when pi ends, with the model's last words as the message.

Outside a git repository, and where nothing changed, it does nothing.

    pi -e examples/extensions/auto_commit_on_exit.py
"""

LONGEST = 72  # characters of a subject line


def extend(pi):
    def last_words(ctx):
        """The first line of the last answer that has one."""
        for entry in reversed(ctx.session.get_branch()):
            message = entry.get("message", {})
            if message.get("role") == "assistant":
                text = "".join(block.get("text", "") for block in message["content"]).strip()
                if text:
                    return text.splitlines()[0]
        return "Work in progress"

    @pi.on("session_shutdown")
    def commit(event, ctx):
        if event.reason != "quit":
            return

        def git(*words):
            return ctx.exec("git", list(words), cwd=ctx.cwd, timeout_ms=20_000)

        changed = git("status", "--porcelain")
        if changed.code != 0 or not changed.stdout.strip():
            return
        subject = last_words(ctx)
        subject = subject if len(subject) <= LONGEST else subject[: LONGEST - 3] + "..."
        git("add", "--all")
        git("commit", "--quiet", "--message", subject)
