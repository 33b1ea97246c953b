"""The host as a whole: all parts of the port in one object."""

from __future__ import annotations

from pi.extensions.host import Host
from pi.hosting.bound import Bound
from pi.hosting.choice import Choosing
from pi.hosting.knowledge import Knowing
from pi.hosting.move import Moving
from pi.hosting.talk import Talking
from pi.hosting.tooling import Tooling


class AgentHost(Talking, Knowing, Choosing, Tooling, Moving, Bound, Host):
    """The port over an agent; see `pi.hosting`."""
