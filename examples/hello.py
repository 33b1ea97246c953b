"""Ask something about the folder you are in: hello.py [MODEL]"""

import sys

import pi

model = sys.argv[1] if len(sys.argv) > 1 else "demo"
with pi.create(model=model, keep=False) as conversation:
    print(conversation.ask("What is in this folder?"))
