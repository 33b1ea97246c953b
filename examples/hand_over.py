"""Begin with one model and go on with another: hand_over.py [FIRST SECOND]"""

import sys

import pi

SECOND = pi.Script(  # a scripted second model, which tells what it was handed
    [lambda context, options: pi.Reply(f"I was given {len(context.messages)} messages.")]
)
first, second = sys.argv[1:3] if len(sys.argv) > 2 else ("demo", SECOND)
with pi.create(model=first, keep=False) as conversation:
    print(conversation.model["name"], "says:", conversation.ask("run `echo hello`"))
    conversation.set_model(second, thinking="low")
    print(conversation.model["name"], "says:", conversation.ask("What did the command print?"))
