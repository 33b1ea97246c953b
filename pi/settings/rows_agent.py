"""The settings of the agent: models, tools, sessions, network, shell, resources."""

from __future__ import annotations

from pi.settings.kind import (
    AMOUNT,
    BOOLEAN,
    COUNT,
    OBJECT,
    STRING,
    STRINGS,
    either,
    list_of,
    map_of,
    one_of,
    record,
)
from pi.settings.row import DELAY, LEVEL, USER, Row, read_delay

_QUEUE_MODE = one_of("all", "one-at-a-time")
_PACKAGE = either(STRING, record({"source": STRING, "autoload": BOOLEAN}, ("source",)))

_MODEL = (
    Row("defaultProvider", STRING, None, "Provider to start with."),
    Row("defaultModel", STRING, None, "Model id to start with, at defaultProvider."),
    Row("defaultThinkingLevel", LEVEL, "medium", "Thinking level to start with."),
    Row(
        "modelThinkingLevels",
        map_of(LEVEL, "thinking levels"),
        None,
        'Thinking level to start with, by exact "provider/id".',
    ),
    Row(
        "thinkingBudgets",
        record(dict.fromkeys(("minimal", "low", "medium", "high"), AMOUNT)),
        None,
        "Tokens a thinking level may spend, for models that take a number.",
    ),
    Row("enabledModels", STRINGS, None, "Models to start with and to cycle through, as --models."),
    Row("hideThinkingBlock", BOOLEAN, False, "Leave thinking out of the transcript."),
    Row("showCacheMissNotices", BOOLEAN, False, "Tell when a prompt cache was missed, and why."),
    Row(
        "cacheWarming",
        one_of("off", "streaming", "idle"),
        "idle",
        "Keep prompt caches alive: never, during a run, or also between runs. It costs tokens.",
        scope=USER,
    ),
)

_INTERACTION = (
    Row("steeringMode", _QUEUE_MODE, "one-at-a-time", "How queued steering messages go out."),
    Row("followUpMode", _QUEUE_MODE, "one-at-a-time", "How queued follow-ups go out."),
    Row("externalEditor", STRING, None, "Command of the editor key; else $VISUAL, then $EDITOR."),
    Row(
        "doubleEscapeAction",
        one_of("tree", "fork", "none"),
        "tree",
        "What pressing Escape twice in an empty editor does.",
    ),
    Row(
        "treeFilterMode",
        one_of("default", "no-tools", "user-only", "labeled-only", "all"),
        "default",
        "What /tree shows at first.",
    ),
    Row(
        "defaultProjectTrust",
        one_of("ask", "always", "never"),
        "ask",
        "Whether a project nobody decided on is trusted.",
        scope=USER,
    ),
)

_TOOLS = (
    Row(
        "defaultTools",
        STRINGS,
        None,
        "Tools to start with: names replace the defaults, +name and -name change them.",
        merge="tools",
    ),
    Row("codemode.mode", one_of("on", "only"), "on", "How codemode presents the other tools."),
    Row("codemode.inlineBudget", AMOUNT, 3000, "Tokens codemode may spend on declaring tools."),
)

_SESSIONS = (
    Row("sessionDir", STRING, None, "Folder of the session files; relative to the working folder."),
    Row(
        "sessionShareDestination", one_of("auto", "gist", "radius"), "auto", "Where /share puts it."
    ),
    Row("compaction.enabled", BOOLEAN, True, "Summarise old messages when the window gets full."),
    Row(
        "compaction.reserveTokens",
        COUNT,
        16384,
        "Free tokens below which it starts.",
        strict=True,
    ),
    Row(
        "compaction.keepRecentTokens",
        COUNT,
        20000,
        "Tokens of recent messages left as they are.",
        strict=True,
    ),
    Row(
        "compaction.modelOverrides",
        map_of(record({"reserveTokens": COUNT, "keepRecentTokens": COUNT}), "token settings"),
        None,
        'Other token settings for single models, by exact "provider/id".',
        strict=True,
    ),
    Row(
        "compaction.model",
        STRING,
        None,
        'Model that writes summaries, as "provider/id", perhaps with ":level"; else the current.',
    ),
    Row("branchSummary.reserveTokens", AMOUNT, 16384, "Free tokens when a branch is summarised."),
    Row("branchSummary.skipPrompt", BOOLEAN, False, "Leave a branch without offering a summary."),
)

_NETWORK = (
    Row(
        "transport",
        one_of("auto", "sse", "websocket", "websocket-cached"),
        "auto",
        "How to talk to providers that offer several ways.",
    ),
    Row("httpProxy", STRING, None, "Proxy where the environment names none.", scope=USER),
    Row(
        "httpIdleTimeoutMs",
        DELAY,
        300_000,
        "Silence after which a request is given up; 0 for never.",
        read=read_delay,
    ),
    Row(
        "websocketConnectTimeoutMs",
        DELAY,
        15_000,
        "Time for opening a WebSocket; 0 for no limit.",
        read=read_delay,
    ),
    Row("retry.enabled", BOOLEAN, True, "Ask again after failures that pass."),
    Row("retry.maxRetries", COUNT, 3, "How often to ask again."),
    Row("retry.baseDelayMs", AMOUNT, 2000, "Wait before the first retry; it doubles each time."),
    Row("retry.maxAgentDelayMs", AMOUNT, 60_000, "Longest wait before a retry."),
    Row("retry.provider.timeoutMs", AMOUNT, None, "Limit of one request; else httpIdleTimeoutMs."),
    Row("retry.provider.maxRetries", COUNT, 0, "Retries below the agent's own; best left at 0."),
    Row(
        "retry.provider.maxRetryDelayMs",
        AMOUNT,
        60_000,
        "Longest wait a provider may ask for; 0 for any.",
    ),
)

_SHELL = (
    Row("shellPath", STRING, None, "Shell for commands; may begin with ~."),
    Row(
        "shellCommandPrefix", STRING, None, "Put before every shell command, on a line of its own."
    ),
    Row("npmCommand", STRINGS, None, "Command that installs npm packages, as a list of words."),
    Row(
        "selfUpdateCommand",
        list_of(STRING, "strings", least=1),
        None,
        "Command that updates pi, as a list of words.",
        scope=USER,
    ),
)

_RESOURCES = (
    Row(
        "packages",
        list_of(_PACKAGE, "package sources"),
        [],
        "Packages: npm, PyPI, git, URL or local; see packages.md.",
        merge="join",
    ),
    Row("npmRegistry", STRING, None, "Address of the npm registry; else npm's own configuration."),
    Row(
        "pypiIndex",
        STRING,
        None,
        "Address of the simple index of Python packages; else pip's own configuration.",
    ),
    Row("extensions", STRINGS, [], "Extension files or folders.", merge="join"),
    Row("skills", STRINGS, [], "Skill files or folders.", merge="join"),
    Row("prompts", STRINGS, [], "Prompt templates: files or folders.", merge="join"),
    Row("themes", STRINGS, [], "Theme files or folders.", merge="join"),
    Row("enableSkillCommands", BOOLEAN, True, "Offer every skill as /skill:name."),
)

_HOUSEKEEPING = (
    Row("collapseChangelog", BOOLEAN, False, "Show a short changelog after an update."),
    Row("enableInstallTelemetry", BOOLEAN, True, "The reference's; pi reports nothing either way."),
    Row("enableAnalytics", BOOLEAN, False, "The reference's; pi collects nothing either way."),
    Row("warnings.anthropicExtraUsage", BOOLEAN, True, "Warn when a subscription may bill extra."),
    Row("$schema", STRING, None, "For editors."),
    Row("lastChangelogVersion", STRING, None, "Written by the program: changelog already seen."),
    Row("extensionChangelogVersions", OBJECT, None, "Written by the program: the same by package."),
    Row("trackingId", STRING, None, "The reference's; kept, never made."),
    Row("deviceId", STRING, None, "The reference's; kept, never made.", scope=USER),
)

AGENT_ROWS = {
    "Model and thinking": _MODEL,
    "Interaction": _INTERACTION,
    "Tools": _TOOLS,
    "Sessions and context": _SESSIONS,
    "Network and retries": _NETWORK,
    "Shell": _SHELL,
    "Resources": _RESOURCES,
    "Housekeeping": _HOUSEKEEPING,
}
