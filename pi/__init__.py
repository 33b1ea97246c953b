"""pi: a terminal coding agent, and the framework under it, on the Python standard library alone."""

__version__ = "0.1.0"

_PUBLIC = {
    "create": "pi.sdk",
    "open": "pi.sdk",
    "resume": "pi.sdk",
    "fork": "pi.sdk",
    "Wishes": "pi.sdk",
    "Conversation": "pi.conversation",
    "Run": "pi.run",
    "Answer": "pi.run",
    "Snapshot": "pi.snapshot",
    "HostedSession": "pi.store.hosted",
    "Session": "pi.session",
    "tool_of": "pi.tools.function",
    "Tool": "pi.tools.base",
    "ToolError": "pi.errors",
    "Call": "pi.tools.base",
    "Outcome": "pi.tools.base",
    "Script": "pi.providers.faux",
    "Reply": "pi.providers.faux",
    "tool_call": "pi.providers.faux",
    "RpcClient": "pi.rpcclient",
    "PiError": "pi.errors",
    "UsageError": "pi.errors",
    "NoModelError": "pi.errors",
    "SessionError": "pi.errors",
    "ProviderError": "pi.errors",
    "AbortedError": "pi.run",
    "SnapshotError": "pi.snapshot",
    "RpcError": "pi.rpcclient",
}
"""Public name -> the module that has it, which is loaded when the name is first used: a start of
the program loads none of them. docs/sdk.md describes them."""


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'pi' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - start-up: --version needs nothing

    value = globals()[name] = getattr(import_module(_PUBLIC[name]), name)
    return value


def __dir__():
    return sorted({*globals(), *_PUBLIC})
