"""The same with pi in a process of its own: over_rpc.py [MODEL]"""

import sys

import pi
from pi.events import ToolStart

model = sys.argv[1] if len(sys.argv) > 1 else "demo"
with pi.RpcClient("--model", model, "--no-session") as client:
    run = client.prompt("What is in this folder?")
    for event in run:
        if isinstance(event, ToolStart):
            print(f"> {event.name} {event.arguments}")
    print(run.answer())
    print("answers so far:", client.call("get_session_stats")["assistantMessages"])
