"""RPC mode: commands come as JSON lines on standard input, responses and events go out likewise.

    {"id": "1", "type": "prompt", "message": "hi"}
    {"id": "1", "type": "response", "command": "prompt", "success": true,
     "data": {"disposition": "started"}}
    {"type": "agent_start"} ... {"type": "agent_settled", "aborted": false}

    framing    bytes to lines to commands
    command    the commands: one row each
    handler    what the commands do
    dialog     questions to the user, which the client answers
    output     what goes out, in one piece each
    serve      the threads that join them, and how they stop

Source: the reference's RPC pages and `contracts.md` section 4.
"""

from __future__ import annotations

from pi.modes.rpc.serve import Connection

__all__ = ["Connection"]
