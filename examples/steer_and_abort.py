"""Say something to a run in progress, then stop one: steer_and_abort.py [MODEL]"""

import sys

import pi
from pi.events import MessageEnd, ToolStart
from pi.messages import text_of

model = sys.argv[1] if len(sys.argv) > 1 else "demo"
with pi.create(model=model, keep=False) as conversation:
    has_steered = False
    for event in conversation.prompt("run `sleep 1; echo one`"):
        if isinstance(event, ToolStart) and not has_steered:
            conversation.steer("run `echo two`")  # enters when the tool is done
            has_steered = True
        elif isinstance(event, MessageEnd) and event.message["role"] == "user":
            print("said:", text_of(event.message))
    print("last answer:", text_of(conversation.messages[-1]))

    for event in conversation.prompt("run `sleep 60`"):
        if isinstance(event, ToolStart):
            break  # leaving the loop aborts the run and waits for it
    print("then:", conversation.messages[-1]["stopReason"])
