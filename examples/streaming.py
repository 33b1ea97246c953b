"""Show text and tool calls as they come: streaming.py [MODEL]"""

import sys

import pi
from pi.events import BlockDelta, MessageUpdate, ToolEnd, ToolStart

model = sys.argv[1] if len(sys.argv) > 1 else "demo"
with pi.create(model=model, keep=False) as conversation:
    for event in conversation.prompt("What is in this folder?"):
        match event:
            case MessageUpdate(BlockDelta(_, "text", text)):
                print(text, end="", flush=True)
            case ToolStart(_, name, arguments):
                print(f"\n> {name} {arguments}")
            case ToolEnd(_, name, _, is_error):
                print(f"< {name} {'failed' if is_error else 'done'}")
print()
