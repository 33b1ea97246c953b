"""What extensions reach the program by: the port of `pi.extensions.host`, over an agent.

    host = host_of(enlisting, models)        before there is a session: mode, user, flags
    host.bind(agent, conversation)           from then on everything

    bound       what all parts stand on: the agent, the conversation, reports
    talk        messages, runs, compaction
    knowledge   the session, its names and labels, settings
    choice      models, levels, providers
    tooling     tools, commands, programs
    move        other sessions, reload

Each set of extensions has a host of its own, which stays with the conversation it was bound to.
Verbs may be called from any thread.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.models.opening import Models


def host_of(enlisting: Any, models: Models) -> Any:
    """A host for extensions that come in by an `Enlisting`; with these the imports begin."""
    from pi.hosting.whole import AgentHost  # noqa: PLC0415 - only with extensions

    return AgentHost(enlisting, models)
