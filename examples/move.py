"""Take a conversation from one machine to another: move.py [MODEL HERE] [MODEL THERE]"""

import sys

import pi

here, there = sys.argv[1:3] if len(sys.argv) > 2 else ("demo", "demo")
with pi.create(model=here, instructions="You look after the garden.", keep=False) as conversation:
    conversation.ask("run `echo 20 tomatoes`")
    text = conversation.snapshot().to_json()

print(f"{len(text)} characters of JSON: send them anywhere")

snapshot = pi.Snapshot.from_json(text)
with pi.create(snapshot=snapshot, model=there, keep=False) as conversation:
    print(f"{len(snapshot.messages)} messages came along;", end=" ")
    print("the garden too" if "garden" in snapshot.sections["addendum"] else "nothing else")
    print(conversation.ask("run `echo 21 tomatoes`"))
