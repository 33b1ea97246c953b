"""Go on with the latest conversation of this folder, or begin one: go_on.py [MODEL]"""

import sys

import pi

model = sys.argv[1] if len(sys.argv) > 1 else "demo"
with pi.resume(model=model) as conversation:
    before = len(conversation.session.user_messages())
    print(f"{before} question(s) so far, in {conversation.session.path}")
    print(conversation.ask("What is in this folder now?"))
