"""Keeps a snapshot of the work tree for every prompt, and brings it back when you fork there.

Before the model begins to answer, `git stash create` makes a commit of the tracked files without
touching them; a ref keeps git from collecting it, and an entry of the session says which prompt it
belongs to. Forking at that prompt offers to restore the files.

    pi -e examples/extensions/git_checkpoint.py        in a git repository
    > rename the function      ... then /fork at that prompt
"""

ENTRY = "git-checkpoint"


def git(ctx, *words):
    """What git prints; "" where it fails."""
    ran = ctx.exec("git", list(words), cwd=ctx.cwd, timeout_ms=20_000)
    return ran.stdout.strip() if ran.code == 0 else ""


def commit_of(ctx, prompt):
    """The snapshot of a prompt; None if there is none."""
    kept = (e["data"] for e in ctx.session.get_entries() if e.get("customType") == ENTRY)
    return next((data["commit"] for data in kept if data["prompt"] == prompt), None)


def extend(pi):
    made = []  # snapshots of prompts that have no entry yet

    @pi.on("message_start")
    def snapshot(event, ctx):
        if event.message["role"] == "user":
            made.append(git(ctx, "stash", "create") or git(ctx, "rev-parse", "HEAD"))

    @pi.on("turn_end")
    def keep(event, ctx):
        branch = ctx.session.get_branch()
        prompts = [e["id"] for e in branch if e.get("message", {}).get("role") == "user"]
        latest = prompts[len(prompts) - len(made) :]
        for prompt, commit in zip(latest, made, strict=False):
            if commit:
                git(ctx, "update-ref", f"refs/pi/{prompt}", commit)
                pi.append_entry(ENTRY, {"prompt": prompt, "commit": commit})
        made.clear()

    @pi.on("session_before_fork")
    def offer(event, ctx):
        commit = commit_of(ctx, event.entry_id)
        if commit is None or not ctx.has_ui:
            return
        if ctx.ui.confirm("Restore files?", f"Bring the files back as they were ({commit[:8]})?"):
            git(ctx, "restore", f"--source={commit}", "--worktree", "--", ":/")
            ctx.ui.notify(f"Files restored from {commit[:8]}")
