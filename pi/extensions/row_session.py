"""Events of starting and of sessions; see `pi.extensions.hook`."""

from __future__ import annotations

from pi.extensions import adjust
from pi.extensions.row import Field, Hook

_CANCEL = Field("truth", "do not do it")
_REASON = Field("text", "why: manual, threshold or overflow")
_WILL_RETRY = Field("truth", "whether the request that did not fit is repeated afterwards")

ROWS = (
    Hook(
        "project_trust",
        "startup",
        "gate",
        "Whether to trust a project that configures pi. Extensions of the project are not asked.",
        {"cwd": Field("text", "the project's folder")},
        {
            "trusted": Field("yes|no|undecided", "the decision; undecided leaves it to others"),
            "remember": Field("truth", "keep the decision for later runs"),
        },
        stops=adjust.has("trusted"),
        adjust=adjust.decision,
    ),
    Hook(
        "resources_discover",
        "startup",
        "collect",
        "After session_start: name more skills, prompt templates and themes.",
        {
            "cwd": Field("text", "the session's folder"),
            "reason": Field("text", "startup or reload"),
        },
        {
            "skill_paths": Field("texts", "files or folders of skills"),
            "prompt_paths": Field("texts", "files or folders of prompt templates"),
            "theme_paths": Field("texts", "files or folders of themes"),
        },
        collects={key: key for key in ("skill_paths", "prompt_paths", "theme_paths")},
        adjust=adjust.paths,
    ),
    Hook(
        "session_start",
        "session",
        "notice",
        "A session began, was taken up, or its extensions were loaded again.",
        {
            "reason": Field("text", "startup, reload, new, resume or fork"),
            "previous_session_file": Field("text", "the session before: new, resume and fork"),
        },
    ),
    Hook(
        "session_info_changed",
        "session",
        "notice",
        "The session has another display name.",
        {"name": Field("text", "the name; None if it was removed")},
    ),
    Hook(
        "session_before_switch",
        "session",
        "gate",
        "Another session is about to be begun or taken up.",
        {
            "reason": Field("text", "new or resume"),
            "target_session_file": Field("text", "the session to take up; resume only"),
        },
        {"cancel": _CANCEL},
        stops=adjust.has("cancel"),
    ),
    Hook(
        "session_before_fork",
        "session",
        "gate",
        "The session is about to be forked or cloned.",
        {
            "entry_id": Field("text", "the entry that was selected"),
            "position": Field("text", "before (fork) or at (clone)"),
        },
        {
            "cancel": _CANCEL,
            "skip_conversation_restore": Field("truth", "kept for later; has no effect"),
        },
        stops=adjust.has("cancel"),
    ),
    Hook(
        "session_before_compact",
        "session",
        "gate",
        "The conversation is about to be compacted; cancel it, or bring the summary.",
        {
            "preparation": Field("dict", "what would be summarised, and what kept"),
            "branch_entries": Field("dicts", "the entries of the branch"),
            "custom_instructions": Field("text", "what the user asked for, if anything"),
            "reason": _REASON,
            "will_retry": _WILL_RETRY,
            "signal": Field("any", "the token that fires when it is aborted"),
        },
        {
            "cancel": _CANCEL,
            "compaction": Field(
                "dict", "the summary to use: summary, firstKeptEntryId, tokensBefore, usage?"
            ),
        },
        stops=adjust.has("cancel"),
        adjust=adjust.summary,
    ),
    Hook(
        "session_compact",
        "session",
        "notice",
        "The conversation was compacted.",
        {
            "compaction_entry": Field("dict", "the entry that was stored"),
            "from_extension": Field("truth", "whether an extension brought the summary"),
            "reason": _REASON,
            "will_retry": _WILL_RETRY,
        },
    ),
    Hook(
        "session_compact_failed",
        "session",
        "notice",
        "Compacting failed, or was aborted.",
        {
            "reason": _REASON,
            "error_message": Field("text", "what went wrong; None if it was aborted"),
            "aborted": Field("truth", "whether it was aborted"),
            "will_retry": _WILL_RETRY,
            "from_extension": Field("truth", "whether an extension brought the summary"),
        },
    ),
    Hook(
        "session_before_tree",
        "session",
        "gate",
        "Another place in the session's tree is about to be taken; cancel it, or bring the summary "
        "of the branch that is left.",
        {
            "preparation": Field("dict", "targetId, oldLeafId, entriesToSummarize, ..."),
            "signal": Field("any", "the token that fires when it is aborted"),
        },
        {
            "cancel": _CANCEL,
            "summary": Field("dict", "the summary to use: summary, details?, usage?"),
            "custom_instructions": Field("text", "instructions for the summary"),
            "replace_instructions": Field("truth", "use them in place of pi's own"),
            "label": Field("text", "a label for the summary"),
        },
        stops=adjust.has("cancel"),
        adjust=adjust.summary,
    ),
    Hook(
        "session_tree",
        "session",
        "notice",
        "Another place in the session's tree was taken.",
        {
            "new_leaf_id": Field("text", "where the session goes on"),
            "old_leaf_id": Field("text", "where it was"),
            "summary_entry": Field("dict", "the summary that was stored, if any"),
            "from_extension": Field("truth", "whether an extension brought the summary"),
        },
    ),
    Hook(
        "session_shutdown",
        "session",
        "notice",
        "The session ends for these extensions: release what session_start took.",
        {
            "reason": Field("text", "quit, reload, new, resume or fork"),
            "target_session_file": Field("text", "the session that follows, if any"),
        },
    ),
)
