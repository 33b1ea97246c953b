"""Bookmarks in the session's tree.

    /bookmark before the refactoring     labels the last answer
    /unbookmark                          removes that label
    /bookmarks                           lists all of them

Labels are shown in /tree and can be searched there.

    pi -e examples/extensions/bookmark.py
"""


def extend(pi):
    def last_answer(ctx):
        for entry in reversed(ctx.session.get_branch()):
            if entry.get("message", {}).get("role") == "assistant":
                return entry["id"]
        return None

    @pi.command("bookmark", description="Label the last answer")
    def bookmark(args, ctx):
        entry_id = last_answer(ctx)
        if entry_id is None:
            ctx.ui.notify("There is no answer yet", "warning")
            return
        label = args.strip() or "bookmark"
        pi.set_label(entry_id, label)
        ctx.ui.notify(f"Bookmarked: {label}")

    @pi.command("unbookmark", description="Remove the label of the last answer that has one")
    def unbookmark(args, ctx):
        for entry in reversed(ctx.session.get_branch()):
            if ctx.session.get_label(entry["id"]):
                pi.set_label(entry["id"], None)
                ctx.ui.notify("Bookmark removed")
                return
        ctx.ui.notify("There is no bookmark on this branch", "warning")

    @pi.command("bookmarks", description="List all labels")
    def bookmarks(args, ctx):
        found = [(e["id"], ctx.session.get_label(e["id"])) for e in ctx.session.get_entries()]
        lines = [f"{entry_id}  {label}" for entry_id, label in found if label]
        ctx.ui.notify("\n".join(lines) or "There are no bookmarks")
