"""Asks before you leave a session while there is work that is not committed.

Beginning, taking up or forking a session changes what you think the files are about; with changes
that git does not know yet that is easily lost. Where nobody can be asked nothing is held up.

    pi -e examples/extensions/dirty_repo_guard.py
    > /new
"""


def extend(pi):
    def ask(ctx, what):
        ran = ctx.exec("git", ["status", "--porcelain"], cwd=ctx.cwd, timeout_ms=10_000)
        changed = len(ran.stdout.splitlines()) if ran.code == 0 else 0
        if not changed or not ctx.has_ui:
            return None
        files = "1 file is" if changed == 1 else f"{changed} files are"
        if ctx.ui.confirm("There are changes", f"{files} not committed. {what} all the same?"):
            return None
        ctx.ui.notify("Commit first", "warning")
        return {"cancel": True}

    @pi.on("session_before_switch")
    def switch(event, ctx):
        what = "Begin a new session" if event.reason == "new" else "Take up another session"
        return ask(ctx, what)

    @pi.on("session_before_fork")
    def fork(event, ctx):
        return ask(ctx, "Fork")
